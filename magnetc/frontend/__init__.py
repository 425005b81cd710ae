"""The front end: a recipe folder, in YAML and the DSL, to the Spec IR."""

from magnetc.frontend.load import load

__all__ = ["load"]
