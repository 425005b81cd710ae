"""magnetc: recipes in, verified multi-turn tool-use training data out."""

__version__ = "0.1.0"
