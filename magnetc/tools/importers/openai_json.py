"""Tools in the function format of OpenAI, and in what others made of it: a JSON file with a list of tools.

Read are `{"type": "function", "function": {…}}` and the function alone, with `parameters`, `input_schema` or `inputSchema`; a
list of them, or an object that has it under `tools` or `functions`. `openai_tools` writes the first of these.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath

from magnetc.ir.json import Json, digest
from magnetc.ir.read_json import read_json
from magnetc.tools.importers.importer import Place, Snapshot, object_schema, raw_tool, read_source, refused

_INPUT = ("parameters", "input_schema", "inputSchema")
_OUTPUT = ("returns", "response", "output_schema", "outputSchema")


def import_json(argument: str, place: Place) -> Snapshot:
    """The tools of the JSON file `argument`."""
    text, _ = read_source(place.folder / PurePosixPath(argument))
    try:
        data = read_json(text)
    except (ValueError, RecursionError) as error:
        raise refused(f"`{argument}` is not JSON: {error}", "mend it, then import again") from None
    listed = next((data[key] for key in ("tools", "functions") if key in data), data) if isinstance(data, dict) else data
    if isinstance(listed, dict):
        listed = [listed]
    if not isinstance(listed, list) or not listed:
        raise refused(f"`{argument}` holds no list of tools", 'write `[{"type": "function", "function": {…}}, …]`')
    licence = data.get("licence") or data.get("license") if isinstance(data, dict) else None
    return Snapshot(source=argument, digest=digest(data), functions=tuple(read_tool(each, argument) for each in listed),
                    **({"licence": str(licence)} if licence else {}))


def read_tool(data: Json, source: str) -> dict[str, Json]:
    """One tool of a list. Raises MG502 when it is none."""
    function = data.get("function", data) if isinstance(data, dict) else None
    if not isinstance(function, dict) or not isinstance(function.get("name"), str):
        raise refused(f"`{source}` holds what is no tool: {json.dumps(data, ensure_ascii=False)[:60]}",
                      "a tool is an object with a `name`")
    parameters = next((function[key] for key in _INPUT if function.get(key)), None) or object_schema({}, ())
    if not isinstance(parameters, dict) or not isinstance(parameters.get("properties", {}), dict):
        raise refused(f"the parameters of `{function['name']}` in `{source}` are no object schema",
                      'write `{"type": "object", "properties": {…}}`')
    returns = next((function[key] for key in _OUTPUT if isinstance(function.get(key), dict)), None)
    effect = function.get("effect")
    return raw_tool(function["name"], str(function.get("description") or ""), parameters, returns,
                    effect if effect in ("reads", "writes") else _hinted(function.get("annotations")))


def _hinted(annotations: Json) -> str | None:
    """The effect that annotations of MCP claim."""
    hint = annotations.get("readOnlyHint") if isinstance(annotations, dict) else None
    return None if hint is None else "reads" if hint else "writes"


def openai_tools(functions: Iterable[Mapping[str, Json]]) -> list[dict[str, Json]]:
    """Raw tools in OpenAI's format; `returns` and `effect`, which it has no place for, stand beside the rest."""
    return [{"type": "function", "function": dict(function)} for function in functions]
