"""Rows as tokens: which tokens are the agent's is proven against the chat template, never assumed."""
