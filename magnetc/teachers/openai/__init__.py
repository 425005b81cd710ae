"""Hosted models that speak OpenAI's chat completions: dialects, limits, retries, budget."""
