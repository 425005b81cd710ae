"""Emission: trajectories become rows, rows become files."""
