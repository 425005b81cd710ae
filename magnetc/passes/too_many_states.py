"""A path whose constraints make more states than can be gone through."""

from __future__ import annotations

from magnetc.diagnostics import Diagnostic, MagnetError

PATTERN_STATES = 20_000
"""Sets of positions of a pattern that are told apart: `_* a` and n more steps alone make two to the n."""

STATES = 200_000
"""States of the constraints of a counted path."""

NODES = 20_000_000
"""Pairs of a state and a tool that a counted path may have."""


class TooManyStates(MagnetError):
    """MG312. Whoever knows the path gives the diagnostic its place."""

    def __init__(self, what: str):
        super().__init__(Diagnostic(
            code="MG312", message=f"a path cannot be worked out: {what}",
            help="write a pattern that says early which way a walk goes, or fewer limits on how often tools are called"))
