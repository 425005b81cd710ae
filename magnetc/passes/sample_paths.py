"""Sample paths: seeded walks over the product of graph and constraints (Magnet §3.2), one call a turn.

Before: `path booking { turns 3..7  start in [list_airports] }`, unit 17.

After:

    path booking-000017 of booking base booking-000017 locale en variant 3 attempt 0
    turn t0 normal
      c0 = list_airports()
    turn t1 normal
      c1 = search_flights()
    turn t2 normal
      c2 = book_flight()

Every draw is keyed by unit, attempt, step and candidate: a tool that is added elsewhere in the recipe changes no unit
that does not take it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import log2
from typing import TYPE_CHECKING

from magnetc.ir import draw
from magnetc.ir.path import Call, SignaturePath, Turn
from magnetc.passes.coverage import Coverage, Place
from magnetc.passes.product import Product

if TYPE_CHECKING:
    from magnetc.passes.context import CompileContext


@dataclass(frozen=True, slots=True)
class SamplePaths:
    """PathSpec -> SignaturePath. A tool that the walk already has is drawn `novelty` times less often."""

    novelty: float = 4.0
    name: str = "sample-paths"
    version: str = "1"

    def run(self, context: CompileContext, path: str, ordinal: int, attempt: int = 0) -> SignaturePath | None:
        """Unit `ordinal` of `path`; `attempt` redraws everything. None when no walk exists in any locale."""
        place = self._place(context, path, ordinal, attempt)
        if place is None:
            return None
        functions = self._functions(context, path, ordinal, place)
        turns = tuple(replace(turn, calls=(replace(turn.calls[0], function=function),))
                      for turn, function in zip(place.unit.turns, functions, strict=True))
        return place.unit.with_turns(turns)

    def _place(self, context: CompileContext, path: str, ordinal: int, attempt: int) -> Place | None:
        """All of a unit but its tools."""
        unit = f"{path}-{ordinal:06d}"
        recipe = context.spec.recipe
        key = (recipe.seed, "sample", unit, attempt)
        spoken = [pair for pair in recipe.locales if pair[1] > 0 and context.lengths(path, pair[0])]
        if not spoken:
            return None
        locale, _ = draw.choose(spoken, *key, "locale", name=lambda pair: pair[0], weight=lambda pair: pair[1])
        lengths = context.lengths(path, locale)
        if context.mixture.asked and not context.mixture.is_single(path, ordinal):
            lengths = tuple(length for length in lengths if length > 1) or lengths
        length = draw.choose(lengths, *key, "length")
        variant = draw.integer(0, max(1, recipe.world.variants) - 1, *key, "variant")
        turns = tuple(Turn(key=f"t{at}", calls=(Call(id=f"c{at}", function="", goal=f"c{at}"),)) for at in range(length))
        made = SignaturePath(id=unit, base=unit, name=path, locale=locale, variant=variant, turns=turns, attempt=attempt)
        return Place(made, locale, length)

    def _functions(self, context: CompileContext, path: str, ordinal: int, place: Place) -> Sequence[str]:
        """The walk that the path's `sample` asks for."""
        unit, locale, length = place
        key = (context.spec.recipe.seed, "sample", unit.id, unit.attempt)
        match context.path[path].sample:
            case "uniform":
                return context.chains(path, locale).walk(length, *key)
            case "coverage" if context.mixture.is_single(path, ordinal):   # the walk is cut behind its first turn: a plan would count on all of it
                return context.chains(path, locale).walk(length, *key)
            case "coverage":
                if path not in context.plans:
                    context.plans[path] = Coverage(context, path, lambda number: self._planned(context, path, number))
                plan = context.plans[path]
                return plan.again(ordinal, place) if unit.attempt else plan.walk(ordinal)
            case _:
                return self._walk(context.product(path, locale), length, key)

    def _planned(self, context: CompileContext, path: str, ordinal: int) -> Place:
        place = self._place(context, path, ordinal, 0)
        assert place is not None, "a plan was asked for where there is no walk"
        return place

    def surprise(self, product: Product, walk: Sequence[str]) -> float:
        """-log2 of the chance that `sample walk` draws this walk, its length included."""
        automaton = product.automaton
        chances = [1 / len(product.lengths()), 1 / len(product.openings(len(walk)))]
        state = automaton.step(automaton.start(), walk[0])
        for step in range(1, len(walk)):
            assert state is not None, "a walk took a step that its automaton refuses"
            weights = {tool: self._weight(tool, walk[:step]) for tool in product.steps(walk[:step], state, len(walk) - step)}
            chances.append(weights[walk[step]] / sum(weights.values()))
            state = automaton.step(state, walk[step])
        return -sum(map(log2, chances))

    def _weight(self, tool: str, walk: Sequence[str]) -> float:
        return 1.0 if tool in walk else self.novelty

    def _walk(self, product: Product, length: int, key: Sequence[object]) -> list[str]:
        automaton = product.automaton
        walk = [draw.choose(product.openings(length), *key, 0)]
        state = automaton.step(automaton.start(), walk[0])
        for step in range(1, length):
            assert state is not None, "a walk took a step that its automaton refuses"
            candidates = product.steps(walk, state, length - step)
            tool = draw.choose(candidates, *key, step, weight=lambda tool: self._weight(tool, walk))
            walk.append(tool)
            state = automaton.step(state, tool)
        return walk
