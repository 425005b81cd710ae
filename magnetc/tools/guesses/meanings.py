"""Meanings: what single places of tools are, by format, name, description and examples. `entities.py` sees them together."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from magnetc.tools.guesses.leaf import Leaf
from magnetc.tools.guesses.words import singular, type_name, words

FORMATS = {"date": "Date", "date-time": "DateTime", "time": "Time", "email": "Email", "uri": "Url", "url": "Url"}

BY_WORD = {
    "date": ("Date", 0.7),
    "day": ("Date", 0.4),
    "deadline": ("Date", 0.5),
    "birthday": ("Date", 0.6),
    "time": ("Time", 0.4),
    "datetime": ("DateTime", 0.7),
    "email": ("Email", 0.9),
    "mail": ("Email", 0.6),
    "phone": ("PhoneNumber", 0.9),
    "telephone": ("PhoneNumber", 0.9),
    "url": ("Url", 0.9),
    "link": ("Url", 0.5),
    "website": ("Url", 0.8),
    "city": ("CityName", 0.85),
    "town": ("CityName", 0.8),
    "country": ("CountryName", 0.8),
    "street": ("StreetAddress", 0.7),
    "language": ("LanguageName", 0.6),
    "company": ("CompanyName", 0.8),
    "firstname": ("FirstName", 0.9),
    "lastname": ("LastName", 0.9),
    "surname": ("LastName", 0.9),
    "weekday": ("Weekday", 0.7),
}
"""The last word of a name, for texts: the type of `std/types` that it is, and how sure that is without more."""

BY_WORDS: dict[tuple[str, ...], str] = {
    ("first", "name"): "FirstName",
    ("last", "name"): "LastName",
    ("full", "name"): "PersonName",
    ("user", "name"): "PersonName",
    ("customer", "name"): "PersonName",
    ("guest", "name"): "PersonName",
    ("passenger", "name"): "PersonName",
    ("person", "name"): "PersonName",
    ("patient", "name"): "PersonName",
    ("company", "name"): "CompanyName",
    ("city", "name"): "CityName",
    ("zip", "code"): "",
}
PEOPLE = (
    "passenger",
    "customer",
    "guest",
    "person",
    "recipient",
    "sender",
    "attendee",
    "owner",
    "author",
    "assignee",
    "patient",
    "employee",
    "contact",
    "member",
    "organizer",
    "host",
)
IDS = ("id", "uuid", "guid", "identifier", "isbn", "sku", "slug", "token", "handle", "key")
CODED = ("number", "code", "reference", "ref", "no")
NUMBERS: dict[str, tuple[str, dict[str, Any]]] = {
    "amount": ("Amount", {"range": [5, 500], "step": 5}),
    "price": ("Price", {"range": [5, 500], "step": 5}),
    "cost": ("Price", {"range": [5, 500], "step": 5}),
    "fee": ("Price", {"range": [5, 500], "step": 5}),
    "budget": ("Amount", {"range": [5, 500], "step": 5}),
    "total": ("Amount", {"range": [5, 500], "step": 5}),
    "percent": ("Percent", {}),
    "percentage": ("Percent", {}),
    "rating": ("Rating", {}),
    "stars": ("Rating", {}),
    "minutes": ("Minutes", {}),
    "duration": ("Minutes", {}),
    "latitude": ("Latitude", {"range": [-80, 80]}),
    "longitude": ("Longitude", {"range": [-180, 180]}),
    "lat": ("Latitude", {"range": [-80, 80]}),
    "lon": ("Longitude", {"range": [-180, 180]}),
    "lng": ("Longitude", {"range": [-180, 180]}),
    "year": ("Year", {"range": [1990, 2030]}),
    "age": ("Age", {"range": [18, 90]}),
    "temperature": ("Temperature", {"range": [-20, 40]}),
    "limit": ("Count", {}),
    "count": ("Count", {}),
    "quantity": ("Count", {}),
    "size": ("Count", {}),
    "page": ("Count", {}),
    "top": ("Count", {}),
}
STD = frozenset(
    {
        "Date",
        "Time",
        "DateTime",
        "Minutes",
        "Weekday",
        "PersonName",
        "FirstName",
        "LastName",
        "CompanyName",
        "Email",
        "PhoneNumber",
        "Url",
        "CityName",
        "StreetAddress",
        "CountryName",
        "LanguageName",
        "Count",
        "Percent",
        "Rating",
    }
)
_ISO_DAY = re.compile(r"YYYY-MM-DD|ISO.?8601|\d{4}-\d\d-\d\d")


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """A guess at what stands at a place: an entity type, how it is defined (empty: it is one of `std/types`), how sure that is and why.

    `is_id`: it names one thing of many, so tools give it, if any does.
    """

    type: str
    confidence: float
    reason: str
    definition: Mapping[str, Any] = field(default_factory=dict)
    is_id: bool = False


def meaning_of(leaf: Leaf) -> Meaning | None:
    """What a place is, by itself; None where nothing tells."""
    parts = words(leaf.name) or words(leaf.tool)
    if leaf.kind == "boolean" or not parts:
        return None
    for rule in (_declared, _titled, _identity):
        found = rule(leaf, parts)
        if found is not None:
            return found
    return _text(leaf, parts) if leaf.kind == "string" else _number(leaf, parts)


def _declared(leaf: Leaf, parts: tuple[str, ...]) -> Meaning | None:
    schema = leaf.schema
    values = [value for value in schema.get("enum") or () if value is not None]
    if values:
        name = words(str(schema.get("title") or "")) or (*parts[:-1], singular(parts[-1]))
        return Meaning(
            type=type_name(*name), confidence=1.0, reason="its values are declared", definition={"base": leaf.kind, "enum": values}
        )
    known = FORMATS.get(str(schema.get("format")))
    if known and leaf.kind == "string":
        return Meaning(type=known, confidence=1.0, reason=f"its format is `{schema['format']}`")
    if schema.get("format") == "uuid":
        return _identifier(leaf, parts, 0.9, "its format is `uuid`")
    return None


def _titled(leaf: Leaf, parts: tuple[str, ...]) -> Meaning | None:
    """A name that the source gave to the type itself: a NewType or an alias, as the Python importer keeps it."""
    title = str(leaf.schema.get("title") or "")
    if not re.fullmatch(r"[A-Z][A-Za-z0-9]*", title) or words(title) == words(leaf.name):
        return None
    if title in STD:
        return Meaning(type=title, confidence=0.9, reason=f"its source calls it `{title}`")
    is_id = words(title)[-1] in (*IDS, *CODED)
    return Meaning(type=title, confidence=0.95, reason=f"its source calls it `{title}`", definition={"base": leaf.kind}, is_id=is_id)


def _identity(leaf: Leaf, parts: tuple[str, ...]) -> Meaning | None:
    if leaf.kind not in ("string", "integer"):
        return None
    last = parts[-1]
    if singular(last) in IDS:
        return _identifier(leaf, (*parts[:-1], singular(last)), 0.9, f"its name ends with `{last}`")
    if last in CODED and len(parts) > 1 and leaf.kind == "string" and parts[-2] not in ("zip", "postal", "phone", "country", "currency"):
        return _identifier(leaf, parts, 0.6, f"its name ends with `{last}`")
    return None


def _identifier(leaf: Leaf, parts: tuple[str, ...], confidence: float, reason: str) -> Meaning:
    """An id of what the name says, or of what the object around it, or the tool, is called."""
    if len(parts) == 1:
        around = [
            part
            for part in words(leaf.owner)
            if part
            not in (
                "get",
                "list",
                "find",
                "search",
                "create",
                "add",
                "update",
                "delete",
                "remove",
                "result",
                "response",
                "data",
                "item",
                "items",
                "by",
                "all",
                "out",
                "read",
            )
        ]
        parts = (*(singular(part) for part in around[-2:]), *parts)
        confidence -= 0.1 if len(parts) > 1 else 0.4
    return Meaning(type=type_name(*parts), confidence=round(confidence, 2), reason=reason, definition={"base": leaf.kind}, is_id=True)


def _text(leaf: Leaf, parts: tuple[str, ...]) -> Meaning | None:
    pattern, first, last = leaf.schema.get("pattern"), parts[0], singular(parts[-1])
    known = BY_WORDS.get(parts[-2:])
    if known:
        return Meaning(type=known, confidence=0.85, reason=f"it is called `{leaf.name}`")
    if last == "currency" or parts[-2:] == ("currency", "code"):
        return Meaning(
            type="Currency",
            confidence=0.8,
            reason=f"it is called `{leaf.name}`",
            definition={"base": "string", "matching": "^[A-Z]{3}$", "examples": ["USD", "EUR", "JPY", "GBP", "CHF"]},
        )
    about = {singular(part) for part in (*words(leaf.owner), *words(leaf.tool))}
    if leaf.name.lower() == "name" and (about & set(PEOPLE) or "full name" in leaf.description.lower()):
        return Meaning(type="PersonName", confidence=0.6, reason="it is the name of a person")
    if last in PEOPLE and not pattern:
        return Meaning(type="PersonName", confidence=0.5, reason=f"it is called `{leaf.name}`")
    found = BY_WORD.get(last) or (BY_WORD.get(first) if first in ("date", "email", "city") else None)
    if found and not pattern:
        name, confidence = found
        told = name.startswith("Date") and _ISO_DAY.search(leaf.description)
        return Meaning(
            type=name,
            confidence=0.95 if told else confidence,
            reason=f"it is called `{leaf.name}`" + (" and described as such" if told else ""),
        )
    examples = _examples(leaf)
    if pattern or examples:
        definition = {
            "base": "string",
            **({"matching": pattern} if _is_regex(pattern) else {}),
            **({"examples": examples} if examples else {}),
        }
        return Meaning(
            type=type_name(*parts),
            confidence=0.6 if examples else 0.4,
            reason="its examples are declared" if examples else "its pattern is declared",
            definition=definition,
        )
    return None


def _number(leaf: Leaf, parts: tuple[str, ...]) -> Meaning | None:
    low, high = (
        leaf.schema.get("minimum", leaf.schema.get("exclusiveMinimum")),
        leaf.schema.get("maximum", leaf.schema.get("exclusiveMaximum")),
    )
    if isinstance(low, int | float) and isinstance(high, int | float) and low < high:
        return Meaning(
            type=type_name(*parts),
            confidence=0.9,
            reason="its bounds are declared",
            definition={
                "base": leaf.kind,
                "range": [low + ("exclusiveMinimum" in leaf.schema), high - ("exclusiveMaximum" in leaf.schema)],
            },
        )
    found = (
        NUMBERS.get(singular(parts[-1])) or NUMBERS.get(parts[-1]) or (NUMBERS.get(parts[0]) if parts[0] in ("max", "min", "num") else None)
    )
    if found is None:
        return None
    name, definition = found
    if not definition and ({"Count": "integer", "Rating": "integer", "Minutes": "integer", "Percent": "number"}[name] != leaf.kind):
        return None
    return Meaning(
        type=name if leaf.kind == "number" or not definition else f"{name}",
        confidence=0.6,
        reason=f"it is called `{leaf.name}`",
        definition={"base": leaf.kind, **definition} if definition else {},
    )


def _examples(leaf: Leaf) -> list[Any]:
    """Values that the schema shows, and in quotes the description."""
    found = [value for value in leaf.schema.get("examples") or () if isinstance(value, str) and value]
    found += re.findall(
        r"""(?:e\.g\.|for example|such as|example:?)[^'"`]{0,12}['"`]([^'"`]{1,40})['"`]""", leaf.description, re.IGNORECASE
    )
    return list(dict.fromkeys(found))


def _is_regex(pattern: Any) -> bool:
    try:
        re.compile(str(pattern))
    except re.error:
        return False
    return bool(pattern)
