"""Judging an edge: the prompt for two tools, and the vote that a reply to it is (Magnet §3.1: an LLM judges candidates).

Who is asked, and how often, is the caller's; what is kept is one line of votes for a pair of tools (`magnetc/frontend/votes.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from magnetc.frontend.resolve_graph import flows
from magnetc.frontend.type_syntax import show_type
from magnetc.ir.json import Json
from magnetc.ir.pointer import tokens
from magnetc.ir.schema import tool_schema
from magnetc.ir.signature import FunctionSignature
from magnetc.ir.spec import Spec, Votes
from magnetc.ir.types import ListOf, MapOf, Record, Ref, TypeExpr, at_pointer
from magnetc.source.origin import escape
from magnetc.teachers.prompt_program import PromptProgram

PROGRAM = "judge_dependency"


@dataclass(frozen=True, slots=True, kw_only=True)
class Vote:
    """One judge's word: the kind of the edge, or `none`; `values` are (pointer pattern, parameter)."""

    kind: str
    values: tuple[tuple[str, str], ...] = ()
    reason: str = ""


def judge_inputs(spec: Spec, source: str, target: str) -> dict[str, Json]:
    """What the program is given for an edge from one tool to another."""
    return {"source": _shown(spec, spec.tool[source]), "target": _shown(spec, spec.tool[target])}


def read_vote(program: PromptProgram, reply: str, spec: Spec, source: str, target: str) -> Vote:
    """The vote of a reply. Raises ValueError, in words for the judge, where the reply has not the form of one.

    Nor has one that names a value or a parameter that there is not, joins types that no link may, or says that a value flows
    without saying which.
    """
    said: Any = program.read(reply)
    giver, taker = spec.tool[source], spec.tool[target]
    values = said.get("values") or {} if said["kind"] in ("full", "partial") else {}
    for parameter, pointer in values.items():
        into = taker.parameter(parameter)
        if into is None:
            raise ValueError(f"`{target}` has no parameter `{parameter}`")
        expr = at_pointer(giver.returns, tokens(pointer)) if pointer.startswith("/") or not pointer else None
        if expr is None:
            raise ValueError(f"the result of `{source}` has no value at `{pointer}`")
        if not flows(expr, into.type, spec.type_table):
            raise ValueError(f"`{pointer}` has the type `{show_type(expr)}`, and `{parameter}` takes `{show_type(into.type)}`")
    if said["kind"] in ("full", "partial") and not values:
        raise ValueError(f"the kind is {said['kind']}, and `values` does not say which value flows")
    required = {each.name for each in taker.parameters if each.required}
    if said["kind"] == "full" and not required <= values.keys():
        raise ValueError(f"the kind is full, and no value is given for `{min(required - values.keys())}`")
    return Vote(kind=said["kind"], reason=str(said.get("reason", "")),
                values=tuple(sorted((pointer, parameter) for parameter, pointer in values.items())))


def tally(source: str, target: str, votes: Iterable[Vote]) -> Votes:
    """Votes on one edge as a line of the lock. Of what judges say of a parameter's value, the most frequent counts.

    Only values of judges of the majority; ties are decided by the order of the pointers.
    """
    votes = tuple(votes)
    kinds = [vote.kind for vote in votes]
    counted = Votes(source=source, target=target, full=kinds.count("full"), partial=kinds.count("partial"),
                    prerequisite=kinds.count("prerequisite"), none=kinds.count("none"))
    heard = [vote for vote in votes if vote.kind == counted.kind]
    return replace(counted, values=tuple(sorted(_most_said(heard))))


def _most_said(votes: Sequence[Vote]) -> Iterable[tuple[str, str]]:
    said = [value for vote in votes for value in vote.values]
    for name in sorted({parameter for _, parameter in said}):
        pointers = sorted(pointer for pointer, parameter in said if parameter == name)
        yield max(dict.fromkeys(pointers), key=pointers.count), name


def _shown(spec: Spec, tool: FunctionSignature) -> dict[str, Any]:
    """A tool as a model is shown it, and what its result holds, pointer by pointer."""
    return {**tool_schema(tool, spec.type_table)["function"],
            "returns": dict(_values(spec, tool.returns))}


def _values(spec: Spec, expr: TypeExpr, at: str = "") -> Iterator[tuple[str, str]]:
    """(pointer, meaning) of every scalar of a result, and of every list of scalars as a whole."""
    match expr:
        case Ref(name):
            yield at, _meaning(spec, name)
        case ListOf(items):
            if isinstance(items, Ref):
                yield at, f"a list of {_meaning(spec, items.name)}"
            yield from _values(spec, items, at + "/*")
        case MapOf(values):
            yield from _values(spec, values, at + "/*")
        case Record(fields):
            for item in fields:
                yield from _values(spec, item.type, f"{at}/{escape(item.name)}")


def _meaning(spec: Spec, name: str) -> str:
    """A type in words: `ZipCode, a string`, `Miles, a number in mi`."""
    entity = spec.type_table.get(name)
    if entity is None:
        return name
    return f"{name}, {'an' if entity.base[0] in 'aeiou' else 'a'} {entity.base}" + (f" in {entity.unit}" if entity.unit else "")
