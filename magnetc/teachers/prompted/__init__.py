"""A teacher that is a model: prompt programs ask it for words and for calls, and nothing that it says is trusted unchecked."""
