"""Scoring tokens: attention over rows of trees, and log-probabilities of chosen tokens."""
