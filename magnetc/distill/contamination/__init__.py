"""Contamination: what rows have in common with benchmarks. Sources are read to tasks, an index of tasks says what a row overlaps with."""
