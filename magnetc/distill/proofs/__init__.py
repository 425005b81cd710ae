"""Proofs (design §7): what a certificate claims, checked again from the row, the world and the spec alone."""

from magnetc.distill.proofs.failure import PROOFS, Failure
from magnetc.distill.proofs.prover import Prover

__all__ = ["PROOFS", "Failure", "Prover"]
