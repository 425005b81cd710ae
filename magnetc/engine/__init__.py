"""Engines run units: the same units, the same output, wherever they run."""
