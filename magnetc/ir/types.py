"""Types: what a value is (JSON type), what it means (entity type), and how values of tools are built from them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from magnetc.ir.json import Json
from magnetc.source import Origin

PRIMITIVES = ("string", "number", "integer", "boolean", "object")
"""Names a type expression may use without declaring them. `object` is opaque JSON."""

_NOWHERE = Origin("", "")


@dataclass(frozen=True, slots=True)
class Ref:
    """A primitive or an entity type, by name. Like every type expression, `nullable` where null may stand in its place."""

    name: str
    nullable: bool = field(default=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class ListOf:
    items: TypeExpr
    nullable: bool = field(default=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class MapOf:
    """An object with keys not known in advance, all values of one type."""

    values: TypeExpr
    nullable: bool = field(default=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Field:
    name: str
    type: TypeExpr
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Record:
    fields: tuple[Field, ...]
    nullable: bool = field(default=False, kw_only=True)


TypeExpr = Ref | ListOf | MapOf | Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One value's forms in one locale: how people say `value`, and what is read back as `value`."""

    value: Json
    locale: str
    forms: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityType:
    """A named type. `base` is a primitive; `parent` the entity type it refines, if any.

    A *minted* value is produced by tools only. `state` is a pointer pattern into the world's state: values are bound
    from the snapshot at the start of the turn. `shown` is the pattern of what a user says for them, beside `state`. `system` is a pointer into what the system message shows. `days` is the
    window of a date, counted from the world's now. `faker` names a provider of that library. An *inline* type is written where it
    is used, and has a name that no recipe can write: values of it say nothing about meaning, so it unifies with no other. A *volatile*
    value is another each time the same calls are made: nothing takes it.
    """

    name: str
    base: str
    parent: str | None = None
    pattern: str | None = None
    format: str | None = None
    examples: tuple[Json, ...] = ()
    enum: tuple[Json, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    step: float | None = None
    days: tuple[int, int] | None = None
    unit: str | None = None
    minted: bool = False
    volatile: bool = False
    state: str | None = None
    shown: str | None = None
    system: str | None = None
    faker: str | None = None
    inline: bool = False
    said: tuple[Said, ...] = ()
    origin: Origin = field(default=_NOWHERE, compare=False, repr=False)


    @property
    def beside(self) -> tuple[str, str, str] | None:
        """Where values stand beside what users say for them: the pattern of the entries, and two pointers into one."""
        if self.state is None or self.shown is None:
            return None
        entries, star, value = self.state.rpartition("/*")
        return entries + star, value, self.shown.removeprefix(entries + star)


@dataclass(frozen=True, slots=True, eq=False)
class TypeTable:
    """The entity types of a recipe by name, parents resolved: a subtype has its parent's attributes where it has none."""

    types: Mapping[str, EntityType]

    def get(self, name: str) -> EntityType | None:
        return self.types.get(name)

    def ancestry(self, name: str) -> Iterator[str]:
        """`name` and the entity types it refines, nearest first."""
        seen: set[str] = set()
        while name in self.types and name not in seen:
            seen.add(name)
            yield name
            name = self.types[name].parent or ""

    def stands_for(self, name: str) -> Iterator[str]:
        """`name` and the entity types it refines that have no unit or the same: miles are lengths, but no kilometres. Of a volatile
        type, none: its values are never taken."""
        if name in self.types and self.types[name].volatile:
            return iter(())
        unit = self.types[name].unit if name in self.types else None
        if name in self.types and self.types[name].inline:
            return iter(())
        return (each for each in self.ancestry(name) if self.types[each].unit in (None, unit))

    def unify(self, source: str, target: str) -> bool:
        """Whether a value of `source` may stand where `target` is asked for: the same entity type, or a subtype of it
        in the same unit.

        Primitives never unify: `string` into `string` says nothing about meaning.
        """
        return target in self.types and target in self.stands_for(source)

    def likeness(self, expr: TypeExpr | None) -> str:
        """A text that is the same for two types whose values cannot be told apart: of inline types, what they allow."""
        if isinstance(expr, ListOf):
            return f"[{self.likeness(expr.items)}]"
        if not isinstance(expr, Ref):
            return repr(expr)
        entity = self.types.get(expr.name)
        return repr(replace(entity, name="")) if entity and entity.inline else expr.name


def leaves(expr: TypeExpr, at: str = "") -> Iterator[tuple[str, Ref]]:
    """Each scalar place of `expr`: (pointer pattern, type). List items and map values are `*`."""
    match expr:
        case Ref():
            yield at, expr
        case ListOf(items):
            yield from leaves(items, at + "/*")
        case MapOf(values):
            yield from leaves(values, at + "/*")
        case Record(fields):
            for item in fields:
                yield from leaves(item.type, f"{at}/{item.name}")


def at_pointer(expr: TypeExpr | None, tokens: tuple[str, ...]) -> TypeExpr | None:
    """The type expression at a pointer's tokens, or None where `expr` has no such place."""
    for token in tokens:
        match expr:
            case ListOf(items):
                expr = items
            case MapOf(values):
                expr = values
            case Record(fields):
                expr = next((item.type for item in fields if item.name == token), None)
            case _:
                return None
    return expr
