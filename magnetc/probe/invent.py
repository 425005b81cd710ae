"""Invented values: what stands for an argument that neither a user nor a tool is declared to give."""

from __future__ import annotations

from magnetc.ir import draw
from magnetc.ir.json import Json
from magnetc.ir.types import ListOf, MapOf, Record, Ref, TypeExpr, TypeTable

WORDS = ("alpha", "bravo", "carol", "delta", "ember", "flint")
FORMATTED = {"email": "{}@example.org", "uri": "https://example.org/{}"}


def invented(expr: TypeExpr, table: TypeTable, *key: object) -> Json:
    """A plain value of `expr`; None where the type says too much, or where only tools make one."""
    match expr:
        case Ref(name):
            return _scalar(name, table, key)
        case ListOf(items):
            made = [invented(items, table, *key, n) for n in range(2)]
            return None if None in made else made
        case Record(fields):
            given = {f.name: invented(f.type, table, *key, f.name) for f in fields if not f.optional}
            return None if None in given.values() else given
        case MapOf():
            return None


def _scalar(name: str, table: TypeTable, key: tuple[object, ...]) -> Json:
    entity = table.get(name)
    if entity is not None and (entity.minted or entity.pattern):
        return None
    match entity.base if entity else name:
        case "boolean":
            return draw.fraction(*key, "invented") < 0.5
        case "integer":
            return draw.integer(1, 9, *key, "invented")
        case "number":
            return draw.integer(2, 400, *key, "invented") / 2
        case "string":
            form = FORMATTED.get(entity.format or "") if entity and entity.format else "{}"
            return form.format(draw.choose(WORDS, *key, "invented")) if form else None
        case _:
            return None
