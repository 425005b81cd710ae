"""What BFCL asks: its entries as the installed package has them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from magnetc.diagnostics import Diagnostic, MagnetError
from magnetc.diagnostics.suggest import closest
from magnetc.eval.bfcl.process import answers
from magnetc.ir.json import Json

_SECONDS = 120
"""For the package to read its own data."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A conversation that a model is put into.

    `turns` has what is said in each, system messages among it; `tools` the offered tools, each as JSON; `withheld` those that are offered
    from a turn on. `truth` is the package's ground truth, `truth_calls` the same as (name, arguments) by turn, None for a call that is no
    Python. Of one turn, `config` and `classes` are empty: nothing is executed.
    """

    id: str
    category: str
    turns: tuple[tuple[dict[str, Any], ...], ...]
    tools: tuple[str, ...]
    withheld: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    truth: Json = None
    truth_calls: tuple[tuple[tuple[str, dict[str, Json]] | None, ...], ...] = ()
    config: Mapping[str, Json] = field(default_factory=dict)
    classes: tuple[str, ...] = ()

    @property
    def is_executed(self) -> bool:
        return bool(self.classes)

    @property
    def messages(self) -> int:
        """How many messages the agent of the ground truth says, one call in each."""
        return sum(len(turn) + 1 for turn in self.truth_calls) if self.is_executed else 1

    def offered(self, turn: int) -> str:
        """The tools that are offered in a turn, as JSON: those that were withheld come last."""
        later = [tool for first, tools in sorted(self.withheld.items()) if first <= turn for tool in tools]
        return f"[{','.join([*self.tools, *later])}]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Benchmark:
    """Entries, and what the package of this `version` says of all: a turn has at most `limit` messages of calls; `restored` is what the user
    says when tools are added; `files` has the name of the file of results, by category."""

    version: str
    limit: int
    restored: str
    files: Mapping[str, str]
    entries: tuple[Entry, ...]


def read_benchmark(python: Path, names: Sequence[str], most: int | None = None) -> Benchmark:
    """The entries of categories, or of collections of them such as `multi_turn`; of each category the first `most`.

    Raises:
        MagnetError: MG702 when the package does not run, MG703 for a name that is neither.
    """
    head, *rows = answers(python, "entries", names, seconds=_SECONDS)
    if head["unknown"]:
        raise MagnetError(*(_unknown(name, head["known"]) for name in head["unknown"]))
    shared: dict[str, str] = {}
    entries, counts = [], dict.fromkeys(head["files"], 0)
    for row in rows:
        counts[row["category"]] += 1
        if most is None or counts[row["category"]] <= most:
            entries.append(_entry(row, shared))
    return Benchmark(version=head["version"], limit=head["limit"], restored=head["restored"], files=head["files"], entries=tuple(entries))


def _entry(row: dict[str, Any], shared: dict[str, str]) -> Entry:
    """`shared` has each tool's text once: entries offer the same hundred."""
    def tools(listed: list[str]) -> tuple[str, ...]:
        return tuple(shared.setdefault(text, text) for text in listed)

    calls = tuple(tuple(call and (call[0], call[1]) for call in turn) for turn in row.get("truth_calls", ()))
    return Entry(
        id=row["id"], category=row["category"], turns=tuple(map(tuple, row["question"])), tools=tools(row["tools"]),
        withheld={int(turn): tools(listed) for turn, listed in row["withheld"].items()}, truth=row["truth"], truth_calls=calls,
        config=row.get("initial_config", {}), classes=tuple(row.get("involved_classes", ())))


def _unknown(name: str, known: Sequence[str]) -> Diagnostic:
    near = closest(name, [*known, *(each.removeprefix("multi_turn_") for each in known)])
    advice = f"did you mean `{near}`?" if near else f"there are {', '.join(f'`{each}`' for each in known)}"
    return Diagnostic(code="MG703", message=f"BFCL has no category `{name}` that is scored here", help=advice,
                      notes=() if near else ("those that search the web, keep a memory or vary the format of a prompt are left out",))


def text_of(message: Mapping[str, Any]) -> str:
    """What a message says."""
    content = message.get("content")
    return content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
