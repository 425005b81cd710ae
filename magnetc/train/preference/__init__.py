"""Multi-turn preference optimisation: from pairs to a trainer."""
