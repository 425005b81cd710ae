"""A neighbour of a value: another value of its type, near by, that mostly names nothing."""

from __future__ import annotations

from datetime import date, timedelta

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
