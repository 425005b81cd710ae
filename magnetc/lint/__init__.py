"""`magnetc lint-data`: what is wrong with tool-use data in JSONL, whoever made it and in whichever of the usual forms."""
