"""Inline types: what a signature says of a scalar where it is used, `"economy" | "business"`, `1..9` or `matching "^[0-9]{5}$"`."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import lru_cache

from magnetc.ir.json import Json
from magnetc.ir.types import EntityType

_NUMBER = r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?"
_TEXT = r'"(?:[^"\\]|\\.)*"'
_VALUE = rf"(?:{_TEXT}|{_NUMBER}|null)"
_CHOICE = re.compile(rf"\s*{_VALUE}(?:\s*\|\s*{_VALUE})*\s*")
_RANGE = re.compile(rf"\s*({_NUMBER})\s*\.\.\s*({_NUMBER})\s*(\?)?\s*")
_PATTERN = re.compile(rf"\s*matching\s*({_TEXT})\s*(\?)?\s*")
_EACH = re.compile(_VALUE)


@dataclass(frozen=True, slots=True)
class InlineType:
    """`entity` is named by its text in one spelling; `nullable`: null is among the values, or behind the type stands a `?`."""

    entity: EntityType
    nullable: bool
    values: tuple[Json, ...] = ()

    @property
    def text(self) -> str:
        """The type as documents write it: JSON of its values."""
        if self.values:
            return " | ".join(json.dumps(value, ensure_ascii=False) for value in self.values)
        return self.entity.name + "?" * self.nullable


@lru_cache(maxsize=4096)
def inline_type(text: str) -> InlineType | None:
    """The inline type that a text writes; None when it is the name of a type, or nothing that can be read."""
    try:
        if _CHOICE.fullmatch(text):
            return _choice([json.loads(each) for each in _EACH.findall(text)])
        if match := _RANGE.fullmatch(text):
            return _range(json.loads(match[1]), json.loads(match[2]), nullable=bool(match[3]))
        if match := _PATTERN.fullmatch(text):
            return _pattern(json.loads(match[1]), nullable=bool(match[2]))
    except ValueError:
        return None
    return None


def looks_inline(text: str) -> bool:
    """Whether a text is meant as an inline type, well written or not: no name of a type begins so."""
    return bool(re.match(r"\s*(\"|-?[0-9]|matching\b\s*\")", text))


def _choice(values: list[Json]) -> InlineType | None:
    given = [value for value in values if value is not None]
    sorts = {"string" if isinstance(value, str) else "integer" if isinstance(value, int) else "number" for value in given}
    if not given or len(set(map(repr, values))) < len(values) or (len(sorts) > 1 and "string" in sorts):
        return None
    base = "number" if len(sorts) > 1 else sorts.pop()
    name = " | ".join(json.dumps(value, ensure_ascii=False) for value in given)
    return InlineType(EntityType(name=name, base=base, enum=tuple(given), inline=True), len(given) < len(values), tuple(values))


def _range(low: float, high: float, *, nullable: bool) -> InlineType | None:
    if low > high:
        return None
    base = "integer" if isinstance(low, int) and isinstance(high, int) else "number"
    entity = EntityType(name=f"{json.dumps(low)}..{json.dumps(high)}", base=base, minimum=low, maximum=high, inline=True)
    return InlineType(entity, nullable)


def _pattern(pattern: str, *, nullable: bool) -> InlineType | None:
    try:
        re.compile(pattern)
    except re.error:
        return None
    name = f"matching {json.dumps(pattern, ensure_ascii=False)}"
    return InlineType(EntityType(name=name, base="string", pattern=pattern, inline=True), nullable)
