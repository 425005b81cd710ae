"""Chat templates, tokenizers and models: the only place that loads them. Needs the extra `magnetc[train]` when it is used."""
