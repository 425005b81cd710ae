"""FunctionSignature: a tool as the compiler sees it. The unit of the graph's vertices."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from magnetc.ir.json import Json
from magnetc.ir.types import Record, TypeExpr
from magnetc.source import Origin

_NOTHING = Record(())


class Effect(StrEnum):
    """Whether a call may change the world's observable state."""

    READS = "reads"
    WRITES = "writes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One argument of a tool. `schema` is JSON Schema text kept unchanged from an importer or a declaration, if any."""

    name: str
    type: TypeExpr
    required: bool = True
    default: Json = None
    description: str = ""
    schema: str | None = None
    origin: Origin = field(default=Origin("", ""), compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Constraint:
    """`where left op right`: op is one of == != < <= > >=; right is a parameter name, a JSON literal, or a field of `entry`, which is
    the alias of a `StateEntry`."""

    left: str
    op: str
    right: str
    literal: bool = False
    entry: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StateEntry:
    """What the user gives of a call together: `fields` are (parameter, pointer into an entry), and all their values come from one
    entry of the world's state at `pattern`."""

    pattern: str
    alias: str
    fields: tuple[tuple[str, str], ...]
    origin: Origin = field(default=Origin("", ""), compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionSignature:
    """A tool. `schema` is the text of the JSON Schema that its parameters were declared by, if any, with no properties: each
    parameter has its own."""

    name: str
    description: str = ""
    parameters: tuple[Parameter, ...] = ()
    returns: TypeExpr = _NOTHING
    effect: Effect = Effect.READS
    category: str = ""
    where: tuple[Constraint, ...] = ()
    entries: tuple[StateEntry, ...] = ()
    schema: str | None = None
    origin: Origin = field(default=Origin("", ""), compare=False, repr=False)

    def parameter(self, name: str) -> Parameter | None:
        return next((p for p in self.parameters if p.name == name), None)

    def entry_of(self, name: str) -> StateEntry | None:
        """What binds a parameter to the world's state together with others, if anything does."""
        return next((entry for entry in self.entries if any(parameter == name for parameter, _ in entry.fields)), None)

    def likeness(self, other: FunctionSignature) -> float:
        """How easily one tool is taken for the other, from 0 to 2.5: words of the name they share, category, effect."""
        mine, theirs = set(self.name.split("_")), set(other.name.split("_"))
        shared = len(mine & theirs) / len(mine | theirs)
        return shared + (self.category == other.category) + 0.5 * (self.effect is other.effect)

    def could_be(self, other: FunctionSignature) -> bool:
        """Whether arguments of this tool can be given to the other: all that it requires, of the same types."""
        free = [parameter.type for parameter in self.parameters]
        for parameter in other.parameters:
            if parameter.type in free:
                free.remove(parameter.type)
            elif parameter.required:
                return False
        return len(free) < len(self.parameters)
