"""Entities: the meanings of all places of a set of tools together, so that what one returns and another takes is one type.

What a tool returns is typed where it can be another's argument: an id, a day, a person; a number that is returned says too little.
An id that some tool gives without being given it is minted: users never invent one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from magnetc.ir.json import canonical
from magnetc.tools.guesses.leaf import Leaf, leaves_of
from magnetc.tools.guesses.meanings import STD, Meaning, meaning_of
from magnetc.tools.guesses.words import singular, type_name, unit_of, words

LOW = 0.6
"""Guesses below this are for somebody to look at."""

_VAGUE = frozenset(
    """name title text description status message result value type data content note comment kind success ok state label unit
summary details info output response error reason date time day""".split()
)
_FREE: Mapping[str, tuple[str, ...]] = {
    "title": ("Quarterly review", "Team lunch", "Site visit", "Budget draft"),
    "name": ("Aurora", "Blue Harbor", "Cedar", "Northwind"),
    "text": ("The draft is ready for review.", "Please bring the signed forms.", "We moved the meeting room."),
    "query": ("solar panels", "hiking boots", "jazz piano", "tax return"),
    "keyword": ("solar", "boots", "jazz", "tax"),
    "tag": ("urgent", "home", "travel", "reading"),
    "topic": ("energy", "history", "cooking", "music"),
}
_ALIKE = {
    "subject": "title",
    "heading": "title",
    "content": "text",
    "body": "text",
    "message": "text",
    "note": "text",
    "comment": "text",
    "description": "text",
    "reason": "text",
    "details": "text",
    "summary": "text",
    "search": "query",
    "term": "query",
    "q": "query",
    "phrase": "query",
    "sentence": "text",
    "label": "tag",
    "category": "topic",
    "label_name": "name",
    "task": "title",
    "item": "name",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class GuessedType:
    """A type to define: the keys of its document. `confidence` is that of its surest place."""

    name: str
    definition: Mapping[str, Any]
    confidence: float
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    leaf: Leaf
    type: str
    confidence: float
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Guesses:
    """`untyped` are required arguments that nothing gives a value: their tools cannot be called before somebody says more."""

    types: tuple[GuessedType, ...]
    places: tuple[Placed, ...]
    untyped: tuple[Leaf, ...]


def guess_entities(tools: Iterable[Mapping[str, Any]]) -> Guesses:
    """What the places of raw tools are."""
    leaves = [leaf for tool in tools for leaf in leaves_of(tool)]
    found = {leaf.place: meaning for leaf in leaves if (meaning := meaning_of(leaf))}
    _share_names(leaves, found)
    produced = _produced(leaves, found)
    placed: list[tuple[Leaf, Meaning]] = []
    untyped: list[Leaf] = []
    for leaf in leaves:
        meaning = found.get(leaf.place)
        if leaf.is_result:
            if meaning and _is_worth(leaf, meaning, produced):
                placed.append((leaf, meaning))
            continue
        if meaning is not None and meaning.is_id and meaning.type not in produced:
            meaning = _orphan(leaf, meaning)
        if meaning is None and leaf.kind != "boolean":
            meaning = _free(leaf)
        if meaning is not None:
            placed.append((leaf, meaning))
        elif leaf.required and leaf.kind != "boolean" and "default" not in leaf.schema:
            untyped.append(leaf)
    return _named(placed, produced, untyped)


def _share_names(leaves: Sequence[Leaf], found: dict[tuple[str, bool, str], Meaning]) -> None:
    """An argument that is called as a field of another tool's result is the same thing, where the name is not vague."""
    returned: dict[tuple[tuple[str, ...], str], list[Leaf]] = defaultdict(list)
    for leaf in leaves:
        if leaf.is_result and leaf.place not in found and leaf.kind == "string":
            returned[_key(leaf), leaf.kind].append(leaf)
    for leaf in leaves:
        givers = [each for each in returned.get((_key(leaf), leaf.kind), ()) if each.tool != leaf.tool]
        if leaf.is_result or leaf.place in found or not givers or set(_key(leaf)) <= _VAGUE:
            continue
        meaning = Meaning(
            type=type_name(*_key(leaf)),
            confidence=0.5,
            reason=f"`{givers[0].tool}` returns what is called the same",
            definition={"base": "string"},
            is_id=True,
        )
        found[leaf.place] = meaning
        found.update((each.place, meaning) for each in givers)


def _key(leaf: Leaf) -> tuple[str, ...]:
    parts = words(leaf.name)
    return (*parts[:-1], singular(parts[-1])) if parts else ()


def _produced(leaves: Sequence[Leaf], found: Mapping[tuple[str, bool, str], Meaning]) -> dict[str, str]:
    """The types of ids that a tool returns without being given one, and the first such tool."""
    taken: dict[str, set[str]] = defaultdict(set)
    for leaf in leaves:
        if not leaf.is_result and leaf.required and leaf.place in found:
            taken[leaf.tool].add(found[leaf.place].type)
    produced: dict[str, str] = {}
    for leaf in leaves:
        meaning = found.get(leaf.place)
        if leaf.is_result and meaning and meaning.type not in taken[leaf.tool]:
            produced.setdefault(meaning.type, leaf.tool)
    return produced


def _is_worth(leaf: Leaf, meaning: Meaning, produced: Mapping[str, str]) -> bool:
    """Whether a result is typed. One with a default may be the default, which need be nothing of the kind."""
    if "default" in leaf.schema and not meaning.is_id:
        return False
    return (leaf.kind == "string" and (meaning.is_id or meaning.confidence >= LOW)) or (meaning.is_id and meaning.type in produced)


def _orphan(leaf: Leaf, meaning: Meaning) -> Meaning | None:
    """An id that no tool gives: a user's, where the schema shows what one looks like."""
    shown = [
        value
        for value in (*(leaf.schema.get("examples") or ()), leaf.schema.get("default"))
        if isinstance(value, str | int) and value != ""
    ]
    if not shown:
        return None
    return replace(
        meaning,
        definition={**meaning.definition, "examples": list(dict.fromkeys(shown))},
        reason=f"{meaning.reason}; no tool returns it, so users say it",
        is_id=False,
    )


def _free(leaf: Leaf) -> Meaning | None:
    """Something for a user to say where nothing tells what the argument means; made up, so of little confidence."""
    if leaf.kind in ("integer", "number"):
        unit = unit_of(leaf.name)
        name = type_name(*words(leaf.name)) if unit else "WholeNumber" if leaf.kind == "integer" else "Number"
        low = leaf.schema.get("minimum", 1)
        return Meaning(
            type=name if low == 1 else f"{name}From{low}".replace(".", "_").replace("-", "Minus"),
            confidence=0.3,
            reason="nothing tells how large it may be",
            definition={"base": leaf.kind, "range": [low, low + 49], **({"unit": unit} if unit else {})},
        )
    parts = words(leaf.name)
    last = singular(parts[-1]) if parts else ""
    about = _ALIKE.get(last, last)
    if about not in _FREE:
        return None
    return Meaning(
        type=type_name(*parts[:-1], last),
        confidence=0.3,
        reason="its examples are made up",
        definition={"base": "string", "examples": list(_FREE[about])},
    )


def _named(placed: Sequence[tuple[Leaf, Meaning]], produced: Mapping[str, str], untyped: Sequence[Leaf]) -> Guesses:
    """The types that the meanings define, one by name; places whose type says something else get a name of their own."""
    types: dict[str, GuessedType] = {}
    places: list[Placed] = []
    for leaf, meaning in placed:
        definition = dict(meaning.definition)
        if meaning.is_id and meaning.type in produced:
            definition = {"base": definition["base"], "minted": True}
        name = meaning.type
        if definition or name not in STD:
            name = _free_name(name, definition, types, leaf)
            reason = f"{meaning.reason}; `{produced[meaning.type]}` returns it" if "minted" in definition else meaning.reason
            known = types.get(name)
            if known is None or known.confidence < meaning.confidence:
                types[name] = GuessedType(name=name, definition=definition, confidence=meaning.confidence, reason=reason)
        places.append(Placed(leaf=leaf, type=name, confidence=meaning.confidence, reason=meaning.reason))
    return Guesses(types=tuple(types.values()), places=tuple(places), untyped=tuple(untyped))


def _free_name(name: str, definition: Mapping[str, Any], types: Mapping[str, GuessedType], leaf: Leaf) -> str:
    """`name`; one that says of what, or has a number, where it stands for something else already."""
    about = type_name(*(singular(part) for part in words(leaf.tool)[-1:]), name)
    names = (name if name not in STD else f"Own{name}", about, *(f"{name}{number}" for number in range(2, 10_000)))
    return next(
        each for each in names if each not in STD and (each not in types or canonical(types[each].definition) == canonical(definition))
    )
