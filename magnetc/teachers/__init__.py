"""Teachers write the words of a script. `offline` needs no model; a hosted one fills the same script."""
