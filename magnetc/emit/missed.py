"""Missed: why something that a recipe makes possible is in no conversation, in words, as coverage.json has it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from magnetc.emit.coverage import THINGS, Coverage
from magnetc.ir.json import Json
from magnetc.ir.path import OutputSource
from magnetc.passes.chances import chances
from magnetc.passes.options import can_ever_say

LISTED = 10_000
"""Names of a thing that are listed at most."""


def coverage_document(coverage: Coverage, dropped: Mapping[str, int]) -> dict[str, Json]:
    """Per thing: how much is covered of what is possible, how often each name, and what is missed, by name, with why.

    `out_of_reach` are tools and edges of the recipe that no path can come to: they are not possible. `dropped` counts all
    reasons why something was drawn and not kept.
    """
    out = {"tools": _unreached_tools(coverage), "edges": _unreached_edges(coverage)}
    document: dict[str, Json] = {}
    for thing in THINGS:
        missed = coverage.missed(thing)
        document[thing] = {
            "covered": len(coverage.covered[thing]),
            "possible": len(coverage.possible[thing]),
            "share": coverage.share(thing),
            "missed": [{"name": name, "why": why(coverage, thing, name, dropped)} for name in missed[:LISTED]],
            **({"out_of_reach": [{"name": name, "why": reason} for name, reason in out[thing][:LISTED]]} if thing in out else {}),
            "times": {name: coverage.covered[thing][name] for name in coverage.possible[thing] if coverage.covered[thing][name]},
        }
    return document


def why(coverage: Coverage, thing: str, name: str, dropped: Mapping[str, int]) -> str:
    """Why a name that is possible is not covered."""
    match thing:
        case "tools":
            return _lost(coverage, thing, name) or _never_called(name, dropped)
        case "edges":
            return _lost(coverage, thing, name) or _never_taken(coverage, name)
        case "distances":
            return _too_far(coverage, name)
        case "enum_values":
            return _never_given(coverage, name)
        case _:
            return _never_applied(coverage, name, dropped)


def _lost(coverage: Coverage, thing: str, name: str) -> str:
    """Where paths with it were drawn: how many, and what most of them were dropped for."""
    reasons = coverage.lost[thing].get(name)
    if not reasons:
        return ""
    reason, most = _most(reasons)
    total = sum(reasons.values())
    share = "" if total == 1 else "each time for: " if most == total else f"{_times(most)} for: "
    return f"drawn {_times(total)} and never kept; {share}{reason}"


def _never_called(tool: str, dropped: Mapping[str, int]) -> str:
    about = {reason: count for reason, count in dropped.items() if f"`{tool}`" in reason or f"`{tool}." in reason}
    if not about:
        return "no drawn path calls it"
    reason, count = _most(about)
    return f"no drawn path calls it; {_times(count)}: {reason}"


def _never_taken(coverage: Coverage, name: str) -> str:
    ends = name.split(" -> ")
    absent = [tool for tool in ends if not coverage.covered["tools"][tool]]
    if absent:
        return f"never drawn: no conversation calls `{absent[0]}`"
    apart = coverage.apart[name]
    if apart:
        return f"never drawn: both are called in this order {_times(apart)}, and no value flows"
    return "never drawn: no conversation calls both in this order"


def _too_far(coverage: Coverage, name: str) -> str:
    kind, _, distance = name.rpartition(" at ")
    long_enough = sum(count for turns, count in coverage.turns.items() if turns > int(distance))
    if not any(each.value == kind for each in coverage.distances):
        return f"no conversation takes a {kind} edge"
    if not long_enough:
        return f"no conversation has {int(distance) + 1} user turns"
    return f"{kind} edges are taken, but none that far apart; conversations of {int(distance) + 1} user turns or more: {long_enough}"


def _never_given(coverage: Coverage, name: str) -> str:
    place = name.partition(" = ")[0]
    tool = place.partition(".")[0]
    called, given = coverage.covered["tools"][tool], coverage.given[place]
    if not called:
        return f"no conversation calls `{tool}`"
    return f"calls of `{tool}`: {called}, with `{place.partition('.')[2]}`: {given}, with this value: none"


def _never_applied(coverage: Coverage, name: str, dropped: Mapping[str, int]) -> str:
    refused = Counter({reason.partition(": ")[2]: count for reason, count in dropped.items()
                       if reason.partition(":")[0] in (f"{name} refused", f"{name} left out")})
    if not refused:
        return f"never drawn, at a chance of {chances(coverage.context.spec)[name]:g}"
    reason, count = _most(refused)
    total = sum(refused.values())
    return f"refused {_times(total)}; " + (reason if count == total else f"{_times(count)} for: {reason}")


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _most(reasons: Mapping[str, int]) -> tuple[str, int]:
    """The most frequent reason; the first by name of equals."""
    return min(reasons.items(), key=lambda item: (-item[1], item[0]))


def _unreached_tools(coverage: Coverage) -> list[tuple[str, str]]:
    context = coverage.context
    found = []
    for tool in sorted(context.spec.tool.keys() - coverage.reach.tools.keys()):
        said = any(context.sayable(tool, locale) for locale in context.locales)
        found.append((tool, "no path reaches it" if said else "no phrase can ask for it, and no path reaches it as a helper"))
    return found


def _unreached_edges(coverage: Coverage) -> list[tuple[str, str]]:
    """Edges that no path can take, with why: an end, its words, or the paths themselves."""
    context, found = coverage.context, []
    for edge in context.graph.edges:
        pair = (edge.source, edge.target)
        if pair in coverage.reach.edges or len(found) >= LISTED:
            continue
        absent = [tool for tool in pair if tool not in coverage.reach.tools]
        said = not edge.values or any(
            can_ever_say(context, edge.target, locale, (flow.parameter, OutputSource(edge.source, flow.pointer)))
            for flow in edge.values for locale in context.locales)
        reason = f"no path reaches `{absent[0]}`" if absent else "" if said else "no phrase lets its value be taken"
        found.append((f"{edge.source} -> {edge.target}", reason or "no path has both in this order"))
    return found
