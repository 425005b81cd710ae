"""Exports: a dataset in the forms that other trainers, hubs and benchmarks read, one module a form."""

NAMES = ("trl-objects", "trl-completions", "sharegpt", "openai", "parquet")
"""What `magnetc export --to` takes: these are made from rows alone, in a build or of an output. The recipe's `emit` names them too, and
`bfcl`, which needs what only a build knows; its `trl` are the rows themselves."""
