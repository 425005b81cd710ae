"""Calls against the tools that a row offers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError
from jsonschema.validators import validator_for
from referencing import Registry
from referencing.exceptions import Unresolvable

from magnetc.diagnostics.suggest import closest
from magnetc.emit.foreign.row import Called, Offered, Problem, Row
from magnetc.frontend.json_schema import TYPE_NAMES
from magnetc.ir.json import Json, wire
from magnetc.ir.read_json import load_finite
from magnetc.source.origin import escape

ANY = frozenset({"any", "Any"})
"""What function documents name a type that takes anything."""

MOST_SHOWN = 60
"""Characters of a value that a message quotes."""

CODES = {"required": "MG822", "additionalProperties": "MG823", "unevaluatedProperties": "MG823", "type": "MG824", "enum": "MG825", "const": "MG825"}
"""The code for what a schema's keyword refuses; MG826 for others."""


def calls(row: Row) -> Iterator[Problem]:
    """What is wrong with the calls that a row trains: those of weight 0 are context, and the rejected side is wrong on purpose."""
    offered = {tool.name: tool for tool in row.tools or ()}
    shown = "\n".join(said.content for said in row.messages if said.role == "system") if row.tools is None else ""
    for said in row.messages:
        for call in said.calls if said.weight != 0 else ():
            tool = offered.get(call.name)
            if tool is not None:
                yield from _against(tool, call)
            elif call.name and call.name not in shown:
                yield Problem("MG820", f"a call of `{call.name}`, which the row does not offer{_near(call.name, offered)}", call.at)


def _near(name: str, offered: Mapping[str, Offered]) -> str:
    if not offered:
        return ": it offers no tools"
    near = closest(name, list(offered))
    return f": did you mean `{near}`?" if near else ""


def _against(tool: Offered, call: Called) -> Iterator[Problem]:
    """Arguments against the schema of their tool."""
    given = call.arguments
    schema = checked(wire(tool.parameters)).schema if tool.parameters is not None else None
    if given is None or schema is None:
        return
    properties = schema.get("properties")
    if isinstance(properties, dict) and "additionalProperties" not in schema and "patternProperties" not in schema and not _open(schema):
        for name in given.keys() - properties.keys():
            yield Problem("MG823", f"`{tool.name}` has no parameter `{name}`{_similar(name, properties)}", f"{call.at_arguments}/{escape(name)}")
    missing: set[tuple[str, str]] = set()
    try:
        for error in validator(wire(schema)).iter_errors(given):
            yield from _violation(tool.name, call, error, missing)
    except (Unresolvable, RecursionError):
        yield Problem("MG804", f"the tool `{tool.name}`: its parameters refer to what is not in them, and so nothing is known of what it takes", call.at)


def _open(schema: Mapping[str, Json]) -> bool:
    """Whether parameters may be named elsewhere than under `properties`."""
    return any(key in schema for key in ("allOf", "anyOf", "oneOf", "$ref", "if", "dependentSchemas"))


def _similar(name: str, properties: Mapping[str, Json]) -> str:
    near = closest(name, list(properties))
    return f": did you mean `{near}`?" if near else ""


def _violation(name: str, call: Called, error: Any, missing: set[tuple[str, str]]) -> Iterator[Problem]:
    path = "".join(f"/{escape(str(token))}" for token in error.absolute_path)
    where, at = f"`{path[1:]}` of `{name}`" if path else f"`{name}`", f"{call.at_arguments}{path}"
    code = CODES.get(str(error.validator), "MG826")
    shown = _shown(error.instance)
    match error.validator:
        case "required":
            for each in (each for each in error.validator_value if each not in error.instance and (path, each) not in missing):
                missing.add((path, each))
                yield Problem(code, f"{where} is not given `{each}`, which it requires", at)
        case "additionalProperties" | "unevaluatedProperties":
            known = error.schema.get("properties", {})
            extra = sorted(error.instance.keys() - known.keys()) if error.validator_value is False else []
            for each in extra:
                what = "field" if path else "parameter"
                yield Problem(code, f"{where} has no {what} `{each}`{_similar(each, known)}", f"{at}/{escape(each)}")
            if not extra:
                yield Problem("MG826", f"{where} is given fields that its schema does not take", at)
        case "type":
            wanted = error.validator_value
            yield Problem(code, f"{where} takes {_type(wanted)}, and is given {shown}", at)
        case "enum":
            values = ", ".join(_shown(each) for each in error.validator_value[:8])
            yield Problem(code, f"{where} takes {values}{' and others' * (len(error.validator_value) > 8)}, and is given {shown}", at)
        case "const":
            yield Problem(code, f"{where} takes {_shown(error.validator_value)}, and is given {shown}", at)
        case "anyOf" | "oneOf" if error.context and all(inner.validator == "type" and not inner.path for inner in error.context):
            wanted = [each for inner in error.context for each in ([inner.validator_value] if isinstance(inner.validator_value, str) else inner.validator_value)]
            yield Problem("MG824", f"{where} takes {_type(wanted)}, and is given {shown}", at)
        case _:
            yield Problem(code, f"{where} is given {shown}, which `{error.validator}` of its schema does not take", at)


def _type(wanted: str | list[str]) -> str:
    names = {"integer": "an integer", "object": "an object", "array": "a list", "string": "a text", "null": "null", "boolean": "true or false"}
    return " or ".join(names.get(each, f"a {each}") for each in dict.fromkeys([wanted] if isinstance(wanted, str) else wanted))


def _shown(value: Json) -> str:
    text = wire(value)
    return f"`{text if len(text) <= MOST_SHOWN else text[:MOST_SHOWN - 1] + '…'}`"


class Checked:
    """A schema of parameters as JSON Schema, None where it cannot be one, and what is wrong with the way it is written."""

    __slots__ = ("problem", "schema")

    def __init__(self, schema: dict[str, Json] | None, problem: str = ""):
        self.schema, self.problem = schema, problem


@lru_cache(maxsize=2048)
def checked(text: str) -> Checked:
    """The schema that `text` writes, with types named as JSON Schema names them."""
    schema = load_finite(text)
    if not isinstance(schema, dict):
        return Checked(None, "its parameters are no object")
    plain, renamed = _flat(schema)
    try:
        mended = _mended(plain, found := set[str]())
        validator_for(mended, default=Draft202012Validator).check_schema(mended)
        broken = _pattern(mended)
    except (SchemaError, Unresolvable) as error:
        return Checked(None, f"its parameters are no JSON Schema: {str(getattr(error, 'message', error)).splitlines()[0][:160]}")
    if broken:
        return Checked(None, f"its pattern `{broken}` is no regular expression")
    if renamed:
        return Checked(mended, "its parameters are no JSON Schema: they stand where `properties` has to")
    if found:
        return Checked(mended, f"its parameters are no JSON Schema: {', '.join(f'`{each}`' for each in sorted(found))} {'is no type' if len(found) == 1 else 'are no types'}")
    return Checked(mended)


def _flat(schema: dict[str, Json]) -> tuple[dict[str, Json], bool]:
    """Parameters by name alone, as some collections have them, are the properties of an object."""
    if schema and "properties" not in schema and all(isinstance(each, dict) for each in schema.values()) and not schema.keys() & {"not", "if", "$defs"}:
        return {"type": "object", "properties": schema}, True
    return schema, False


def _mended(schema: Any, found: set[str]) -> Any:
    """The schema with the types of function documents named as JSON Schema names them; `found` is given those."""
    if isinstance(schema, list):
        return [_mended(each, found) for each in schema]
    if not isinstance(schema, dict):
        return schema
    made: dict[str, Json] = {}
    for key, value in schema.items():
        if key == "type" and isinstance(value, str):
            known = TYPE_NAMES.get(value) or TYPE_NAMES.get(value.partition(",")[0].strip()) or (value.partition(",")[0] if "," in value else None)
            if value in ANY or known:
                found.add(value)
            if value not in ANY:
                made[key] = known or value
        elif key == "required" and isinstance(value, bool):
            found.add("required: true")
        elif key in ("properties", "$defs", "definitions", "patternProperties") and isinstance(value, dict):
            made[key] = {name: _mended(each, found) for name, each in value.items()}
        elif key in ("enum", "const", "default", "examples", "required"):
            made[key] = value
        else:
            made[key] = _mended(value, found)
    return made


def _pattern(schema: Any) -> str:
    """A pattern in the schema that is no regular expression; empty where all are."""
    for key, value in schema.items() if isinstance(schema, dict) else enumerate(schema) if isinstance(schema, list) else ():
        patterns = [value] if key == "pattern" and isinstance(value, str) else list(value) if key == "patternProperties" and isinstance(value, dict) else []
        for pattern in patterns:
            try:
                re.compile(pattern)
            except re.error:
                return pattern[:MOST_SHOWN]
        if key not in ("enum", "const", "default", "examples") and (inner := _pattern(value)):
            return inner
    return ""


@lru_cache(maxsize=1024)
def validator(text: str) -> Any:
    """The validator of a schema. It follows references within the schema alone, and fetches none."""
    schema = load_finite(text)
    return validator_for(schema, default=Draft202012Validator)(schema, registry=Registry())


def schemas(tools: tuple[Offered, ...]) -> Iterator[tuple[Offered, str]]:
    """The tools whose parameters are not written as JSON Schema, and what is wrong with them."""
    for tool in tools:
        problem = checked(wire(tool.parameters)).problem if tool.parameters is not None else ""
        if problem:
            yield tool, problem
