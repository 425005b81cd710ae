"""Passes: from a resolved spec to scripts. Pure: nothing here opens a file or reads a clock."""
