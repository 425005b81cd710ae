"""The IR: one module per level, each immutable, each with a digest, a verifier and a text form."""
