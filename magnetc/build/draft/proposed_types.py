"""What a teacher proposes of types: read from its answer, checked by the front end, and put into documents."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from magnetc.build.draft.bare import BareLeaf, refinements
from magnetc.build.draft.bench import Bench
from magnetc.build.draft.written import statement
from magnetc.diagnostics import Sink
from magnetc.frontend.document import Document
from magnetc.frontend.format.rows import Inexpressible
from magnetc.frontend.schema import validate
from magnetc.ir.json import Json, canonical
from magnetc.ir.pointer import expand
from magnetc.ir.types import PRIMITIVES, TypeTable
from magnetc.surface.units import is_unit

FILE = "types/draft.magnet"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposedType:
    """A type and the leaves that have it. `definition` is empty for a type that is there already."""

    name: str
    definition: Mapping[str, Json]
    leaves: tuple[BareLeaf, ...]
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposals:
    """A whole answer: types, and leaves that are to stay as they are, with why."""

    types: tuple[ProposedType, ...]
    plain: tuple[tuple[BareLeaf, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What is sound of an answer, and what is wrong with the rest, in words for the model."""

    sound: Proposals
    problems: tuple[str, ...]


def documents_of(proposals: Iterable[ProposedType], bench: Bench) -> list[Document]:
    """The documents that say what is proposed: types, and tools refined by them."""
    proposals = tuple(proposals)
    tools, _ = bench.declared()
    types = {each.name: dict(each.definition) for each in proposals if each.definition}
    refine = refinements(((leaf, each.name) for each in proposals for leaf in each.leaves), tools)
    made = (("types", "types", types), ("tools", "refine", refine))
    return [Document(kind=kind, file=FILE, data={"kind": kind, key: data}, spans={}, root=f"/{kind}:") for kind, key, data in made if data]


def judge(said: Mapping[str, Any], asked: Sequence[BareLeaf], accepted: Sequence[ProposedType], bench: Bench, state: Json) -> Judgement:
    """What of an answer about the leaves that were asked about can stand in the recipe, beside what was accepted before."""
    by_text = {leaf.text: leaf for leaf in asked}
    _, table = bench.declared(documents_of(accepted, bench))
    problems: list[str] = []
    proposed: list[ProposedType] = []
    taken: dict[str, str] = {}
    plain = []
    for text, reason in said["plain"].items():
        if text in by_text:
            taken[text] = "plain"
            plain.append((by_text[text], str(reason)))
        else:
            problems.append(f"`{text}` is none of the places that were asked about")
    for each in said["types"]:
        found = list(_wrong(each, by_text, taken, table, state))
        taken.update((text, each["name"]) for text in each["leaves"])
        problems += found
        if not found:
            proposed.append(ProposedType(name=each["name"], definition=each.get("definition") or {}, reason=each["reason"],
                                         leaves=tuple(by_text[text] for text in dict.fromkeys(each["leaves"]))))
    problems += [f"`{text}` is neither in `types` nor in `plain`" for text in by_text if text not in taken]
    proposed, twice = _once(proposed)
    sound, refused = bench.sound(proposed, lambda chosen: documents_of(chosen, bench), accepted)
    problems += [*twice, *(f"`{each.name}`: {why}" for each, why in refused)]
    return Judgement(sound=Proposals(types=tuple(sound), plain=tuple(plain)), problems=tuple(problems))


def _once(proposed: Iterable[ProposedType]) -> tuple[list[ProposedType], list[str]]:
    """Proposals of one type joined, where they say the same of it; and what is said of those that do not."""
    joined: dict[str, ProposedType] = {}
    problems = []
    for each in proposed:
        known = joined.get(each.name)
        if known and each.definition and canonical(dict(each.definition)) != canonical(dict(known.definition)):
            problems.append(f"`{each.name}` is defined twice, and not alike")
        elif known:
            joined[each.name] = ProposedType(name=each.name, definition=known.definition, leaves=tuple(dict.fromkeys(known.leaves + each.leaves)),
                                             reason=known.reason)
        else:
            joined[each.name] = each
    return list(joined.values()), problems


def _wrong(said: Mapping[str, Any], by_text: Mapping[str, BareLeaf], taken: Mapping[str, str], table: TypeTable, state: Json) -> Iterator[str]:
    """What is wrong with one type of an answer before the front end looks at it."""
    name, definition = said["name"], said.get("definition") or {}
    for text in said["leaves"]:
        if text not in by_text:
            yield f"`{text}` is none of the places that were asked about"
        elif taken.get(text, name) != name:
            yield f"`{text}` is given `{taken[text]}` and `{name}`: it has one type, or is plain"
    known = table.get(name)
    if name in PRIMITIVES:
        yield f"`{name}` is a primitive type: call a type by what its values mean"
    elif known and definition:
        yield f"there is a type `{name}` already: leave `definition` out to use it, or call yours otherwise"
    elif not known and not definition:
        yield f"there is no type `{name}`: define it"
    base = known.base if known else _base(definition, table)
    for leaf in (by_text[text] for text in said["leaves"] if text in by_text):
        if base and base != leaf.kind and (base, leaf.kind) != ("integer", "number"):
            yield f"`{leaf.text}` is of the primitive type {leaf.kind}, and `{name}` of {base}"
    yield from _wrong_definition(name, definition, table, state)


def _wrong_definition(name: str, definition: Mapping[str, Any], table: TypeTable, state: Json) -> Iterator[str]:
    unit = definition.get("unit")
    if isinstance(unit, str) and not is_unit(unit) and all(each.unit != unit for each in table.types.values()):
        yield f"`{name}`: `{unit}` is no unit of measure or currency; write a symbol such as `km`, `°C` or `USD`, or leave `unit` out"
    for key in ("state", "shown_as"):
        pattern = definition.get(key)
        if isinstance(pattern, str) and state is None:
            yield f"`{name}`: nothing is known of the world's state, so leave `{key}` out"
        elif isinstance(pattern, str) and not any(isinstance(value, str | int | float) for _, value in expand(state, pattern)):
            yield f"`{name}`: the world's state has no values at `{pattern}`"
    document, sink = Document(kind="types", file=FILE, data={"kind": "types", "types": {name: dict(definition)}}, spans={}), Sink()
    if definition and not validate(document, sink):
        yield from (f"`{name}`: {'. '.join(filter(None, (each.message, each.help)))}" for each in sink.diagnostics)
    elif definition:
        try:
            statement(document)
        except Inexpressible as error:
            yield f"`{name}`: {error.why}"


def _base(definition: Mapping[str, Any], table: TypeTable) -> str:
    """The primitive at the bottom of a definition; empty where it is another proposal's, or none."""
    base = definition.get("base", "")
    known = table.get(base) if isinstance(base, str) else None
    return known.base if known else base if base in PRIMITIVES else ""
