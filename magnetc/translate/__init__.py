"""Translation: scripts become trajectories, turn by turn, each call executed before the next turn is written."""
