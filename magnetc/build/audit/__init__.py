"""Auditing: a person reads a sample of a dataset's rows, and what they find of it is said with the uncertainty that it has."""
