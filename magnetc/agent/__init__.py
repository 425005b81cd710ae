"""The loop that lets a model act in a world, and the score of what it did."""
