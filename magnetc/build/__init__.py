"""The build: a recipe folder in, a verified dataset out."""
