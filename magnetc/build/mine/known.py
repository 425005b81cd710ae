"""What an output has of its conversations already, so that what is mined of it once more has ids of its own and says nothing twice."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from magnetc.build.mine.asked import said
from magnetc.emit.rows import PAIR
from magnetc.ir.json import digest

REPAIR = re.compile(r"(\.repair[0-9]+)(?:-([0-9]+))?$")
"""How the id of a repair ends, behind that of its conversation: the turn, and behind the first which one it is."""


@dataclass(frozen=True, slots=True)
class Known:
    """The highest number of a pair of each conversation and of a repair of each turn, and digests of what is said in each."""

    pairs: Counter[str] = field(default_factory=Counter)
    repairs: Counter[str] = field(default_factory=Counter)
    contents: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, pairs: Iterable[Mapping[str, Any]], conversations: Iterable[Mapping[str, Any]]) -> Known:
        """What these preference and SFT rows come to."""
        known = cls()
        for row in chain(pairs, (row for row in conversations if REPAIR.search(row["id"]))):
            known.add(row)
        return known

    def pair_id(self, conversation: str) -> str:
        """The id of the conversation's next pair."""
        number = self.pairs[conversation] + 1
        return f"{conversation}.pair{number if number > 1 else ''}"

    def repair_id(self, conversation: str, turn: int) -> str:
        """The id of the next repair in a turn."""
        name = f"{conversation}.repair{turn}"
        return f"{name}-{self.repairs[name] + 1}" if self.repairs[name] else name

    def has(self, row: Mapping[str, Any]) -> bool:
        """Whether the conversation has a row that says the same, word for word."""
        return _content(row) in self.contents

    def add(self, row: Mapping[str, Any]) -> None:
        self.contents.add(_content(row))
        numbers, ending = (self.pairs, PAIR) if "rejected" in row else (self.repairs, REPAIR)
        found = ending.search(row["id"])
        if found is None:
            return
        name = row["id"][: found.start()] + (found[1] if ending is REPAIR else "")
        numbers[name] = max(numbers[name], int(found[ending.groups] or 1))


def _content(row: Mapping[str, Any]) -> str:
    of, messages = (PAIR, [*row["prompt"], *row["rejected"]]) if "rejected" in row else (REPAIR, row["messages"])
    return digest([of.sub("", row["id"]), *said(messages)])
