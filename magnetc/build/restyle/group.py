"""The rows of one base path said otherwise: a model is asked for words, and takes those that all rows prove with."""

from __future__ import annotations

import asyncio
import copy
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from magnetc.build.restyle.restyling import Restyling
from magnetc.build.restyle.spoken import Collected, Row, Spoken, collect
from magnetc.distill.proofs.mixed import is_mixed
from magnetc.distill.proofs.prover import Prover
from magnetc.ir import draw
from magnetc.ir.json import Json, digest
from magnetc.teachers.ask import Asker, Unanswered, kind_of
from magnetc.teachers.conversation import style_of
from magnetc.teachers.prompt_program import PromptProgram
from magnetc.teachers.prompted.teacher import language_of
from magnetc.teachers.rehearsal import MadeCall
from magnetc.tools.worlds.world import World

Read = TypeVar("Read")

AGAIN = 2
"""How often words that a reader misunderstands, or that a row does not prove with, are written again."""


@dataclass(slots=True)
class Restyled:
    """Rows in their order. Of the messages that could be said otherwise, those that are, and why others are kept."""

    rows: list[Row]
    said: int = 0
    kept: Counter[str] = field(default_factory=Counter)


class _Kept(Exception):
    """Words stay as they are. `reason` is short and stable: it is counted."""

    def __init__(self, reason: str):
        super().__init__(reason)
        self.reason = reason


@dataclass(slots=True)
class GroupRestyler:
    """Says rows otherwise. `world` lends one to execute rows in."""

    asker: Asker
    programs: Mapping[str, PromptProgram]
    prover: Prover
    world: Callable[[], AbstractAsyncContextManager[World]]

    async def restyle(self, rows: Sequence[Row]) -> Restyled:
        """The rows of a base path with other words; those that do not prove with them keep theirs.

        Raises:
            MagnetError: what the model raises, or a world that does not start.
        """
        if is_mixed(rows[0]):   # it has no world in which other words could be proven
            return Restyled(list(rows))
        collected = collect(rows, self.prover.spec)
        units = collected.units()
        base = str(rows[0]["tags"]["base"])
        asked = await asyncio.gather(*(self._unit(collected, unit, base, []) for unit in units))
        result = Restyled(list(rows))
        wanted = [(unit, words) for unit, words in zip(units, asked) if not isinstance(words, _Kept)]
        result.kept.update(words.reason for words in asked if isinstance(words, _Kept))
        async with self.world() as world:
            proven, problem = await self._proven(rows, result.rows, collected, {key: text for _, words in wanted for key, text in words.items()}, world)
        if not problem:
            result.rows, result.said = proven, sum(words[key] != collected.spoken[key].text for _, words in wanted for key in words)
            return result
        accepted: dict[str, str] = {}
        for unit, words in wanted:
            await self._one(rows, result, collected, unit, words, accepted, base)
        result.said = sum(text != collected.spoken[key].text for key, text in accepted.items())
        return result

    async def _one(self, rows: Sequence[Row], result: Restyled, collected: Collected, unit: tuple[str, ...], words: dict[str, str],
                   accepted: dict[str, str], base: str) -> None:
        """Take the words of one unit beside those that are accepted, written again for what does not prove."""
        objections: list[Json] = []
        while True:
            async with self.world() as world:
                proven, problem = await self._proven(rows, result.rows, collected, {**accepted, **words}, world, only=unit)
            if not problem:
                accepted.update(words)
                result.rows = proven
                return
            if len(objections) == AGAIN:
                result.kept[f"a row does not prove: {kind_of(problem)}"] += 1
                return
            objections.append({"words": next(iter(words.values())), "problem": problem})
            again = await self._unit(collected, unit, base, objections)
            if isinstance(again, _Kept):
                result.kept[again.reason] += 1
                return
            words = again

    async def _proven(self, rows: Sequence[Row], before: Sequence[Row], collected: Collected, words: Mapping[str, str], world: World,
                      only: Sequence[str] = ()) -> tuple[list[Row], str]:
        """The rows with `words`, certified, and what the first one that fails fails in. Rows without words of `only` are those `before`."""
        changed: dict[int, list[tuple[str, int, str]]] = {}
        for key, text in words.items():
            for number, name, index in collected.spoken[key].places:
                changed.setdefault(number, []).append((name, index, text))
        touched = {number for key in only or words for number, _, _ in collected.spoken[key].places}
        made: list[Row] = list(before)
        for number in sorted(touched):
            row = copy.deepcopy(rows[number])
            for name, index, text in changed[number]:
                row[name][index]["content"] = text
            if row == rows[number]:
                made[number] = rows[number]
                continue
            failures = await self.prover.certify(row, world, proven=[each for each in made if "messages" in each] if "chosen" in row else ())
            if failures:
                return list(before), failures[0].message
            made[number] = row
        return made, ""

    async def _unit(self, collected: Collected, unit: Sequence[str], base: str, objections: Sequence[Json]) -> dict[str, str] | _Kept:
        """Other words for each message of a unit, or why there are none for one."""
        try:
            words = await asyncio.gather(*(self._words(collected.spoken[key], base, objections) for key in unit))
        except _Kept as kept:
            return kept
        return dict(zip(unit, words))

    async def _words(self, spoken: Spoken, base: str, objections: Sequence[Json]) -> str:
        spec, known = self.prover.spec, [*objections]
        restyling = Restyling(who=spoken.who, text=spoken.text, history=spoken.history, held=tuple(spoken.held), locale=spoken.locale,
                              tools={*spoken.names, *spec.tool})
        program = self.programs["restyle"]
        common = {"language": language_of(spoken.locale), "style": style_of(spec.recipe, base), **restyling.inputs()}
        for _ in range(1 + AGAIN):
            words = await self._ask(program, {**common, "objections": list(known)}, lambda said: restyling.read(said["words"]), spoken, base)
            objection = await self._objection(spoken, words, base)
            if not objection:
                return words
            known.append({"words": words, "problem": objection})
        raise _Kept("a reader comes to other calls")

    async def _objection(self, spoken: Spoken, words: str, base: str) -> str:
        """What a reader of the words gets wrong; empty where nothing, or where no calls follow."""
        reading = spoken.heard
        if reading is None or words == spoken.text:
            return ""
        program, recipe = self.programs["forward_translate"], self.prover.spec.recipe
        inputs = {"now": recipe.world.now[:10], "profile": spoken.profile, "tools": reading.tools()}
        before = [*spoken.history, {"who": "user", "text": words}]

        async def ask(told: list[Json]) -> list[MadeCall]:
            return await self._ask(program, {**inputs, "history": [*before, *told]}, reading.read, spoken, base)

        return await reading.objection(ask)

    async def _ask(self, program: PromptProgram, inputs: Mapping[str, Json], read: Callable[[Any], Read], spoken: Spoken, base: str) -> Read:
        """What `read` makes of the program's answer. Raises _Kept where none can be used."""
        sample = draw.integer(0, (1 << 31) - 1, self.prover.spec.recipe.seed, program.name, base, digest([list(spoken.history), spoken.text]))
        try:
            return await self.asker.answer(program, inputs, read, sample=sample)
        except Unanswered as error:
            raise _Kept(str(error)) from None
