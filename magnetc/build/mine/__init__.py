"""Mining: what a student does wrong in the user turns of a dataset, and what it would have done right."""
