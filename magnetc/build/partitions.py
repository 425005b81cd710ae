"""Partitions group by base path: a copy, its original and its pairs never part. What is held out has sets of its own."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from magnetc.ir import draw
from magnetc.ir.presentation import Presentation
from magnetc.ir.shown import Shown
from magnetc.ir.spec import Recipe, Spec
from magnetc.passes.context import CompileContext
from magnetc.passes.held_out import held_out_variants, is_held_out
from magnetc.passes.held_out_words import is_said_apart
from magnetc.translate.scenario import Scenario

TOOL, COMPOSITION, STATE, PHRASE = KINDS = ("held_out_tool", "held_out_composition", "held_out_state", "held_out_phrase")
"""The held-out sets of a recipe that says `held_out`. A conversation with several of these is in the first."""


def partition(recipe: Recipe, base: str) -> str:
    """The partition of a base path: drawn by its id alone, so that other units never move it."""
    at = draw.fraction(recipe.seed, "partition", base)
    for name, share in recipe.partitions:
        at -= share
        if at < 0:
            return name
    return recipe.partitions[0][0]


@dataclass(frozen=True, slots=True)
class Partitions:
    """Says where rows belong. `tools` are those that are held out, `states` the digests of the initial states."""

    spec: Spec
    tools: frozenset[str]
    states: frozenset[str] = frozenset()

    @classmethod
    def of(cls, context: CompileContext, scenarios: Iterable[Scenario]) -> Partitions:
        variants = held_out_variants(context.spec.recipe)
        return cls(context.spec, context.held_out_tools, frozenset(each.initial for each in scenarios if each.variant in variants))

    def document(self) -> dict[str, Any]:
        """What a manifest lists; nothing where the recipe holds nothing out."""
        asked = self.spec.recipe.held_out
        return {"tools": sorted(self.tools), "compositions": asked.compositions, "states": sorted(self.states), "phrases": asked.phrases} if asked else {}

    @classmethod
    def listed(cls, spec: Spec, manifest: Mapping[str, Any]) -> Partitions:
        """Those of an output, by its manifest.

        Raises:
            ValueError: It does not list what the recipe in it holds out; in words.
        """
        asked, seed = spec.recipe.held_out, manifest.get("seed", spec.recipe.seed)
        spec = replace(spec, recipe=replace(spec.recipe, seed=seed))
        if asked is None:
            return cls(spec, frozenset())
        told = manifest.get("held_out")
        tools, states = (told.get("tools"), told.get("states")) if isinstance(told, dict) else (None, None)
        if not isinstance(states, list) or not set(map(str, states)) <= set(manifest["states"]) or (asked.states > 0) != bool(states):
            raise ValueError("the manifest does not list the initial states that the recipe holds out")
        if not isinstance(tools, list) or not all(isinstance(name, str) and name in spec.tool for name in tools):
            raise ValueError("the manifest does not list the tools that the recipe holds out")
        if not set(asked.tools) <= set(tools) or len(tools) != (asked.count or len(asked.tools)):
            raise ValueError("the manifest lists other tools as held out than the recipe asks for")
        return cls(spec, frozenset(tools), frozenset(states))

    def misplaced(self, file: str, row: Mapping[str, Any]) -> str | None:
        """What keeps a row out of a data file, in words; None where nothing does, and of what is no row."""
        part = file.rpartition("/")[2].removesuffix(".jsonl")
        allowed = KINDS[KINDS.index(part) :] if part in KINDS else ()
        try:
            return next((f"{what} is held out, and not to be in `{file}`" for kind, what in self.held_out(row) if kind not in allowed), None)
        except (LookupError, TypeError, ValueError, AttributeError):
            return None

    def part(self, base: str, rows: Iterable[Mapping[str, Any]]) -> str:
        """The file of the conversations of a base path, its own and its copies': `rows` has all of them."""
        kinds = {kind for row in rows for kind, _ in self.held_out(row)} if self.spec.recipe.held_out else set()
        return next((kind for kind in KINDS if kind in kinds), "") or partition(self.spec.recipe, base)

    def held_out(self, row: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """What a row has that is held out: the set that it belongs to, and what it has in words. Of a pair, its chosen side counts: nobody is
        taught to do what the other does. Of a row that was mixed in, tools of the recipe count alone.

        Raises:
            LookupError, TypeError, ValueError: for what is no row.
        """
        asked = self.spec.recipe.held_out
        if asked is None:
            return
        shown = Shown(self.spec, Presentation.read(row["certificate"].get("shown", {})))
        called = _called(row, shown)
        if self.tools:
            offered = {shown.read_name(tool["function"]["name"]) for tool in json.loads(row["tools"])}
            yield from ((TOOL, f"the tool `{name}`") for name in sorted(self.tools & offered.union(called)))
        if row["certificate"].get("world", {}).get("initial") in self.states:   # what was mixed in has no world
            yield STATE, "the initial state"
        for first, then in dict.fromkeys(pairwise(called)) if asked.compositions else ():
            if {first, then} <= self.spec.tool.keys() and is_held_out(self.spec.recipe.seed, asked.compositions, first, then):
                yield COMPOSITION, f"`{then}` right behind `{first}`"
        base = (row.get("tags") or {}).get("base")   # what was mixed in has none
        if isinstance(base, str) and is_said_apart(self.spec.recipe, base):
            yield PHRASE, "what its base path is said with"


def _called(row: Mapping[str, Any], shown: Shown) -> list[str]:
    """The tools that are called, in order and in real names."""
    messages = row["messages"] if "messages" in row else [*row["prompt"], *row["chosen"]]
    return [shown.read_name(call["function"]["name"]) for message in messages for call in message.get("tool_calls") or ()]
