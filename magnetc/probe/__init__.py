"""Probing: which value flows of the graph are true, by executing their producers and consumers in the recipe's world."""
