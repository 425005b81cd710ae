"""Training on what a build wrote: token-level rows and losses. Needs the extra `magnetc[train]`."""
