"""Probed flows: what executing producer and consumer says of a value flow of the graph."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from magnetc.ir.graph import ValueFlow
from magnetc.ir.json import Json, digest
from magnetc.ir.literal import print_literal
from magnetc.ir.signature import FunctionSignature
from magnetc.ir.types import TypeTable, leaves


class Finding(StrEnum):
    """proven: another value changes or breaks the consumer; refuted: none that ran makes a difference; untried: neither
    could be seen."""

    PROVEN = "proven"
    REFUTED = "refuted"
    UNTRIED = "untried"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbedFlow:
    """What was found of one value flow from `source` to `target`.

    `tries` is how often the consumer was executed with the real value. `reason` says why a flow is untried.
    `declares` is the digest of what both tools declare: with another, the finding is stale.
    """

    source: str
    target: str
    flow: ValueFlow
    finding: Finding
    tries: int = 0
    reason: str = ""
    declares: str = ""

    @property
    def place(self) -> tuple[str, str, ValueFlow]:
        return self.source, self.target, self.flow


@dataclass(frozen=True, slots=True, kw_only=True)
class Probes:
    """What a lock says was found. `world` is the digest of the code that ran; `stale` counts findings left out because
    a tool of theirs has changed."""

    world: str = ""
    flows: tuple[ProbedFlow, ...] = ()
    stale: int = 0


NOTHING_PROBED = Probes()


def declared_digest(source: FunctionSignature, target: FunctionSignature, table: TypeTable) -> str:
    """Digest of what two tools take, return and promise, and of their entity types; words for readers take no part."""
    types = sorted({name for tool in (source, target) for name in _entities(tool, table)})
    return digest({"tools": [_shape(source), _shape(target)],
                   "types": [print_literal(replace(table.types[name], said=())) for name in types]})


def _shape(tool: FunctionSignature) -> Json:
    parameters = [[p.name, print_literal(p.type), p.required, p.default] for p in tool.parameters]
    return [tool.name, parameters, print_literal(tool.returns), tool.effect.value, print_literal(tool.where)]


def _entities(tool: FunctionSignature, table: TypeTable) -> Iterator[str]:
    for expr in (tool.returns, *(parameter.type for parameter in tool.parameters)):
        for _, ref in leaves(expr):
            yield from table.ancestry(ref.name)
