"""Duplicates: conversations that say nearly what one before them says, left out of the data with all that is made of them.

Compared are base conversations, in the order in which units are made: paths as the recipe counts them, units by number. Of two that are alike
the first stays. A copy differs from its base in one turn on purpose, so that no copy is compared; it goes where its base goes, and so
do pairs, whatever partition they would be in. Units in the store keep what is left out: another threshold makes no unit anew.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from magnetc.build.unit import UnitResult
from magnetc.distill.contamination.content import contents
from magnetc.distill.contamination.minhash import GrowingIndex
from magnetc.distill.contamination.normal import sequence_digest, shingles, words
from magnetc.emit.coverage import Loss
from magnetc.ir.presentation import Presentation
from magnetc.ir.shown import Shown
from magnetc.ir.spec import Spec

EXAMPLES = 5
"""Duplicates that are told by name."""

_WHY = "says nearly what a conversation before it says"


@dataclass(slots=True)
class Duplicates:
    """Tells near duplicates among conversations as they come, and counts them. `near`: the Jaccard similarity from which two are alike.

    Raises:
        MagnetError: MG710 where `rensa` is not installed.
    """

    near: float
    spec: Spec
    removed: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)
    compared: int = 0
    _index: GrowingIndex = field(init=False)
    _kept: list[tuple[str, NDArray[np.uint64]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._index = GrowingIndex(self.near)

    def without(self, result: UnitResult) -> UnitResult:
        """What became of a unit, or what is left of it: nothing but counts where its base is a near duplicate."""
        if not result.conversations or result.conversations[0].rows[-1]["tags"]["copy_of"]:   # its base overlaps with a benchmark, and is left out
            return result
        base, *copies = result.conversations
        twin = self._twin(base.rows[-1])
        if twin is None:
            return result
        self.removed.update({"conversations": 1, "copies": len(copies), "pairs": len(result.pairs)})
        if len(self.examples) < EXAMPLES:
            self.examples.append(f"{base.rows[-1]['id']}: {twin}")
        dropped = Counter(result.dropped)
        dropped[f"conversation dropped: it {_WHY}"] += 1
        dropped[f"copy dropped: its base {_WHY}"] += len(copies)
        dropped[f"pair dropped: its conversation {_WHY}"] += len(result.pairs)
        lost = Loss(tools=base.called, edges=(), why=f"it {_WHY}")
        return replace(result, dropped=+dropped, conversations=[], pairs=[], losses=[*result.losses, lost])

    def document(self) -> dict[str, Any]:
        """As figures have it. `of`: so many base conversations were compared."""
        return {"near": self.near, "of": self.compared, "removed": {kind: self.removed[kind] for kind in ("conversations", "copies", "pairs")},
                "examples": self.examples}

    def _twin(self, row: dict[str, Any]) -> str | None:
        """The id of a conversation before that is nearly the same, and how alike the two are; None where there is none, and the row is kept."""
        said = frozenset(self._said(row))
        mine = np.array(sorted(int(each, 16) for each in said), dtype=np.uint64)
        self.compared += 1
        for number in self._index.of(said):
            other, theirs = self._kept[number]
            shared = len(np.intersect1d(mine, theirs, assume_unique=True))
            likeness = shared / (len(mine) + len(theirs) - shared)
            if likeness >= self.near:
                return f"{other} (Jaccard similarity {likeness:.2f})"
        self._index.add(said)
        self._kept.append((str(row["id"]), mine))
        return None

    def _said(self, row: dict[str, Any]) -> Iterator[str]:
        """Digests (64 bits, in hex) of what is compared: runs of words of each user turn, and each call with its values, by its real name."""
        shown = Shown(self.spec, Presentation.read(row["certificate"].get("shown", {})))
        real = {"messages": shown.read_messages(message for message in row["messages"] if message["role"] != "tool")}
        for content in contents(real):
            for text in content.users:
                yield from shingles(words(text))
            for calls in content.turns:
                yield from (sequence_digest([call])[:16] for call in calls)
