"""A mined output: the rows of the one that was mined, and behind them what was found."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from jinja2 import UndefinedError

from magnetc.build.derived import Derived
from magnetc.build.opened import Opened
from magnetc.build.output import Output
from magnetc.build.report import FIGURES
from magnetc.emit.card import card
from magnetc.emit.transcript import transcript

Row = dict[str, Any]

SFT, PAIRS = "sft/train.jsonl", "preference/train.jsonl"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mined:
    """What was found of a conversation: preference rows, and SFT rows with repairs."""

    conversation: str
    pairs: Sequence[Row]
    repairs: Sequence[Row]


def write_mined(opened: Opened, output: Output, found: Sequence[Mined], told: Mapping[str, Any], left_out: frozenset[str]) -> None:
    """Write rows and what is beside them, but for the rows with the ids `left_out`."""
    derived = Derived(opened, output)
    faults: Counter[str] = Counter()
    example: list[dict[str, Any]] = []
    try:
        for name in opened.manifest["files"]:
            own: list[Row] = []
            for row in (row for row in rows_of(opened, name) if row["id"] not in left_out):
                output.row(name, row)
                if "rejected" in row:
                    faults[row["fault"]["kind"]] += 1
                else:
                    own += [row] if derived.takes_conversations else []
                    example = example or (row["messages"] if len(row["tags"]["operations"]) > 1 else [])
            derived.export(own)
        for mined in found:
            for row in mined.repairs:
                output.row(SFT, row)
            for row in mined.pairs:
                output.row(PAIRS, row)
                faults[row["fault"]["kind"]] += 1
        path = opened.folder / FIGURES
        figures = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None
        text = derived.card
        if figures is not None:
            figures |= {"pairs": sum(faults.values()), "faults": dict(faults.most_common()), "mined": told,
                        "rows": figures["rows"] + sum(len(each.repairs) for each in found)}
            files = dict(sorted(output.counts.items()))
            with suppress(UndefinedError):   # another version of the compiler counted less: its card stays
                text = card(opened.spec, {**figures, "files": files}, transcript(example, markdown=True))
        derived.finish(text, {"mined": told}, figures)
    finally:
        derived.close()


def rows_of(opened: Opened, name: str) -> Iterator[Row]:
    """The rows of a data file of an output; none where it has no such file."""
    if name not in opened.manifest["files"]:
        return
    with (opened.folder / name).open(encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)
