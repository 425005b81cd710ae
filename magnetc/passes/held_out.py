"""Held-out tools: which of them no conversation to train on has, and whether a recipe can do without them.

    partitions: {train: 0.9, test: 0.1, held_out: {tools: 2}}

Drawn are tools without which each counted path still calls all others that it did: then a model that is trained without them lacks nothing else, and each
other tool is still trained on. A path that calls one makes its whole unit, copies and all, one of the held-out set; units that call none
are not offered any (`CompileContext.hidden`), so that the set does not show in what the rest is chosen among.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from magnetc.diagnostics import Diagnostic, Label, Severity
from magnetc.ir import draw
from magnetc.ir.spec import Recipe
from magnetc.passes.constraints import Constraints
from magnetc.passes.context import CompileContext
from magnetc.passes.reach import Walks


def held_out_tools(context: CompileContext) -> frozenset[str]:
    """The tools that are named, and those that are drawn: as many of them as can be had."""
    asked = context.spec.recipe.held_out
    if asked is None:
        return frozenset()
    held, counted = frozenset(asked.tools), _counted(context)
    left = {path: _callable(context, (path,), held) for path in counted} if asked.count else {}
    while len(held) < asked.count:
        drawn = _next(context, held, left)
        if drawn is None:
            break
        held |= {drawn}
        left = {path: able - {drawn} for path, able in left.items()}
    return held


def _next(context: CompileContext, held: frozenset[str], left: Mapping[str, frozenset[str]]) -> str | None:
    """The next tool that is drawn: without it each path still calls all else that it has `left`, and that is something."""
    able = sorted(frozenset().union(*left.values()))
    for tool in draw.shuffle(able, context.spec.recipe.seed, "held out tool"):
        if all(own - {tool} and _callable(context, (path,), held | {tool}) == own - {tool} for path, own in left.items() if own):
            return tool
    return None


def held_out_variants(recipe: Recipe) -> frozenset[int]:
    """The variants of the world that are held out."""
    asked = recipe.held_out.states if recipe.held_out else 0
    return frozenset(draw.shuffle(range(recipe.world.variants), recipe.seed, "held out state")[:asked])


def is_held_out(seed: int, share: float, first: str, then: str) -> bool:
    """Whether the composition of two tools is held out, a call of `then` right behind one of `first`: drawn by their names alone."""
    return first != then and draw.fraction(seed, "held out composition", first, then) < share


def check_held_out(context: CompileContext) -> Iterator[Diagnostic]:
    """MG313 for what cannot be held out, MG314 for what is not trained on beside it."""
    asked = context.spec.recipe.held_out
    if asked is None:
        return
    if asked.states >= context.spec.recipe.world.variants:
        yield Diagnostic(code="MG313", message=f"{asked.states} initial states cannot be held out", primary=Label(asked.origin.child("states")),
                         notes=(f"the world has {context.spec.recipe.world.variants}, and one has to be left to train on",),
                         help="hold out fewer, or give the world more `variants`")
    yield from _check_phrases(context)
    held, counted = context.held_out_tools, _counted(context)
    label = Label(asked.origin.child("tools"))
    if len(held) < asked.count:
        yield Diagnostic(code="MG313", message=f"{asked.count} tools cannot be held out", primary=label,
                         notes=(f"{len(held)} can: without any other, some tool or path could no longer be trained on",),
                         help=f"hold out {len(held)} at the most, or name those that may take others with them" if held else
                         "name the tools, which may take others with them")
    without = {path: _callable(context, (path,), held) for path in counted}
    lost = sorted(_callable(context, counted, frozenset()) - frozenset().union(*without.values()) - held)
    if held and not any(without.values()):
        yield Diagnostic(code="MG313", message="nothing is left to train on without the tools that are held out", primary=label,
                         notes=("every walk of every path calls one",), help="hold out others, or let some path do without them")
    elif names := [path for path, able in without.items() if not able]:
        yield Diagnostic(code="MG314", severity=Severity.WARNING, message=f"every walk of path `{names[0]}` calls a tool that is held out", primary=label,
                         notes=("all its conversations are in the held-out set",), help="hold out others, or let the path do without them")
    elif lost:
        yield Diagnostic(code="MG314", severity=Severity.WARNING, message=f"`{lost[0]}` cannot be called without the tools that are held out", primary=label,
                         notes=(f"so are {', '.join(f'`{name}`' for name in lost)}: conversations that call them are in the held-out set",) if len(lost) > 1 else
                         ("all conversations that call it are in the held-out set",), help="hold it out by name too, or hold out others")


def _check_phrases(context: CompileContext) -> Iterator[Diagnostic]:
    asked, wording = context.spec.recipe.held_out, context.wording
    if asked is None or wording is None:
        return
    label = Label(asked.origin.child("phrases"))
    if context.spec.recipe.model is not None:
        yield Diagnostic(code="MG313", message="phrases cannot be held out: a model writes the words", primary=label,
                         notes=("it says everything its own way, whatever the templates have",), help="leave `phrases` out, or let the offline teacher write the words")
    elif not wording.count:
        yield Diagnostic(code="MG313", message="no phrase can be held out", primary=label, notes=("nothing can be said in two ways that have the same slots, or the share is of less than one",),
                         help="add phrases to the turn templates, or a larger share")


def _counted(context: CompileContext) -> tuple[str, ...]:
    return tuple(name for name, _ in context.spec.recipe.paths)


def _callable(context: CompileContext, paths: tuple[str, ...], held: frozenset[str]) -> frozenset[str]:
    """The tools that these paths may call without the `held`: what they need, directly or not, can be had, and some walk is left."""
    found: frozenset[str] = frozenset()
    for path in paths:
        locales = [locale for locale, share in context.spec.recipe.locales if share > 0]
        for declared in dict.fromkeys(context.constraints(context.path[path], locale) for locale in locales):
            able = _served(declared, frozenset(declared.tools) - held)
            narrowed = replace(declared, tools=tuple(sorted(able)), within=declared.within - held)
            if Walks(narrowed, context.graph).call():
                found |= able
    return found


def _served(declared: Constraints, able: frozenset[str]) -> frozenset[str]:
    """Those of `able` whose needs others of them meet."""
    while True:
        lacking = {need.tool for need in declared.needs if able.isdisjoint(need.producers)}
        lacking |= {order.after for order in declared.require if order.before not in able}
        if able.isdisjoint(lacking):
            return able
        able -= lacking
