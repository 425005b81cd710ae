"""Drafting: a teacher proposes what a recipe lacks, the compiler checks it, and the user reviews a file of the recipe.

One paid pass at authoring time; the builds that follow need no model. What the recipe says already stays as it is.
"""
