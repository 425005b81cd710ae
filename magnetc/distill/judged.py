"""Words that a model holds to be wrong, where execution cannot tell: what such a pair shows, and what it does not."""

from __future__ import annotations

from collections.abc import Mapping

KIND = "wrong_words"
"""The fault: the sides do the same, and the rejected one says what most votes called wrong."""

EVIDENCE = "judged"
"""What shows it: a model's word. Nothing that is executed does."""


def problem(certificate: Mapping[str, object]) -> str | None:
    """What is wrong with a certificate's `judged`: the model that was asked, and of how many votes how many said wrong."""
    judged = certificate.get("judged")
    if not isinstance(judged, Mapping) or not isinstance(judged.get("model"), str):
        return "the certificate does not say who judged"
    wrong, votes = judged.get("wrong"), judged.get("votes")
    if type(wrong) is not int or type(votes) is not int or not votes // 2 < wrong <= votes:
        return "most votes do not say that it is wrong"
    return None
