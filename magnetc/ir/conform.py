"""Whether a JSON value has a type: what proof 2 checks of arguments and results."""

from __future__ import annotations

import re
from datetime import date, datetime, time
from functools import lru_cache

from magnetc.ir.json import Json
from magnetc.ir.types import EntityType, ListOf, MapOf, Record, Ref, TypeExpr, TypeTable


def violations(value: Json, expr: TypeExpr, table: TypeTable, at: str = "") -> list[str]:
    """What keeps `value` from being of type `expr`: one line per place, empty when it conforms.

    Fields that a record does not declare are allowed: results may say more than their documents.
    """
    if value is None and expr.nullable:
        return []
    match expr:
        case Ref(name):
            problem = _scalar_problem(value, name, table)
            return [f"`{at or '/'}` {problem}"] if problem else []
        case ListOf(items):
            if not isinstance(value, list):
                return [f"`{at or '/'}` is not a list"]
            return [v for i, item in enumerate(value) for v in violations(item, items, table, f"{at}/{i}")]
        case MapOf(values):
            if not isinstance(value, dict):
                return [f"`{at or '/'}` is not an object"]
            return [v for key, item in value.items() for v in violations(item, values, table, f"{at}/{key}")]
        case Record(fields):
            return _record_violations(value, fields, table, at)


def _record_violations(value: Json, fields: tuple, table: TypeTable, at: str) -> list[str]:
    if not isinstance(value, dict):
        return [] if not fields and value is None else [f"`{at or '/'}` is not an object"]
    found: list[str] = []
    for item in fields:
        if item.name in value:
            if value[item.name] is not None or not item.optional:
                found += violations(value[item.name], item.type, table, f"{at}/{item.name}")
        elif not item.optional:
            found.append(f"`{at}/{item.name}` is missing")
    return found


def _scalar_problem(value: Json, name: str, table: TypeTable) -> str | None:
    entity = table.get(name)
    base = entity.base if entity else name
    if not _has_base(value, base):
        return f"is not {'an' if base[0] in 'aeiou' else 'a'} {base}"
    return _entity_problem(value, entity) if entity else None


def _has_base(value: Json, base: str) -> bool:
    match base:
        case "string":
            return isinstance(value, str)
        case "integer":
            return isinstance(value, int) and not isinstance(value, bool)
        case "number":
            return isinstance(value, (int, float)) and not isinstance(value, bool)
        case "boolean":
            return isinstance(value, bool)
        case _:
            return True


def _entity_problem(value: Json, entity: EntityType) -> str | None:
    if entity.enum and value not in entity.enum:
        return f"is not one of the values of `{entity.name}`"
    if entity.pattern and not _regex(entity.pattern).search(str(value)):
        return f"does not match the pattern of `{entity.name}`"
    if entity.minimum is not None and value < entity.minimum:
        return f"is below the minimum of `{entity.name}`, {entity.minimum:g}"
    if entity.maximum is not None and value > entity.maximum:
        return f"is above the maximum of `{entity.name}`, {entity.maximum:g}"
    if entity.format and not _has_format(value, entity.format):
        return f"is not {'an' if entity.format == 'email' else 'a'} {entity.format}"
    return None


@lru_cache(maxsize=1024)
def _regex(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


@lru_cache(maxsize=65536)
def _has_format(value: str, form: str) -> bool:
    try:
        match form:
            case "date":
                date.fromisoformat(value)
            case "time":
                time.fromisoformat(value)
            case "datetime":
                datetime.fromisoformat(value)
            case "email":
                return re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", value) is not None
            case "uri":
                return re.match(r"[a-z][a-z0-9+.-]*:", value) is not None
    except ValueError:
        return False
    return True
