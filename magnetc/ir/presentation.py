"""Presentation: how a conversation's rows show tools, where that is not how the recipe declares them.

Scripts, trajectories, certificates and worlds speak of tools by their real names; only a row's text is shown so (`shown.py`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from keyword import iskeyword

from magnetc.ir.json import Json
from magnetc.ir.spec import Spec
from magnetc.ir.types import ListOf, MapOf, Record, TypeExpr

Names = tuple[tuple[str, str], ...]
"""(real name, shown name), by real name."""

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")

KEPT = frozenset(["error"])
"""Result fields that keep their name: by this one an agent knows that a call failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Presentation:
    """`orders` has, by tool, its parameters as they are shown, where that is not their declared order.

    `tools`, `parameters` and `results` give other names to tools, to parameters (of whatever tool) and to fields of
    results; what is not in them keeps its name.
    """

    orders: tuple[tuple[str, tuple[str, ...]], ...] = ()
    tools: Names = ()
    parameters: Names = ()
    results: Names = ()

    def document(self) -> dict[str, Json]:
        """As a certificate has it: `{"orders": {tool: [names]}, "tools": {name: shown}, …}`, empty members left out."""
        orders = {tool: list(names) for tool, names in self.orders}
        members = {"orders": orders, "tools": dict(self.tools), "parameters": dict(self.parameters), "results": dict(self.results)}
        return {name: member for name, member in members.items() if member}

    @classmethod
    def read(cls, document: Mapping[str, Json]) -> Presentation:
        """Inverse of `document`. Raises ValueError for what is none."""
        known = ("orders", "tools", "parameters", "results")
        if any(name not in known or not isinstance(member, dict) for name, member in document.items()):
            raise ValueError(f"`shown` has other members than {', '.join(known)}")
        texts = [text for name in known[1:] for text in document.get(name, {}).values()]
        texts += [text for names in document.get("orders", {}).values() for text in names]
        if not all(isinstance(text, str) for text in texts):
            raise ValueError("`shown` holds something other than names")
        names = {name: tuple(document.get(name, {}).items()) for name in known[1:]}
        return cls(orders=tuple((tool, tuple(order)) for tool, order in document.get("orders", {}).items()), **names)


PLAIN = Presentation()
"""Tools as they are declared."""


def result_fields(expr: TypeExpr) -> Iterator[str]:
    """The names of the fields in a result type, at any depth."""
    match expr:
        case ListOf(inner) | MapOf(inner):
            yield from result_fields(inner)
        case Record(fields):
            for item in fields:
                yield item.name
                yield from result_fields(item.type)
        case _:
            return


def real_names(spec: Spec) -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    """What tools, parameters and result fields of the recipe are called."""
    tools = frozenset(spec.tool)
    parameters = frozenset(parameter.name for tool in spec.tools for parameter in tool.parameters)
    return tools, parameters, frozenset(name for tool in spec.tools for name in result_fields(tool.returns))


def verify_presentation(spec: Spec, shown: Presentation) -> list[str]:
    """Orders are permutations; names are a bijection from real names to identifiers that the recipe does not use."""
    problems = list(_order_problems(spec, shown))
    known = real_names(spec)
    taken: dict[str, tuple[bool, str]] = {}
    for what, names, real in zip(("tool", "parameter", "result field"), (shown.tools, shown.parameters, shown.results), known):
        if [name for name, _ in names] != sorted({name for name, _ in names}):
            problems.append(f"the {what}s that are shown by other names are not sorted, or one stands there twice")
        for name, other in names:
            if name not in real or name in KEPT:
                problems.append(f"{name} is no {what} that can be shown by another name")
            if not _IDENTIFIER.match(other) or iskeyword(other):
                problems.append(f"{other} is no name for a {what}")
            if any(other in each for each in known):
                problems.append(f"{name} is shown as {other}, which is the name of something else")
            if taken.setdefault(other, (what == "tool", name)) != (what == "tool", name):
                problems.append(f"{name} is shown as {other}, and so is {taken[other][1]}")
    return problems


def _order_problems(spec: Spec, shown: Presentation) -> Iterator[str]:
    if [tool for tool, _ in shown.orders] != sorted({tool for tool, _ in shown.orders}):
        yield "the tools whose parameters are shown in another order are not sorted, or one stands there twice"
    for tool, order in shown.orders:
        declared = tuple(parameter.name for parameter in spec.tool[tool].parameters) if tool in spec.tool else ()
        if sorted(order) != sorted(declared):
            yield f"the parameters of {tool} are not {' '.join(order)}"
        elif order == declared:
            yield f"the parameters of {tool} are shown in the order in which they are declared"
