"""`magnetc view`: the rows of a large dataset in a browser, read where they are needed."""
