"""Speech: what the phrases of a recipe can say in a locale. Every answer is memoised; units ask the same things."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple

from magnetc.ir.pointer import tokens
from magnetc.ir.spec import Spec
from magnetc.ir.template import Phrase, ReferTemplate, Text
from magnetc.ir.template import slots as slots_of
from magnetc.ir.types import EntityType, ListOf, Record, Ref, TypeExpr, at_pointer
from magnetc.passes.fit import fit

LeafName = tuple[int, str]
"""An argument leaf of a goal: position of its call in the chain, and parameter. Aliases differ between templates."""

Chain = tuple[str, ...]


class Shape(NamedTuple):
    """One phrase: the aliases of its chain, the leaves it names outside fragments, and all that it names."""

    phrase: Phrase
    aliases: tuple[str, ...]
    required: frozenset[LeafName]
    all: frozenset[LeafName]


class Speech:
    """Lookups over the templates of one spec."""

    def __init__(self, spec: Spec):
        self._spec = spec
        self._shapes: dict[tuple[Chain, str], list[Shape]] = defaultdict(list)
        self._spoken = frozenset(tool for template in spec.turns for tool, _ in template.chain)
        for template in spec.turns:
            chain = tuple(tool for tool, _ in template.chain)
            aliases = tuple(alias for _, alias in template.chain)
            for phrase in template.phrases:
                if phrase.weight > 0:
                    self._shapes[chain, phrase.locale].append(_shape(phrase, aliases))
        self._refers: dict[str, list[ReferTemplate]] = defaultdict(list)
        for refer in spec.refers:
            self._refers[refer.type].append(refer)
        self._asks = {(ask.of, phrase.locale) for ask in spec.asks for phrase in ask.phrases}
        self._able = {(able.tool, phrase.locale) for able in spec.capabilities for phrase in able.phrases}
        self._fits: dict[tuple, bool] = {}
        self._points: dict[tuple, bool] = {}

    def generic(self, chain: Chain) -> bool:
        """Whether a tool stands in no template, in any locale, and is said by a generic phrase."""
        return len(chain) == 1 and chain[0] not in self._spoken

    def shapes(self, chain: Chain, locale: str) -> list[Shape]:
        return self._shapes.get((chain, locale), [])

    def names(self, tool: str, parameter: str) -> bool:
        """Whether some phrase, in any locale, says this argument."""
        return self.generic((tool,)) or (tool, parameter) in self._named

    @cached_property
    def _named(self) -> frozenset[tuple[str, str]]:
        return frozenset((chain[at], name) for (chain, _), shapes in self._shapes.items()
                         for shape in shapes for at, name in shape.all)

    def tails(self, chain: Chain, locale: str) -> list[Chain]:
        """The helpers that some template puts after `chain`, in name order."""
        size = len(chain)
        return sorted(c[size:] for c, where in self._shapes if where == locale and len(c) > size and c[:size] == chain)

    def fits(self, chain: Chain, locale: str, user: frozenset[LeafName], outputs: frozenset[LeafName],
             must: frozenset[LeafName]) -> bool:
        """Whether some phrase for `chain` says the leaves in `user` and `must`, and no others but those in `outputs`."""
        if self.generic(chain):
            return not must
        key = (chain, locale, user, outputs, must)
        if key not in self._fits:
            self._fits[key] = any(
                fit(shape.phrase.parts, _named(user, shape), _named(outputs, shape), _named(must, shape)) is not None
                for shape in self.shapes(chain, locale)
            )
        return self._fits[key]

    def entity(self, expr: TypeExpr) -> EntityType | None:
        """The entity type of a scalar, or of the items of a list of scalars."""
        match expr:
            case Ref(name) | ListOf(Ref(name)):
                return self._spec.type_table.get(name)
            case _:
                return None

    def user_can_give(self, expr: TypeExpr, locale: str) -> bool:
        """Whether a user knows values of this type: it lists or bounds them, or they come from the world's state."""
        entity = self.entity(expr)
        if entity is None:
            return False
        if entity.state or entity.enum or entity.examples or entity.faker:
            return not (entity.minted and not entity.state)
        if entity.minted:
            return False
        if entity.base == "boolean":
            return any(said.locale == locale and said.forms for said in entity.said)
        bounded = entity.minimum is not None and entity.maximum is not None
        return entity.format in ("date", "time", "datetime") or (entity.base in ("integer", "number") and bounded)

    def asks(self, tool: str, parameter: str, expr: TypeExpr, locale: str) -> bool:
        """Whether the agent can ask for this parameter."""
        entity = self.entity(expr)
        names = [f"{tool}.{parameter}", *(self._spec.type_table.ancestry(entity.name) if entity else ())]
        return any((name, locale) in self._asks for name in names)

    def names_capability(self, tool: str, locale: str) -> bool:
        return (tool, locale) in self._able

    def points(self, wanted: str, producer: str, pointer: str, locale: str, *, known: bool, unique: bool) -> bool:
        """Whether a `refer` phrase can point at a value for entity type `wanted` without saying it.

        Args:
            producer: the tool whose result holds the value, at `pointer` (a pattern).
            known: the result is known when the words are said; false inside a turn.
            unique: no other value of the type has been seen.
        """
        key = (wanted, producer, pointer, locale, known, unique)
        if key not in self._points:
            self._points[key] = any(
                self._phrase_points(refer, phrase, producer, pointer, known, unique)
                for name in self._spec.type_table.ancestry(wanted)
                for refer in self._refers.get(name, ())
                for phrase in refer.phrases
                if phrase.locale == locale
            )
        return self._points[key]

    def _phrase_points(self, refer: ReferTemplate, phrase: Phrase, producer: str, pointer: str, known: bool,
                       unique: bool) -> bool:
        listed = "*" in tokens(pointer)
        fields = set(self._beside(producer, pointer))
        if refer.pick:
            picked_by = not refer.by or refer.by.split(".")[0] in fields
            return listed and picked_by and (known or _is_plain(phrase))
        if not known:
            return not listed and unique and _is_plain(phrase)
        required = {slot.name.split(".")[0] for slot in slots_of(phrase.parts, required_only=True)}
        given = {parameter.name for parameter in self._spec.tool[producer].parameters}
        if not required <= fields | given:
            return False
        return bool(required & fields) if listed else bool(required) or unique

    def _beside(self, producer: str, pointer: str) -> Iterator[str]:
        """Fields that stand beside a place of a result, or above it: what can tell it from others in words."""
        path = tokens(pointer)
        for depth in range(len(path)):
            match at_pointer(self._spec.tool[producer].returns, path[:depth]):
                case Record(fields):
                    for item in fields:
                        entity = self.entity(item.type)
                        if not (entity and entity.minted):
                            yield item.name


def _shape(phrase: Phrase, aliases: tuple[str, ...]) -> Shape:
    positions = {alias: index for index, alias in enumerate(aliases)}

    def leaf(name: str) -> LeafName:
        alias, dot, parameter = name.partition(".")
        return (positions[alias], parameter) if dot and alias in positions else (0, name)

    required = frozenset(leaf(slot.name) for slot in slots_of(phrase.parts, required_only=True))
    return Shape(phrase, aliases, required, frozenset(leaf(slot.name) for slot in slots_of(phrase.parts)))


def _named(leaves: frozenset[LeafName], shape: Shape) -> frozenset[str]:
    return frozenset(f"{shape.aliases[at]}.{name}" if shape.aliases[at] else name for at, name in leaves)


def _is_plain(phrase: Phrase) -> bool:
    return all(isinstance(part, Text) for part in phrase.parts)
