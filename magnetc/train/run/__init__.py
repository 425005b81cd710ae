"""`magnetc train`: from an output to a model in a folder."""
