"""A neighbour of a value: another value of its type, near by, that mostly names nothing."""

from __future__ import annotations

from datetime import date, timedelta

from magnetc.ir import draw
from magnetc.ir.json import Json
from magnetc.ir.types import EntityType


def neighbour(value: Json, entity: EntityType | None) -> Json:
    """Another value near `value`; None where the type says too much for one to be made up."""
    if isinstance(value, bool) or value is None or isinstance(value, (list, dict)):
        return None
    if isinstance(value, int):
        return value + 1
    if isinstance(value, float):
        return round(value * 1.1 + 1, 2)
    if entity is not None and entity.format == "date":
        return (date.fromisoformat(value) + timedelta(days=1)).isoformat()
    if entity is not None and (entity.format or entity.pattern) and not entity.minted:
        return None
    return value[:-1] + ("A" if value[-1:] != "A" else "B")


def scrambled(value: str, *key: object) -> str:
    """An id of the same shape: each digit another digit, each letter another letter of its case, a prefix word kept."""
    head, dash, tail = value.rpartition("-")
    letters = []
    for position, char in enumerate(tail):
        same_case = "ABCDEFGHJKLMNPQRSTUVWXYZ" if char.isupper() else "abcdefghijkmnpqrstuvwxyz"
        alphabet = "0123456789" if char.isdigit() else same_case
        letters.append(draw.choose(alphabet, *key, position) if char.isalnum() and position % 2 == 0 else char)
    return head + dash + "".join(letters)
