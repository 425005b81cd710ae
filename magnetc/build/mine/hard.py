"""How hard a student finds what it is asked: its loss on what the row does first in each turn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import inf
from statistics import fmean

from magnetc.build.acting import Acting
from magnetc.build.mine.asked import AskedTurn
from magnetc.emit.difficulty import DEPENDENCIES, difficulty_of
from magnetc.ir.json import Json
from magnetc.models.likelihood import log_likelihoods

Turns = Sequence[AskedTurn]


def losses(at_work: Acting, chosen: Sequence[Turns]) -> dict[str, float]:
    """By conversation, the mean over its turns of the loss of a token, in nats, of the agent's first message; without those that the
    student's window has no room for.

    Raises:
        MagnetError: MG713 when the chat template refuses a conversation.
    """
    assert at_work.loaded is not None
    asked = [turn for turns in chosen for turn in turns]
    found = log_likelihoods(*at_work.loaded, [(turn.row["messages"][: turn.start], turn.row["tools"], turn.row["messages"][turn.start]) for turn in asked],
                            batch=at_work.batch)
    of: dict[str, list[float]] = {}
    for turn, value in zip(asked, found):
        if value is not None:
            of.setdefault(turn.conversation, []).append(-value)
    return {name: fmean(values) for name, values in of.items()}


def hardest(chosen: Sequence[Turns], found: Mapping[str, float], share: float) -> list[Turns]:
    """The conversations of the largest loss, in the order in which they are given."""
    ranked = sorted(chosen, key=lambda turns: (-found.get(turns[0].conversation, -inf), turns[0].conversation))
    kept = {turns[0].conversation for turns in ranked[: max(1, round(share * len(ranked)))]}
    return [turns for turns in chosen if turns[0].conversation in kept]


def told(chosen: Sequence[Turns], found: Mapping[str, float]) -> dict[str, Json]:
    """The mean loss, of all and by how far values come from in the conversation (`emit/difficulty.py`)."""
    by: dict[str, list[float]] = {name: [] for name in DEPENDENCIES}
    for turns in chosen:
        row = turns[-1].row
        if turns[0].conversation in found and (difficulty := difficulty_of(row)) is not None:
            by[difficulty.dependency].append(found[turns[0].conversation])
    return {"mean": fmean(found.values()), "dependency": {name: fmean(values) for name, values in by.items() if values}} if found else {}
