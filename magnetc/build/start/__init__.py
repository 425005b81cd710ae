"""The first half hour: a recipe made from tools that exist, and what to do to it next."""
