"""Rows of anyone's: read in the forms in which people keep them, into the one in which they are looked at."""
