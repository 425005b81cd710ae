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
    """One argument of a tool. `schema` is canonical JSON Schema text kept unchanged from an importer, if any."""

    name: str
    type: TypeExpr
    required: bool = True
    default: Json = None
    description: str = ""
    schema: str | None = None
    origin: Origin = field(default=Origin("", ""), compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Constraint:
    """`where left op right`: op is one of == != < <= > >=; right is a parameter name or a JSON literal."""

    left: str
    op: str
    right: str
    literal: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionSignature:
    name: str
    description: str = ""
    parameters: tuple[Parameter, ...] = ()
    returns: TypeExpr = _NOTHING
    effect: Effect = Effect.READS
    category: str = ""
    where: tuple[Constraint, ...] = ()
    origin: Origin = field(default=Origin("", ""), compare=False, repr=False)

    def parameter(self, name: str) -> Parameter | None:
        return next((p for p in self.parameters if p.name == name), None)
