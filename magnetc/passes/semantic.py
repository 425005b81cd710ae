"""Semantic candidates: for each tool, those of its category that read most like it (Magnet §3.1: 30 a node).

A candidate is a guess. Its confidence is how alike the two read, and a value flows along it only where a field of the result
and a parameter have the same name and JSON type, and no entity types that say otherwise.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from magnetc.ir.signature import FunctionSignature
from magnetc.ir.spec import CANDIDATES, Inference, Spec
from magnetc.ir.types import ListOf, Ref, TypeTable
from magnetc.passes.candidates import Candidates, Places
from magnetc.passes.producers import certain_places

SURE = 0.99
"""The confidence of tools that read the same: a guess all the same."""

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+|[^\W\d_]+")


def semantic(spec: Spec, places: Places) -> Candidates:
    """The candidates that the recipe asks for; those of a model were ranked when the recipe was locked."""
    inference = spec.graph.inference("semantic")
    if inference is None:
        return places.candidates((), ())
    ranked = list(_most(spec.graph.ranked, inference.top or CANDIDATES) if inference.by else by_words(spec, inference))
    return places.candidates(ranked, list(_agreeing(spec, ranked)))


def by_words(spec: Spec, inference: Inference) -> Iterator[tuple[str, str, float]]:
    """(tool, other, likeness) by BM25 over names and descriptions, a category at a time, the most alike first.

    Likeness is the score of the other's words for the tool's, divided by that of the tool's own; rounded, so that it is the
    same on every machine.
    """
    categories: dict[str, list[FunctionSignature]] = defaultdict(list)
    for tool in sorted(spec.tools, key=lambda each: each.name):
        categories[tool.category].append(tool)
    for tools in categories.values():
        if len(tools) > 1:
            yield from _alike(tools, inference.top or CANDIDATES)


def tool_text(tool: FunctionSignature) -> str:
    """What a tool is compared by: its name in words, and its description."""
    return f"{' '.join(_WORD.findall(tool.name))}. {tool.description}"


def _alike(tools: Sequence[FunctionSignature], top: int) -> Iterator[tuple[str, str, float]]:
    from bm25s import BM25

    words = [[word.lower() for word in _WORD.findall(tool_text(tool))] or ["-"] for tool in tools]
    index = BM25(backend="numpy")
    index.index(words, show_progress=False)
    for row, tool in enumerate(tools):
        scores = index.get_scores(sorted(set(words[row]) & index.vocab_dict.keys()))
        own = float(scores[row])
        if own <= 0:
            continue
        shares = np.round(scores.astype(np.float64) / own, 4).clip(0, SURE)
        shares[row] = 0
        least = np.partition(shares, -top)[-top] if len(shares) > top else 0
        near = np.flatnonzero((shares >= least) & (shares > 0))
        for other in sorted(near.tolist(), key=lambda place: (-shares[place], place))[:top]:
            yield tool.name, tools[other].name, float(shares[other])


def _most(ranked: Iterable[tuple[str, str, float]], top: int) -> Iterator[tuple[str, str, float]]:
    """The first `top` of each tool, the most alike first."""
    taken: dict[str, int] = defaultdict(int)
    for source, target, score in sorted(ranked, key=lambda each: (each[0], -each[2], each[1])):
        taken[source] += 1
        if taken[source] <= top:
            yield source, target, min(SURE, max(0.0, score))


def _agreeing(spec: Spec, ranked: Iterable[tuple[str, str, float]]) -> Iterator[tuple[str, str, str, str]]:
    """(source, target, pointer, parameter) of values that agree in name and JSON type."""
    table = spec.type_table
    fields: dict[str, dict[tuple[str, bool], list[tuple[str, str]]]] = {}
    taken: dict[str, dict[tuple[str, bool], str]] = {}
    for tool in spec.tools:
        fields[tool.name] = defaultdict(list)
        for pointer, name, is_list in certain_places(tool.returns):
            fields[tool.name][pointer.rpartition("/")[2], is_list].append((pointer, name))
        taken[tool.name] = {}
        for parameter in tool.parameters:
            match parameter.type:
                case Ref(name):
                    taken[tool.name][parameter.name, False] = name
                case ListOf(Ref(name)):
                    taken[tool.name][parameter.name, True] = name
    for source, target, _ in ranked:
        for key in sorted(fields[source].keys() & taken[target].keys()):
            yield from ((source, target, pointer, key[0]) for pointer, name in fields[source][key]
                        if _agree(name, taken[target][key], table))


def _agree(given: str, wanted: str, table: TypeTable) -> bool:
    """Whether two types may be of one value: their primitives are the same, and at most one has more to say."""
    one, other = table.get(given), table.get(wanted)
    if one and one.volatile:
        return False
    base = one.base if one else given
    if base != (other.base if other else wanted) or base == "object" or (other and other.minted):
        return table.unify(given, wanted)
    return not (one and other) or table.unify(given, wanted)
