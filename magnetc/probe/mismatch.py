"""Mismatches between what documents say of a tool, what its code takes, and what it does."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from magnetc.diagnostics import Diagnostic, Label, Severity
from magnetc.frontend.json_schema import imported_tool
from magnetc.frontend.type_syntax import show_type
from magnetc.ir.conform import violations
from magnetc.ir.json import Json, wire
from magnetc.ir.signature import Effect, FunctionSignature
from magnetc.ir.types import Record, TypeExpr, TypeTable
from magnetc.probe.behaviour import Behaviour

NO_TYPES = TypeTable({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of one tool before it is called. `document` is the raw tool of the lock, `code` the schema of the parameters that its code
    takes, in order; either is None where there is none."""

    tool: FunctionSignature
    document: Mapping[str, Any] | None = None
    code: Mapping[str, Any] | None = None


def mismatches(known: Known, seen: Behaviour, table: TypeTable) -> Iterator[Diagnostic]:
    """What does not fit together, of one tool."""
    yield from _of_parameters(known)
    if seen.called:
        yield from _of_results(known, seen, table)
    if seen.unsteady:
        places = ", ".join(f"`{each or '/'}`" for each in seen.unsteady[:6])
        yield _diagnostic(
            known,
            "MG642",
            f"the result of `{seen.tool}` is not the same twice: at {places}",
            "let the world take it from its `seed` and `now`; else list it under the world's `normalise`, or give it a type that is `volatile`",
        )
    if seen.writes and known.tool.effect is Effect.READS:
        yield _diagnostic(
            known,
            "MG643",
            f"`{seen.tool}` is said to read, but the world was another after it was called",
            "declare it `writes`, or let it leave what `observe()` shows as it is",
        )


def _of_parameters(known: Known) -> Iterator[Diagnostic]:
    """MG641: the document and the code name other parameters, or the same in another order."""
    if known.document is None or known.code is None:
        return
    said, taken = known.document["parameters"], known.code
    names, there = list(said.get("properties") or {}), list(taken.get("properties") or {})
    name = known.tool.name
    missing, unknown = [each for each in there if each not in names], [each for each in names if each not in there]
    for words, each in (("which its document does not have", missing), ("which its code does not take", unknown)):
        if each:
            yield _diagnostic(
                known, "MG641", f"`{name}` has {_listed(each)}, {words}", "refine the tool, or report it to who wrote the document"
            )
    common = [each for each in names if each in there]
    order = [each for each in there if each in names]
    if common != order:
        yield _diagnostic(
            known,
            "MG641",
            f"`{name}` is documented with its parameters in another order than its code takes them",
            "call it by names, as magnetc does; whoever passes arguments by position passes wrong ones",
            (f"documented: {', '.join(common)}", f"in the code: {', '.join(order)}"),
        )
    wanted = {each for each in said.get("required") or () if each in there}
    needed = {each for each in taken.get("required") or () if each in names}
    for words, each in (
        ("the document requires and the code does not", wanted - needed),
        ("the code requires and the document does not", needed - wanted),
    ):
        if each:
            yield _diagnostic(known, "MG641", f"`{name}`: {words}: {_listed(sorted(each))}", "refine the tool with `optional`")


def _of_results(known: Known, seen: Behaviour, table: TypeTable) -> Iterator[Diagnostic]:
    """MG640: results are not what the document says. What the recipe itself declares, if that is wrong too, comes first."""
    own = _problems(seen.results, known.tool.returns, table)
    if own:
        yield _diagnostic(known, "MG640", f"`{seen.tool}` does not return what the recipe declares", _refinement(seen), tuple(own[:6]))
    raw = known.document.get("returns") if known.document is not None else None
    if not isinstance(raw, dict):
        return
    documented = imported_tool(known.document or {}, "", known.tool.origin).returns
    if documented == known.tool.returns and own:
        return
    problems = (
        _problems(seen.results, documented, NO_TYPES)
        + list(_moved(seen.results, documented))
        + list(_undocumented(seen.results, documented))
    )
    if problems:
        right = "" if own or documented == known.tool.returns else "; the recipe's `refine` has it right"
        yield _diagnostic(
            known,
            "MG640",
            f"`{seen.tool}` does not return what its document says{right}",
            None if right else _refinement(seen),
            (f"documented: {_short(show_type(documented))}", f"returned: {_short(wire(seen.results[0]))}", *dict.fromkeys(problems[:6])),
        )


def _problems(results: Sequence[Json], expr: TypeExpr, table: TypeTable) -> list[str]:
    """What keeps results from being of a type, the places of items generalised, and how often."""
    found: dict[str, int] = {}
    for result in results:
        for each in {re.sub(r"/\d+(?=[/`])", "/*", problem) for problem in violations(result, expr, table)}:
            found[each] = found.get(each, 0) + 1
    return [each if count == len(results) else f"{each} ({count} of {len(results)} times)" for each, count in found.items()]


def _moved(results: Sequence[Json], documented: TypeExpr) -> Iterator[str]:
    """Fields that stand at the top of the results, and in the document inside another field."""
    if not isinstance(documented, Record):
        return
    shown = {name for result in results if isinstance(result, dict) for name in result}
    for item in documented.fields:
        if isinstance(item.type, Record) and item.name not in shown:
            inside = [inner.name for inner in item.type.fields if inner.name in shown]
            if inside:
                yield f"`/{item.name}` is not there: {_listed(inside)} stand at the top of the result"


def _undocumented(results: Sequence[Json], documented: TypeExpr) -> Iterator[str]:
    """A result that has none of the documented fields."""
    if not isinstance(documented, Record) or not documented.fields:
        return
    named = {item.name for item in documented.fields}
    shown = {name for result in results if isinstance(result, dict) for name in result}
    if shown and not shown & named:
        yield f"none of the documented fields is there, but {_listed(sorted(shown)[:6])}"


def _refinement(seen: Behaviour) -> str:
    return f"say what it returns: `refine` the tool's `returns`; the lock has what was seen of `{seen.tool}` under `behaviour`"


def _diagnostic(known: Known, code: str, message: str, help: str | None, notes: tuple[str, ...] = ()) -> Diagnostic:
    primary = Label(known.tool.origin, at_key=True) if known.tool.origin.file else None
    return Diagnostic(code=code, message=message, primary=primary, notes=notes, help=help, severity=Severity.WARNING)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _short(text: str, most: int = 160) -> str:
    return text if len(text) <= most else f"{text[: most - 2]} …"
