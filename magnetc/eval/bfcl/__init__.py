"""BFCL: a model judged on it, and datasets judged by its checkers; all of the package's own code runs in an environment of its own."""
