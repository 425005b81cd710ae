"""Tools of ToolBench (and StableToolBench): API lists of queries, or a tool's own file of APIs.

    tools from toolbench "G1_instruction.json"           # every API that a query lists
    tools from toolbench "G1_instruction.json#Finance"   # of one category

An API is called `API_for_TOOL` in lower case, as ToolBench's own models are shown it. What it returns is read off the example
of its result, if it has one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from magnetc.ir.json import Json, digest
from magnetc.ir.read_json import read_json
from magnetc.tools.importers.importer import (
    MAX_DATA_BYTES,
    Place,
    Snapshot,
    object_schema,
    raw_tool,
    read_source,
    refused,
)

_TYPES = {"NUMBER": "number", "INTEGER": "integer", "BOOLEAN": "boolean", "ARRAY": "array", "OBJECT": "object", "LIST": "array"}
_EXAMPLES = {"str": "string", "int": "integer", "float": "number", "bool": "boolean", "list": "array", "dict": "object",
             "NoneType": "null", "empty list": "array"}


def import_toolbench(argument: str, place: Place) -> Snapshot:
    """The APIs of the file that `argument` names."""
    name, _, category = argument.partition("#")
    text, _ = read_source(place.folder / PurePosixPath(name), MAX_DATA_BYTES)
    try:
        data = read_json(text)
    except (ValueError, RecursionError) as error:
        raise refused(f"`{name}` is not JSON: {error}", "mend it, then import again") from None
    found: dict[str, dict[str, Json]] = {}
    categories: set[str] = set()
    for api in _apis(data):
        categories.add(str(api.get("category_name", "")))
        if category in ("", api.get("category_name")):
            tool = _tool(api)
            found.setdefault(tool["name"], tool)
    if not found:
        known = ", ".join(f"`{each}`" for each in sorted(categories - {""}))
        raise refused(f"`{argument}` holds no ToolBench API", f"its categories are {known}" if known else
                      "it has to hold queries with an `api_list`, or a tool with one")
    return Snapshot(source=argument, digest=digest(data), functions=tuple(found[each] for each in sorted(found)))


def _apis(data: Json) -> Iterator[Mapping[str, Any]]:
    """The APIs of queries, or of one tool, which knows its name and category for all of them."""
    for part in data if isinstance(data, list) else [data]:
        if not isinstance(part, dict):
            continue
        shared = {"tool_name": part.get("tool_name") or part.get("standardized_name") or part.get("title", ""),
                  "category_name": part.get("category_name", "")}
        for api in part.get("api_list") or ():
            if isinstance(api, dict):
                yield {**shared, **api}


def _tool(api: Mapping[str, Any]) -> dict[str, Json]:
    own = str(api.get("api_name") or api.get("name") or "")
    properties, required = {}, []
    for key in ("required_parameters", "optional_parameters"):
        for parameter in api.get(key) or ():
            properties[parameter["name"]] = _parameter(parameter, key == "required_parameters")
            if key == "required_parameters":
                required.append(parameter["name"])
    example = api.get("template_response")
    method = str(api.get("method", "")).upper()
    return raw_tool(f"{_words(own)}_for_{_words(str(api.get('tool_name', '')))}"[:64].strip("_"),
                    str(api.get("api_description") or api.get("description") or own), object_schema(properties, required),
                    _example(example) if example else None,
                    {"GET": "reads", "HEAD": "reads"}.get(method, "writes" if method else None))


def _parameter(parameter: Mapping[str, Any], required: bool) -> dict[str, Json]:
    """A parameter; the default of one that is required is an example of its value."""
    kind = _TYPES.get(str(parameter.get("type", "")).upper(), "string")
    schema: dict[str, Json] = {"type": kind}
    if parameter.get("description"):
        schema["description"] = " ".join(str(parameter["description"]).split())
    value = _typed(parameter.get("default"), kind)
    if value not in (None, ""):
        schema |= {"examples": [value]} if required else {"default": value}
    return schema


def _typed(value: Json, kind: str) -> Json:
    """A default as its type has it; ToolBench writes most as text."""
    if kind == "string":
        return None if value is None else str(value)
    if not isinstance(value, str):
        return value
    try:
        found = json.loads(value.lower() if kind == "boolean" else value)
    except ValueError:
        return None
    good = {"number": (int, float), "integer": int, "boolean": bool, "array": list, "object": dict}[kind]
    return found if isinstance(found, good) and (kind == "boolean" or not isinstance(found, bool)) else None


def _example(value: Json) -> dict[str, Json]:
    """The schema of a template: an object whose leaves are names of Python types."""
    match value:
        case dict():
            fields = {name: _example(inner) for name, inner in value.items() if name != "_list_length"}
            return {"type": "object", "properties": fields}
        case [first, *_]:
            return {"type": "array", "items": _example(first)}
        case list():
            return {"type": "array"}
        case str() if value in _EXAMPLES:
            return {"type": _EXAMPLES[value]}
    return {}


def _words(name: str) -> str:
    """A name as ToolBench standardises it: lower case, words joined by `_`, no digit first."""
    name = re.sub(r"_+", "_", re.sub(r"[^a-z0-9_]", "_", name.lower())).strip("_")
    return f"get_{name}" if not name or name[0].isdigit() else name
