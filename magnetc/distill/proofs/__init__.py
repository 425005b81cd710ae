"""Proofs (design §7): what a certificate claims, checked again from the row, the world and the spec alone."""
