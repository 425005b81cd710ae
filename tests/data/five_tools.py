"""Five tools and seven edges between them, and their walks by hand: what tests of samplers share."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import product as sequences

from spec_small import record, small_spec, tool

from magnetc.diagnostics import Sink
from magnetc.frontend.pattern import parse_pattern
from magnetc.ir.spec import GraphSpec, Link, PathSpec
from magnetc.passes.build_graph import BuildGraph
from magnetc.passes.constraints import violation
from magnetc.passes.context import CompileContext
from magnetc.source import Origin

NAMES = ("a", "b", "c", "d", "e")
TOOLS = (tool("a", record(session="Session")), tool("b"), tool("c", session="Session"), tool("d"), tool("e"))
LINKS = tuple(Link(source=pair[0], target=pair[1]) for pair in ("ab", "ac", "bd", "bc", "cb", "da", "db"))
CHI_SQUARE_999 = {11: 31.264, 16: 39.252}
"""The value that chi-square exceeds once in a thousand, by degrees of freedom (NIST/SEMATECH e-Handbook, 1.3.6.7.4)."""


def context_of(names=NAMES, links=LINKS, sample="uniform", **path):
    tools = tuple(each for each in TOOLS if each.name in names)
    text = path.get("pattern_text", "")
    if text:
        path["pattern"] = parse_pattern(text, Sink(), Origin("", ""), {name: (name,) for name in names})
    spec = replace(small_spec(paths=(("p", 10),), locales=(("en", 1.0),)), tools=tools, turns=(), operations=(), graph=GraphSpec(),
                   paths=(PathSpec(name="p", origin=Origin("r.yaml", "/paths/p"), sample=sample, **path),))
    linked = GraphSpec(links=tuple(link for link in links if {link.source, link.target} <= set(names)), infer=())
    return CompileContext(spec, BuildGraph().run(replace(spec, graph=linked)))   # edges, but no prerequisites


def walks_by_hand(context, length):
    """All walks of `length` calls, from the rule as the language states it."""
    constraints = context.product("p", "en").automaton.constraints
    path = context.path["p"]
    expression = path.pattern_text.replace(" ", "").replace("_", ".") or ".*"
    words = {"".join(word) for size in range(length + 3) for word in sequences(constraints.tools, repeat=size)
             if re.fullmatch(expression, "".join(word))}
    begun = {word[:size] for word in words for size in range(len(word) + 1)}
    successors = {name: [edge.target for edge in context.graph.successors[name]] for name in NAMES if name in constraints.tools}
    openings = [name for name in constraints.tools if not path.start or name in path.start]

    def may_follow(walk, name):
        return violation(constraints, [*walk, name]) is None and walk + name in begun

    walks = [""]
    for _ in range(length):
        longer = []
        for walk in walks:
            following = [name for name in (successors[walk[-1]] if walk else []) if may_follow(walk, name)]
            longer += [walk + name for name in following or [name for name in openings if may_follow(walk, name)]]
        walks = longer
    return sorted(walk for walk in walks if walk in words)


PATHS = (
    {"turns": (1, 4)},
    {"turns": (1, 4), "start": ("d", "a")},
    {"turns": (2, 4), "forbid": (("d", "b"),), "at_most": ((1, "a"),)},
    {"turns": (3, 3), "require": (("d", "c"),), "at_most": ((1, "d"), (1, "b"))},
    {"turns": (1, 4), "within": ("a", "b"), "forbid": (("a", "b"),)},
    {"turns": (2, 4), "pattern_text": "a+ (b | c) _* b"},
    {"turns": (2, 4), "start": ("e", "a"), "at_most": ((1, "e"),)},
)
