"""Conflict: why no walk can satisfy a path, as an irreducible set of constraints (MG320).

A deletion filter: leave out a constraint; if there is still no walk, it played no part and stays out. What remains
conflicts, and no part of it does without the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from magnetc.diagnostics import Diagnostic, Label
from magnetc.passes.automaton import Automaton, PatternAutomaton
from magnetc.passes.chains import Chains
from magnetc.passes.constraints import Constraints, Need
from magnetc.passes.product import Product
from magnetc.passes.too_many_states import TooManyStates
from magnetc.source import Origin

if TYPE_CHECKING:
    from magnetc.passes.context import CompileContext

Relax = Callable[[Constraints], Constraints]


class Clause(NamedTuple):
    """One constraint that can be left out: how it reads, where it stands, and the constraints without it.

    `at_key`: it stands at the name there, not at the value. `about`: the tool whose calls it restricts, empty for all.
    """

    text: str
    origin: Origin
    relax: Relax
    at_key: bool = False
    about: str = ""


def check_paths(context: CompileContext) -> list[Diagnostic]:
    """A diagnostic for each path and locale that no walk can satisfy. Locales that fail for the same reasons share one."""
    found: dict[tuple, Diagnostic] = {}
    for path in context.spec.paths:
        for locale, weight in context.spec.recipe.locales:
            if weight <= 0:
                continue
            try:
                diagnostic = None if context.lengths(path.name, locale) else _diagnose(context, path.name, locale)
            except TooManyStates as error:
                diagnostic = replace(error.diagnostics[0], primary=Label(path.origin.child("pattern") if path.pattern else path.origin))
            if diagnostic:
                found.setdefault((path.name, diagnostic.notes), diagnostic)
    return list(found.values())


def _diagnose(context: CompileContext, name: str, locale: str) -> Diagnostic:
    path = context.path[name]
    core = conflict(context, name, locale)
    many = len(context.spec.recipe.locales) > 1
    suffix = f" in locale `{locale}`" if many else ""
    if not core:
        return Diagnostic(code="MG320", message=f"no walk can satisfy path `{name}`{suffix}",
                          primary=Label(path.origin, at_key=True),
                          help="declare a tool that this path may use")
    first, *rest = core
    primary = Label(first.origin, first.text, first.at_key) if first.origin.file else Label(path.origin, first.text, True)
    mute = not rest and first.text.startswith("nothing says ")
    together = "these cannot hold together" if rest else "this cannot hold on the graph"
    return Diagnostic(
        code="MG320",
        message=f"no walk can satisfy path `{name}`{suffix}",
        primary=primary,
        secondary=tuple(Label(clause.origin, clause.text, clause.at_key) for clause in rest if clause.origin.file),
        notes=(f"{together}: {'; '.join(clause.text for clause in core)}",),
        help=f"add phrases for `{locale}`, or leave the locale out" if mute else
        f"relax {'one of them' if rest else 'it'}, or add a tool or a link that lets {'them meet' if rest else 'it hold'}",
    )


def conflict(context: CompileContext, name: str, locale: str, must: tuple[str, ...] = ()) -> list[Clause]:
    """An irreducible set of clauses of a path that has no walk, or none that calls the tools in `must`.

    Empty when even a path without constraints has none.
    """
    full = replace(context.constraints(context.path[name], locale), must=must)
    clauses = list(_clauses(context, name, locale, full))
    far = _far(full, clauses) if must else []
    dropped = far if far and not _has_walk(context, full, far) else []
    kept = [clause for clause in clauses if clause not in dropped]
    return _necessary(kept, dropped, lambda dropped: _has_walk(context, full, dropped))


def _far(full: Constraints, clauses: Sequence[Clause]) -> list[Clause]:
    """Clauses about other tools than those in `must` and what these need first. They seldom keep a walk from them."""
    near: set[str] = set()
    found = set(full.must)
    while found - near:
        near |= found
        found = {order.before for order in full.require if order.after in near}
        found |= {producer for need in full.needs if need.tool in near for producer in need.producers}
    return [clause for clause in clauses if clause.about and clause.about not in near]


def _necessary(clauses: Sequence[Clause], dropped: list[Clause], has_walk: Callable[[list[Clause]], bool]) -> list[Clause]:
    """Those of `clauses` that stay; the others are added to `dropped`. Whole groups are tried first, then their halves."""
    if not has_walk([*dropped, *clauses]):
        dropped.extend(clauses)
        return []
    if len(clauses) <= 1:
        return list(clauses)
    half = len(clauses) // 2
    return [*_necessary(clauses[:half], dropped, has_walk), *_necessary(clauses[half:], dropped, has_walk)]


def has_walk(context: CompileContext, name: str, locale: str, must: tuple[str, ...] = ()) -> bool:
    """Whether a path has a walk that calls the tools in `must`."""
    full = replace(context.constraints(context.path[name], locale), must=must)
    far = _far(full, list(_clauses(context, name, locale, full)))
    return _has_walk(context, full, far) and _has_walk(context, full, ())


def _has_walk(context: CompileContext, full: Constraints, dropped: Sequence[Clause]) -> bool:
    relaxed = full
    for clause in dropped:
        relaxed = clause.relax(relaxed)
    kind = Chains if relaxed.chained else Product
    return kind(Automaton(relaxed), context.graph).has_walk()


def _clauses(context: CompileContext, name: str, locale: str, full: Constraints) -> Iterator[Clause]:
    path = context.path[name]
    at = path.origin.child
    low, high = path.turns
    longest = max(high, PatternAutomaton(path.pattern).letters) + 1
    yield Clause(f"turns {low}..{high}", at("turns"), lambda c: replace(c, turns=(1, longest)))
    if path.start:
        yield Clause(f"start in {_names(path.start)}", at("start"), lambda c: replace(c, start=()))
    if path.within:
        others = tuple(tool for tool in sorted(context.spec.tool) if context.sayable(tool, locale))
        yield Clause(f"within {_names(path.within)}", at("within"),
                     lambda c: replace(c, tools=tuple(sorted({*c.tools, *others}))))
    mute = tuple(tool for tool in sorted(context.spec.tool) if not context.sayable(tool, locale))
    if mute:
        yield Clause(f"nothing says {_names(mute)} in `{locale}`", context.spec.tool[mute[0]].origin,
                     lambda c: replace(c, tools=tuple(sorted({*c.tools, *mute}))), at_key=True)
    for order in full.require:
        before, after = f"`{order.before}`", f"`{order.after}`"
        text = f"link {before} ~> {after}" if order.link else f"require {before} before {after}"
        yield Clause(text, order.origin, lambda c, o=order: replace(c, require=tuple(x for x in c.require if x != o)),
                     about=order.after)
    for order in full.forbid:
        yield Clause(f"forbid `{order.before}` before `{order.after}`", order.origin,
                     lambda c, o=order: replace(c, forbid=tuple(x for x in c.forbid if x != o)),
                     about=order.after)
    for limit in full.at_most:
        yield Clause(f"at most {limit.count} of `{limit.tool}`", limit.origin,
                     lambda c, o=limit: replace(c, at_most=tuple(x for x in c.at_most if x != o)),
                     about=limit.tool)
    for need in full.needs:
        yield Clause(f"`{need.tool}.{need.parameter}` takes `{need.type}`, {_given_by(context, need)}", need.origin,
                     lambda c, o=need: replace(c, needs=tuple(x for x in c.needs if x != o)), at_key=True, about=need.tool)
    if path.pattern is not None:
        text = f"pattern `{path.pattern_text}`" if path.pattern_text else "pattern"
        yield Clause(text, at("pattern"), lambda c: replace(c, pattern=None))
    if full.chained:
        yield Clause(f"sample {path.sample}", at("sample"), lambda c: replace(c, chained=False))


def _given_by(context: CompileContext, need: Need) -> str:
    if need.producers:
        return f"which only {_names(need.producers)} can give"
    parameter = next(p for p in context.parameters[need.tool] if p.name == need.parameter)
    if parameter.outputs:
        return f"of which {_names(tuple(sorted(parameter.outputs)))} gives many and no `refer` phrase can pick one"
    return "which no tool can give"


def _names(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)
