"""The taxonomy of faults: `specs/std/faults/mutate.yaml`, which says of each class what it is and what proves it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal

from magnetc.source.resources import resource

Direction = Literal["less", "other", "more"]
Evidence = Literal["state", "missing result", "contradicted reply", "policy", "judged"]

NEGATIVES = ("mutate", "mislead", "random", "rollout")
"""How rejected sides come about: a recipe's `negatives`, and what `magnetc mine` finds."""

DIRECTIONS: Mapping[Direction, float] = {"other": 0.55, "less": 0.2, "more": 0.25}
"""How often each direction is tried: calls too many come to nothing more often, so that as many pairs go one way as the other, and
neither length nor the number of calls tells their sides apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultClass:
    """One way in which an action goes wrong; the file says what its members are."""

    means: str
    magnet: str
    direction: Direction
    weight: float
    proof: tuple[Evidence, ...]


@cache
def taxonomy() -> Mapping[str, FaultClass]:
    """The classes by name, in the order of the file."""
    import yaml

    text = resource("specs", "std", "faults", "mutate.yaml").read_text(encoding="utf-8")
    return {name: FaultClass(**{**each, "proof": tuple(each["proof"])}) for name, each in yaml.safe_load(text).items()}


def evidence_of(difference: str | None) -> str:
    """The kind of evidence that a difference of executions is (`tools/worlds/equivalence.py`); "" for none."""
    return "" if difference is None else "state" if difference == "state" else "missing result"
