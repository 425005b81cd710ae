"""Measure: what rows alone tell of a dataset, whoever made them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from magnetc.distill.proofs.mixed import TAG, is_mixed
from magnetc.emit.difficulty import DEPENDENCIES, Difficulties
from magnetc.emit.report.diversity import Variety
from magnetc.emit.report.entry import called, conversation, offered
from magnetc.emit.report.evidence import Evidence
from magnetc.emit.report.figures import Counted, Difficulty, Figures, Shape, Spread, Tool
from magnetc.emit.report.spread import spread

LENGTHS = {
    "turns": "user turns in a conversation", "calls": "tool calls in a conversation", "round": "calls in a round",
    "user": "words in a user turn", "agent": "words in a reply of the agent", "offered": "tools offered in a row",
}
"""What lengths are told of."""

KINDS = ("several turns", "one turn", "without a call")
"""Kinds of conversation."""


class Measure:
    """Counts rows as they come, a row at a time. Of a conversation that has a row per set of offered tools, the last holds all of it."""

    def __init__(self) -> None:
        self._files: Counter[str] = Counter()
        self._mixed: Counter[str] = Counter()
        self._count: Counter[str] = Counter()
        self._by: dict[str, Counter[str]] = {name: Counter() for name in ("kinds", "locales", "operations", "faults", "called", "offered")}
        self._lengths: dict[str, Counter[int]] = {name: Counter() for name in LENGTHS}
        self._variety, self._evidence, self._difficulties = Variety(), Evidence(), Difficulties()

    def add(self, file: str, row: Mapping[str, Any]) -> None:
        """Count a row of `file`."""
        self._files[file] += 1
        if is_mixed(row):
            self._mixed[str(row["tags"][TAG])] += 1
            return
        self._evidence.add(row)
        names = _names(row["tools"]) if isinstance(row.get("tools"), str) else tuple(tool.get("name", "") for tool in offered(row))
        self._by["offered"].update(map(str, names))
        self._lengths["offered"][len(names)] += 1
        if "messages" not in row:
            self._count["pairs"] += 1
            self._by["faults"].update([str(row["fault"]["kind"])] if row.get("fault") else [])
            return
        messages = conversation(row)
        agent = [message for message in messages if message.get("role") == "assistant"]
        self._count["agent"] += len(agent)
        self._count["trained"] += sum(bool(message.get("weight", 1)) for message in agent)
        if not is_part(row):
            self._add_conversation(row, messages, f"{file}:{self._files[file]}")

    def _add_conversation(self, row: Mapping[str, Any], messages: list[dict[str, Any]], place: str) -> None:
        tags = row.get("tags") or {}
        tools = list(called(row, messages))
        says = [str(message.get("content") or "") for message in messages if message.get("role") == "user"]
        calls = len(tools) - len((row.get("certificate") or {}).get("slips", ()))
        self._count.update({"conversations": 1, "turns": len(says), "calls": calls})
        self._by["kinds"][KINDS[2 if not tools else 1 if len(says) == 1 else 0]] += 1
        self._by["called"].update(tools)
        self._by["locales"].update([str(tags["locale"])] if tags.get("locale") else [])
        self._by["operations"].update(str(operation).partition("@")[0] for operation in tags.get("operations") or ())
        self._add_lengths(messages, says, calls)
        self._difficulties.add(row)
        if not tags.get("copy_of"):
            self._variety.add(str(row.get("id", place)), {**row, "messages": messages}, tools)

    def _add_lengths(self, messages: list[dict[str, Any]], says: list[str], calls: int) -> None:
        self._lengths["turns"][len(says)] += 1
        self._lengths["calls"][calls] += 1
        self._lengths["user"].update(len(text.split()) for text in says)
        for message in messages:
            if message.get("role") == "assistant":
                if message.get("tool_calls"):
                    self._lengths["round"][len(message["tool_calls"])] += 1
                else:
                    self._lengths["agent"][len(str(message.get("content") or "").split())] += 1

    def figures(self, name: str) -> Figures:
        """What the rows come to; `known.py` adds what a build knows beside them."""
        tools = sorted({*self._by["called"], *self._by["offered"]} - {""}) if self._by["called"] else sorted(self._by["offered"])
        shape = Shape(
            rows=sum(self._files.values()) - self._count["pairs"] - self._mixed.total(), mixed=ranked(self._mixed), conversations=self._count["conversations"], pairs=self._count["pairs"],
            turns=self._count["turns"], calls=self._count["calls"], files=tuple(sorted(self._files.items())),
            kinds=tuple((kind, self._by["kinds"][kind]) for kind in KINDS), locales=ranked(self._by["locales"]),
            operations=ranked(self._by["operations"]), faults=ranked(self._by["faults"]),
            trained=(self._count["trained"], self._count["agent"]),
            tools=tuple(Tool(name=tool, calls=self._by["called"][tool], offered=self._by["offered"][tool]) for tool in tools))
        spreads = (spread(said, self._lengths[key]) for key, said in LENGTHS.items())
        lengths: tuple[Spread, ...] = tuple(each for each in spreads if each is not None)
        return Figures(name=name, shape=shape, lengths=lengths, difficulty=_difficulty(self._difficulties),
                       diversity=self._variety.diversity(), proofs=self._evidence.proofs())


def _difficulty(found: Difficulties) -> Difficulty | None:
    chains = spread("calls in the longest chain, each with a value of the one before", found.chains)
    helpers = spread("implicit helpers in a conversation", found.helpers)
    if chains is None or helpers is None:
        return None
    return Difficulty(chains=chains, helpers=helpers, implicit=(found.total - found.helpers[0], found.total),
                      dependencies=tuple((name, (found.dependencies[name], found.total)) for name in DEPENDENCIES))


def ranked(counts: Mapping[str, int]) -> Counted:
    """The most frequent first, then by name."""
    return tuple(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def is_part(row: Mapping[str, Any]) -> bool:
    """Whether a row holds a conversation up to where the offered tools change: its id ends with the number of its turns."""
    return bool(row.get("tags")) and str(row.get("id", "")).rpartition(".")[2].isdecimal()


@lru_cache(maxsize=4096)
def _names(tools: str) -> tuple[str, ...]:
    return tuple(str(tool.get("name", "")) for tool in offered({"tools": tools}))
