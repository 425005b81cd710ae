"""Programs for the Python of an environment that has `bfcl_eval`: executed there, never imported here."""
