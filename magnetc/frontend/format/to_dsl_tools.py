"""Write tools, refinements, sets and imports in the DSL."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from magnetc.frontend.declared_schema import is_result_schema, is_schema
from magnetc.frontend.dotted import unquote_name
from magnetc.frontend.format.rows import Inexpressible, Row
from magnetc.frontend.format.to_dsl_values import SHORT, Places, json_rows, json_text, name
from magnetc.frontend.inline_type import inline_type, looks_inline
from magnetc.frontend.string_literal import encode_string

_WHERE = re.compile(r"\s*(`[^`]+`|[^\W\d]\w*)\s*(==|!=|<=|>=|<|>)\s*(.*?)\s*", re.DOTALL)
_NAME = re.compile(r"`[^`]+`|[^\W\d]\w*")
_FIELD = re.compile(r"(`[^`]+`|[^\W\d]\w*)\.(`[^`]+`|[^\W\d]\w*)")
_PARTS = frozenset({"description", "category", "parameters", "returns", "effect", "where", "state"})
_OF_A_PARAMETER = frozenset({"type", "optional", "default", "description"})


def tools_rows(data: dict[str, Any], places: Places) -> Iterable[Row]:
    for key, value in data.items():
        if key == "from":
            for number, each in enumerate(value):
                ((importer, source),) = each.items()
                yield Row(f"tools from {name(importer, '/from')} {encode_string(source)}", places.at(f"/from/{number}"))
        elif key == "sets":
            for set_name, members in value.items():
                pointer = places.child("/sets", set_name)
                listed = ", ".join(name(member, pointer) for member in members)
                yield Row(f"set {name(set_name, pointer)} = [{listed}]", places.at(pointer))
        elif key in ("tools", "refine"):
            for tool_name, tool in value.items():
                yield from _tool(key, tool_name, tool, places.child(f"/{key}", tool_name), places)


def _tool(section: str, tool_name: str, tool: dict[str, Any], pointer: str, places: Places) -> Iterable[Row]:
    if extra := set(tool) - _PARTS:
        raise Inexpressible(pointer, f"a tool has no `{min(extra)}` in the DSL")
    word = "tool" if section == "tools" else "refine"
    parameters = tool.get("parameters") or {}
    if word == "tool" and is_schema(parameters):
        yield from _by_schema(tool_name, tool, pointer, places)
        return
    signed = [_parameter(key, each, f"{pointer}/parameters", word) for key, each in parameters.items() if "type" in each]
    head = f"{word} {name(tool_name, pointer)}" + (f"({', '.join(signed)})" if signed or word == "tool" else "")
    returns = f"-> {type_text(tool['returns'], f'{pointer}/returns')}" if "returns" in tool else ""
    effect = f" {tool['effect']}" if "effect" in tool else ""
    items = list(_items(tool, pointer, places, word))
    split = returns and len(head) + len(returns) + len(effect) > SHORT
    rows = [Row(head, places.at(pointer))] if split else []
    last = f"    {returns}{effect}" if split else f"{head}{' ' * bool(returns)}{returns}{effect}"
    rows.append(Row(last + " {" * bool(items), -1 if split else places.at(pointer)))
    yield from rows
    if items:
        yield from items
        yield Row("}")


def _by_schema(tool_name: str, tool: dict[str, Any], pointer: str, places: Places) -> Iterable[Row]:
    """A tool whose parameters are a JSON Schema: that schema line by line, and another one or a type for what it returns."""
    place = f"{pointer}/parameters"
    rows = json_rows(f"tool {name(tool_name, pointer)} schema", tool["parameters"], place, 0, places)
    rows[0] = Row(rows[0].text, places.at(pointer))
    if "returns" in tool:
        returns, place = tool["returns"], f"{pointer}/returns"
        if is_result_schema(returns):
            rows += json_rows("    -> schema", returns, place, 2, places)
        else:
            rows.append(Row(f"    -> {type_text(returns, place)}", places.at(place)))
    if "effect" in tool:
        rows[-1] = Row(f"{rows[-1].text} {tool['effect']}", rows[-1].at)
    items = list(_items({key: value for key, value in tool.items() if key != "parameters"}, pointer, places, "tool"))
    if not items:
        yield from rows
        return
    yield from rows[:-1]
    yield Row(f"{rows[-1].text} {{", rows[-1].at)
    yield from items
    yield Row("}")


def _parameter(key: str, data: dict[str, Any], pointer: str, word: str) -> str:
    default = f" = {json_text(data['default'], pointer)}" if "default" in data else ""
    return f"{name(key, pointer)}{'?' * bool(data.get('optional'))}: {type_text(data['type'], pointer)}{default}"


def _items(tool: dict[str, Any], pointer: str, places: Places, word: str) -> Iterable[Row]:
    for part, value in tool.items():
        place = f"{pointer}/{part}"
        if part == "description":
            yield Row(f"  {encode_string(value)}", places.at(place))
        elif part == "category":
            yield Row(f"  category {name(value, place)}", places.at(place))
        elif part == "where":
            yield from (Row(f"  where {where_text(text, f'{place}/{number}')}", places.at(f"{place}/{number}"))
                        for number, text in enumerate(value))
        elif part == "state":
            yield from (Row(f"  {_entry(each, f'{place}/{number}')}", places.at(f"{place}/{number}")) for number, each in enumerate(value))
        elif part == "parameters":
            for key, data in value.items():
                yield from _about(key, data, places.child(place, key), places, word)


def _entry(data: dict[str, Any], pointer: str) -> str:
    fields = ", ".join(name(key, pointer) if key == field else f"{name(key, pointer)}: {_field_text(field, pointer)}"
                       for key, field in data["fields"].items())
    return f"from state {encode_string(data['at'])} as {name(data['as'], pointer)} {{{fields}}}"


def _field_text(field: str, pointer: str) -> str:
    return encode_string(field) if field.startswith("/") else name(field, pointer)


def _about(key: str, data: dict[str, Any], pointer: str, places: Places, word: str) -> Iterable[Row]:
    """What the signature does not say of a parameter."""
    if extra := set(data) - _OF_A_PARAMETER:
        raise Inexpressible(pointer, f"a parameter has no `{min(extra)}` in the DSL")
    shown, at = name(key, pointer), places.at(pointer)
    if "type" not in data and "optional" in data and data["optional"]:
        yield Row(f"  optional {shown}", at)
    if data.get("optional") is False:
        yield Row(f"  required {shown}", at)
    if "type" not in data and "default" in data:
        yield Row(f"  default {shown} = {json_text(data['default'], pointer)}", at)
    if "description" in data:
        yield Row(f"  {shown} {encode_string(data['description'])}", places.at(f"{pointer}/description"))


def type_text(data: Any, pointer: str) -> str:
    """A type expression."""
    match data:
        case str() if looks_inline(data):
            return _inline_text(data, pointer)
        case str():
            return name(data.removesuffix("?"), pointer) + "?" * data.endswith("?")
        case {"?": list() | dict() as inner} if len(data) == 1 and "?" not in inner:
            return f"{type_text(inner, pointer)}?"
        case {"?": _}:
            raise Inexpressible(pointer, "this is not a type")
        case [only]:
            return f"[{type_text(only, pointer)}]"
        case {"*": values} if len(data) == 1:
            return f"{{*: {type_text(values, pointer)}}}"
        case dict():
            return "{" + ", ".join(_field(key, value, pointer) for key, value in data.items()) + "}"
    raise Inexpressible(pointer, "this is not a type")


def _inline_text(text: str, pointer: str) -> str:
    written = inline_type(text)
    if not written:
        raise Inexpressible(pointer, "this is not a type")
    if written.values:
        return " | ".join(json_text(value, pointer) for value in written.values)
    if written.entity.pattern is not None:
        return f"matching {encode_string(written.entity.pattern)}{'?' * written.nullable}"
    return written.text


def _field(key: str, value: Any, pointer: str) -> str:
    plain = key.removesuffix("?")
    try:
        shown = name(plain, pointer)
    except Inexpressible:
        shown = encode_string(plain)
    return f"{shown}{'?' * key.endswith('?')}: {type_text(value, pointer)}"


def where_text(text: str, pointer: str) -> str:
    """A condition as the DSL writes it. Raises Inexpressible."""
    match = _WHERE.fullmatch(text)
    if not match:
        raise Inexpressible(pointer, f"`{text}` is not a condition")
    left, op, right = match.groups()
    try:
        shown = json_text(json.loads(right), pointer)
    except ValueError:
        dotted = _FIELD.fullmatch(right)
        if not dotted and not _NAME.fullmatch(right):
            raise Inexpressible(pointer, f"`{text}` is not a condition") from None
        shown = ".".join(name(unquote_name(each), pointer) for each in (dotted.groups() if dotted else [right]))
    return f"{name(unquote_name(left), pointer)} {op} {shown}"
