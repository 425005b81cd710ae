"""The attempts at a unit, compiled when they are asked for, and which of what is in the store of units came of the same."""

from __future__ import annotations

from magnetc.build.ingredients import Ingredients
from magnetc.build.unit import Unit
from magnetc.engine.units import UnitStore
from magnetc.passes.context import CompileContext
from magnetc.passes.pipeline import CompiledUnit, compile_unit


class Attempts:
    """The attempts at one unit, each compiled once."""

    def __init__(self, context: CompileContext, unit: Unit, ingredients: Ingredients | None):
        self.unit = unit
        self._context, self._ingredients = context, ingredients
        self._compiled: list[CompiledUnit] = []
        self._keys: list[str] = []

    def compiled(self, number: int) -> CompiledUnit:
        """Attempt `number`, from 0."""
        while len(self._compiled) <= number:
            self._compiled.append(compile_unit(self._context, self.unit.path, self.unit.ordinal, len(self._compiled)))
        return self._compiled[number]

    def seen(self) -> tuple[CompiledUnit, ...]:
        """Those that were asked for, the first in any case."""
        self.compiled(0)
        return tuple(self._compiled)

    def keys(self, count: int) -> tuple[str, ...]:
        """What the first `count` attempts come from, a digest each."""
        assert self._ingredients is not None
        while len(self._keys) < count:
            self._keys.append(self._ingredients.key(self.compiled(len(self._keys))))
        return tuple(self._keys[:count])

    def standing(self, store: UnitStore) -> str | None:
        """The key under which the unit is in the store as it would be made now; None where it is not.

        The recipe that it was made of may be another, where what this unit comes from is the same.
        """
        if (key := store.key(self.unit.path, self.unit.ordinal)) is not None:
            return key
        if self._ingredients is None:
            return None
        for key, attempts in store.candidates(self.unit.path, self.unit.ordinal):
            if all(self.keys(number + 1)[number] == expected for number, expected in enumerate(attempts)):
                return key
        return None
