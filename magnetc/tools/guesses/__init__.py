"""Guesses: what imported tools do not say and a recipe wants to know, each with a confidence and a reason."""
