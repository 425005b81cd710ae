"""Names as words: `flightId`, `flight_id` and `FlightID` are all `flight id`."""

from __future__ import annotations

import re

_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_KEPT = (
    "news",
    "status",
    "address",
    "series",
    "bus",
    "gas",
    "class",
    "process",
    "access",
    "progress",
    "business",
    "analysis",
    "basis",
    "species",
    "canvas",
    "lens",
    "plus",
    "minus",
    "always",
)


def words(name: str) -> tuple[str, ...]:
    """The words of a name in lower case."""
    return tuple(part.lower() for part in _PARTS.findall(name))


def singular(word: str) -> str:
    """One of what an English plural names."""
    if word in _KEPT or len(word) < 4 or not word.endswith("s") or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith(("ches", "shes", "xes", "sses", "zes")):
        return word[:-2]
    return word[:-1]


UNITS = {
    "kg": "kg",
    "kilograms": "kg",
    "lb": "lb",
    "lbs": "lb",
    "km": "km",
    "mi": "mi",
    "miles": "mi",
    "cm": "cm",
    "mm": "mm",
    "meters": "m",
    "mg": "mg",
    "usd": "USD",
    "eur": "EUR",
    "gbp": "GBP",
    "minutes": "min",
    "mins": "min",
    "hours": "h",
    "seconds": "s",
    "celsius": "°C",
    "percent": "%",
    "pct": "%",
    "kwh": "kWh",
}
"""Last words of names that say what a number is measured in."""


def unit_of(name: str) -> str:
    """The unit that a name of several words ends with; empty when it names none."""
    parts = words(name)
    return UNITS.get(parts[-1], "") if len(parts) > 1 and parts[-2] != "per" else ""


def type_name(*parts: str) -> str:
    """Words as the name of a type: `FlightId`."""
    name = "".join(part[:1].upper() + part[1:] for part in parts)
    return name if name[:1].isalpha() else f"T{name}"
