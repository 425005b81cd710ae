"""Distillation: positives, preference pairs by single-fault mutation, equivalence, and proofs."""
