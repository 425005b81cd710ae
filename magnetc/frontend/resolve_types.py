"""Entity types: parents, inherited attributes, `said` forms, and whether values are of the type they are given for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from magnetc.diagnostics import Label, Sink
from magnetc.diagnostics.edits import renamed, swapped
from magnetc.diagnostics.suggest import closest
from magnetc.frontend.document import Document
from magnetc.frontend.names import Definitions, entries, items
from magnetc.frontend.wrong_value import advice, value_problem
from magnetc.ir.json import canonical
from magnetc.ir.types import PRIMITIVES, EntityType, Said, TypeTable
from magnetc.source import Origin

_ATTRIBUTES = {"matching": "pattern", "format": "format", "examples": "examples", "enum": "enum", "step": "step",
               "days": "days", "unit": "unit", "minted": "minted", "volatile": "volatile", "state": "state", "shown_as": "shown",
               "system": "system", "faker": "faker"}
"""Key of a document to field of `EntityType`; `range` becomes two."""

_BASES = {"matching": ("string",), "format": ("string",), "faker": ("string",), "range": ("integer", "number"),
          "step": ("integer", "number"), "unit": ("integer", "number")}
"""Keys that only some bases can have."""

_SOURCES = ("state", "system", "faker", "examples")
"""Keys that say where values come from. They are inherited as one: a type that sets one inherits none of the others."""

_INVENTED = ("enum", "faker", "range", "days", "state", "system")
"""Keys that say where a user's or the system message's values come from: a minted value has no such place."""

_GIVEN = ("minted", "examples", *_INVENTED)
"""Keys that say where an argument's values come from: a volatile value is no argument."""

SYSTEM_PARTS = ("date", "profile")

MAX_DEPTH = 50
"""Types that a type may refine in turn: resolving them recurses."""


@dataclass(frozen=True, slots=True)
class _Written:
    """A type as its document has it, before its parent is known."""

    data: Mapping[str, Any]
    origin: Origin


def resolve_types(documents: Iterable[Document], definitions: Definitions, sink: Sink) -> TypeTable:
    """The type table of a recipe, in order of definition. A type that cannot be resolved is left out, after an error."""
    documents = tuple(documents)
    written: dict[str, _Written] = {}
    for name, data, origin in entries(documents, "types", "types"):
        if definitions.types.origins.get(name) == origin:
            written[name] = _Written(data, origin)
    looped = _cycles(written, sink)
    resolved: dict[str, EntityType] = {}
    for name in written:
        if name not in looped:
            _resolve(name, written, resolved, looped, definitions, sink)
    types = {name: resolved[name] for name in written if name in resolved}
    _add_said(documents, types, written, definitions, sink)
    return TypeTable(types)


def _cycles(written: Mapping[str, _Written], sink: Sink) -> set[str]:
    """Names of types that cannot be resolved because they refine themselves, or refine what refines too many others in turn.

    One error for each cycle, and for each type that is the first to go too deep.
    """
    looped: set[str] = set()
    depths: dict[str, int] = {}
    for name in written:
        chain: dict[str, None] = {}
        step = name
        while step in written and step not in chain and step not in depths:
            chain[step] = None
            step = written[step].data["base"]
        if step in chain:
            names = list(chain)
            cycle = names[names.index(step):]
            looped.update(cycle)
            route = " -> ".join(f"`{each}`" for each in (*cycle, cycle[0]))
            sink.error("MG205", f"type `{cycle[0]}` refines itself: {route}", written[cycle[0]].origin.child("base"),
                       secondary=tuple(Label(written[each].origin.child("base")) for each in cycle[1:]),
                       help=f"give one of them a primitive base: {', '.join(f'`{p}`' for p in PRIMITIVES[:4])}")
        for each in reversed(chain):
            depths[each] = 0 if each in looped else depths.get(written[each].data["base"], 0) + 1
            if depths[each] > MAX_DEPTH:
                looped.add(each)
                if depths[each] == MAX_DEPTH + 1:
                    sink.error("MG116", f"type `{each}` refines {MAX_DEPTH} others in turn, and no type may refine more",
                               written[each].origin.child("base"), help="let it refine one that is nearer to its primitive base")
    return looped


def _resolve(name: str, written: Mapping[str, _Written], resolved: dict[str, EntityType], looped: set[str],
             definitions: Definitions, sink: Sink) -> EntityType | None:
    """Resolve a type after its parents. A type whose parent is unknown or looped is left out without a second error."""
    if name in resolved:
        return resolved[name]
    data, origin = written[name].data, written[name].origin
    base = data["base"]
    parent = None
    if base not in PRIMITIVES:
        if not definitions.check_type(base, origin.child("base"), sink) or base in looped or base not in written:
            return None
        parent = _resolve(base, written, resolved, looped, definitions, sink)
        if parent is None:
            return None
    entity = _inherit(name, data, base, parent, origin)
    if _attributes_are_sound(entity, data, origin, sink):
        resolved[name] = entity
        _check_values(entity, data, origin, sink)
    return resolved.get(name)


def _inherit(name: str, data: Mapping[str, Any], base: str, parent: EntityType | None, origin: Origin) -> EntityType:
    own: dict[str, Any] = {fieldname: _frozen(data[key]) for key, fieldname in _ATTRIBUTES.items() if key in data}
    if "range" in data:
        own["minimum"], own["maximum"] = data["range"]
    if parent is None:
        return EntityType(name=name, base=base, origin=origin, **own)
    if any(key in data for key in (*_SOURCES, "enum", "minted")):
        parent = replace(parent, state=None, shown=None, system=None, faker=None, examples=())
    entity = replace(parent, name=name, parent=parent.name, origin=origin, said=(), **own)
    suits = "range" not in data or entity.base in _BASES["range"]
    if "examples" in data or not entity.examples or not suits or not _is_pattern(entity.pattern):
        return entity
    table = TypeTable({name: entity})
    return replace(entity, examples=tuple(v for v in entity.examples if not value_problem(v, name, table)))


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _attributes_are_sound(entity: EntityType, data: Mapping[str, Any], origin: Origin, sink: Sink) -> bool:
    """Whether each attribute makes sense by itself and for the base: what checking values relies on."""
    sound = True
    for key, bases in _BASES.items():
        if key in data and entity.base not in bases:
            sink.error("MG208", f"`{key}` does not suit `{entity.name}`, {'an' if entity.base[0] in 'aeiou' else 'a'} {entity.base}", origin.child(key), at_key=True,
                       help=f"`{key}` is for {' and '.join(bases)} types")
            sound = False
    if "days" in data and entity.format not in ("date", "datetime"):
        sink.error("MG208", f"`days` does not suit `{entity.name}`, which is no date", origin.child("days"), at_key=True,
                   help="give it `format: date`, or the base `Date` of `std/types`")
        sound = False
    for key in ("range", "days"):
        if key in data and data[key][0] > data[key][1]:
            low, high = data[key]
            sink.error("MG209", f"`{key}` of `{entity.name}` is reversed: {low} is above {high}", origin.child(key),
                       help="write the lower bound first", fix=swapped(sink, origin.child(key)))
            sound = False
    problem = _pattern_problem(data["matching"]) if "matching" in data else None
    if problem:
        sink.error("MG206", f"`matching` of `{entity.name}` is not a regular expression: {problem}",
                   origin.child("matching"), help="write a regular expression of Python, such as `^[0-9]{5}$`")
        sound = False
    return _sources_are_sound(entity, data, origin, sink) and sound


def _is_pattern(pattern: str | None) -> bool:
    return pattern is None or _pattern_problem(pattern) is None


def _pattern_problem(pattern: str) -> str | None:
    try:
        re.compile(pattern)
    except re.error as error:
        return error.msg + (f" at character {error.pos + 1}" if error.pos is not None else "")
    return None


def _sources_are_sound(entity: EntityType, data: Mapping[str, Any], origin: Origin, sink: Sink) -> bool:
    sound = True
    if "system" in data and not any(data["system"] == f"/{part}" or data["system"].startswith(f"/{part}/")
                                    for part in SYSTEM_PARTS):
        sink.error("MG212", f"`{data['system']}` points at nothing that the system message can show",
                   origin.child("system"), help="begin with `/profile` or `/date`")
        sound = False
    if "faker" in data and not origin.file.startswith("std/") and not _is_provider(data["faker"]):
        near = closest(data["faker"], _providers())
        sink.error("MG219", f"faker has no provider `{data['faker']}`", origin.child("faker"),
                   help=f"did you mean `{near}`?" if near else
                   "take one of faker's standard providers, such as `first_name` or `company`",
                   fix=renamed(sink, origin.child("faker"), data["faker"], near, safe=False) if near else None)
        sound = False
    if "shown_as" in data and not _is_beside(entity):
        where = f"`{entity.state}`, up to its last `*`" if entity.state else "nothing: the type has no `from state`"
        sink.error("MG208", f"`shown_as` of `{entity.name}` does not stand beside {where}", origin.child("shown_as"),
                   help="point at another field of the entries that the values come from, such as `/airports/*/city` beside `/airports/*/code`")
        sound = False
    clash = next((key for key in _INVENTED if key in data), None)
    if entity.minted and clash:
        sink.error("MG224", f"`{entity.name}` is minted, so `{clash}` cannot say where its values come from",
                   origin.child(clash), at_key=True,
                   help=f"leave out `{clash}`, or `minted` if a user may give such a value")
        sound = False
    given = next((key for key in _GIVEN if data.get(key)), None)
    if entity.volatile and given:
        sink.error("MG229", f"`{entity.name}` is volatile, and `{given}` says where an argument's values come from", origin.child(given),
                   at_key=True, help=f"leave out `{given}`, or `volatile` if the same calls give the same value")
        sound = False
    return sound


def _is_beside(entity: EntityType) -> bool:
    if entity.state is None or entity.shown is None:
        return False
    entries, star, _ = entity.state.rpartition("/*")
    return bool(star) and entity.shown.startswith(f"{entries}{star}/") and "*" not in entity.shown.removeprefix(entries + star)


def _is_provider(name: str) -> bool:
    return name in _providers()


@lru_cache(maxsize=1)
def _providers() -> frozenset[str]:
    """The methods of faker's providers: a `Faker` has others too, and some that only raise."""
    return frozenset(name for provider in _faker().factories[0].providers for name in dir(provider)
                     if not name.startswith("_") and callable(getattr(provider, name)))


@lru_cache(maxsize=1)
def _faker() -> Any:
    from faker import Faker

    return Faker("en_US")


def _check_values(entity: EntityType, data: Mapping[str, Any], origin: Origin, sink: Sink) -> None:
    """`enum` and `examples` must be values of the type; `examples` must also be of its `enum`."""
    alone = TypeTable({entity.name: replace(entity, enum=())})
    whole = TypeTable({entity.name: entity})
    for key, table in (("enum", alone), ("examples", whole)):
        for index, value in enumerate(data.get(key) or ()):
            problem = value_problem(value, entity.name, table)
            if problem:
                place = origin.child(key, index)
                help, fix = advice(value, entity, place, sink)
                sink.error("MG207", f"`{canonical(value)}` in `{key}` {problem}", place, help=help, fix=fix)


def _add_said(documents: Iterable[Document], types: dict[str, EntityType], written: Mapping[str, _Written],
              definitions: Definitions, sink: Sink) -> None:
    """Merge `said` into the types it names, then let subtypes inherit what they do not say themselves."""
    own: dict[str, dict[tuple[str, str], Said]] = {}
    taken: dict[tuple[str, str, str], tuple[Any, Origin]] = {}
    for data, origin in items(documents, "types", "said"):
        name = data["type"]
        if not definitions.types.check(name, origin.child("type"), sink) or name not in types:
            continue
        value, locale, forms = data["value"], data["locale"], tuple(data["forms"])
        problem = value_problem(value, name, TypeTable(types))
        if problem:
            help, fix = advice(value, types[name], origin.child("value"), sink)
            sink.error("MG207", f"`{canonical(value)}` {problem}", origin.child("value"), help=help, fix=fix)
            continue
        _check_forms(name, value, locale, forms, origin, taken, sink)
        known = own.setdefault(name, {})
        key = (canonical(value), locale)
        earlier = known[key].forms if key in known else ()
        known[key] = Said(value=value, locale=locale, forms=tuple(dict.fromkeys((*earlier, *forms))))
    for name, entity in types.items():
        merged: dict[tuple[str, str], Said] = {}
        for ancestor in TypeTable(types).ancestry(name):
            merged = {**own.get(ancestor, {}), **merged}
        types[name] = replace(entity, said=tuple(said for said in merged.values()
                                                 if not value_problem(said.value, name, TypeTable(types))))


def _check_forms(name: str, value: Any, locale: str, forms: tuple[str, ...], origin: Origin,
                 taken: dict[tuple[str, str, str], tuple[Any, Origin]], sink: Sink) -> None:
    """A form must read back to one value: the same words for two values of a type cannot be proven to say either."""
    for index, form in enumerate(forms):
        place = origin.child("forms", index)
        other, first = taken.setdefault((name, locale, form.casefold()), (value, place))
        if other != value:
            both = f"`{canonical(other)}` and `{canonical(value)}`"
            sink.error("MG217", f"`{form}` says both {both} of `{name}` in `{locale}`",
                       place, secondary=(Label(first, f"says `{canonical(other)}` here"),),
                       help="choose words that read back to one value")


def has_values(entity: EntityType) -> bool:
    """Whether a user can be given values of this type: a finite set, a generator, or a window to draw from."""
    bounded = entity.minimum is not None and entity.maximum is not None
    return bool(entity.state or entity.enum or entity.examples or entity.faker or entity.base == "boolean"
                or entity.format in ("date", "time", "datetime")
                or (entity.base in ("integer", "number") and bounded))
