"""Diversity of what users say and agents do, on a draw of conversations, so that datasets of different sizes compare."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from magnetc.emit.report.drawn import Drawn
from magnetc.emit.report.figures import Diversity
from magnetc.emit.report.skeleton import skeletons

DRAWN = 2000
"""Conversations that are compared, at most."""

COMPARED = 400
"""Openings, of those, that are compared with each other."""

TWIN = 0.8
"""From this likeness on two openings are nearly the same."""

REPEATED = 5
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*|[^\w\s]")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Talk:
    """What a conversation is compared by."""

    turns: tuple[str, ...]
    skeletons: tuple[str, ...]
    sequence: tuple[str, ...]


class Variety:
    """Takes conversations as they come; `diversity` measures those that are drawn."""

    def __init__(self) -> None:
        self._drawn: Drawn[_Talk] = Drawn(DRAWN, "diversity")

    def add(self, key: str, row: Mapping[str, Any], called: Sequence[str]) -> None:
        """A conversation, with the tools it calls in order."""
        rank = self._drawn.wants(key)
        if rank is not None:
            turns = tuple(str(message["content"]) for message in row["messages"] if message["role"] == "user")
            self._drawn.keep(rank, _Talk(turns=turns, skeletons=tuple(skeletons(row)), sequence=tuple(called)))

    def diversity(self) -> Diversity | None:
        """None where no user says anything."""
        talks = [talk for talk in self._drawn.things() if talk.turns]
        if not talks:
            return None
        frames = Counter(frame for talk in talks for frame in talk.skeletons)
        words = [_WORD.findall(turn.lower()) for talk in talks for turn in talk.turns]
        likeness = list(_likeness([talk.turns[0] for talk in talks[:COMPARED]]))
        return Diversity(
            of=len(talks), drawn_of=self._drawn.seen, first_turns=_distinct([talk.turns[0] for talk in talks]),
            skeletons=(len(frames), sum(frames.values())), sequences=_distinct([talk.sequence for talk in talks]),
            bigrams=_distinct([pair for each in words for pair in _runs(each, 2)]),
            trigrams=_distinct([run for each in words for run in _runs(each, 3)]),
            repeated=tuple(sorted(frames.items(), key=lambda item: (-item[1], item[0]))[:REPEATED]),
            likeness=sum(likeness) / len(likeness), twins=(sum(each >= TWIN for each in likeness), len(likeness)))


def _distinct(things: list[Any]) -> tuple[int, int]:
    return len(set(things)), len(things)


def _runs(words: Sequence[str], length: int) -> Iterator[tuple[str, ...]]:
    return zip(*(words[start:] for start in range(length)))


def _likeness(texts: Sequence[str]) -> Iterator[float]:
    """For each text, the likeness of the one nearest to it."""
    pairs = [{*_runs(["", *_WORD.findall(text.lower()), ""], 2)} for text in texts]
    nearest = [0.0] * len(pairs)
    for one, own in enumerate(pairs):
        for other in range(one):
            common = len(own & pairs[other])
            alike = common / (len(own) + len(pairs[other]) - common)
            nearest[one], nearest[other] = max(nearest[one], alike), max(nearest[other], alike)
    return iter(nearest)
