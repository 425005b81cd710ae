"""A JSON Schema as one Python function: closures made once, instead of a schema that is read anew for every value.

What a schema of `grammar/schema/` can say is compiled (draft-07, with whole numbers that are integers as YAML writes them).
A subschema that says more, which only a plugin's options can, is left to the `jsonschema` library.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

from magnetc.ir.json import Json

Path = tuple[Any, Any] | None
"""Where a value stands: the path of what holds it, and its key or index. None at the root."""


class Violated(NamedTuple):
    """A keyword that a value does not satisfy. `is_key`: the value is the name of a key, the last token of `path`."""

    keyword: str
    rule: Any
    value: Json
    schema: dict[str, Any]
    path: list[str | int]
    is_key: bool


Check = Callable[[Any, Path, list[Violated]], None]
"""Adds what a value at a path violates to a list."""

_CLASSES: dict[str, tuple[type, ...]] = {"string": (str,), "integer": (int,), "number": (int, float), "boolean": (bool,), "array": (list,),
                                         "object": (dict,), "null": (type(None),)}
_MUTE = frozenset(("$schema", "title", "description", "definitions", "default", "examples", "then", "else", "x-to-come", "x-names", "writeOnly"))


def compile_schema(schema: dict[str, Any]) -> Callable[[Any], list[Violated]]:
    """A function from a value to all that it violates, in the order of the schema's keywords and of the value."""
    definitions = schema.get("definitions", {})
    checks: dict[str, Check] = {}
    checks.update((f"#/definitions/{name}", _check(inner, definitions, checks)) for name, inner in definitions.items())
    check = _check(schema, definitions, checks)

    def violated(value: Any) -> list[Violated]:
        found: list[Violated] = []
        check(value, None, found)
        return found

    return violated


def _check(schema: Any, definitions: Mapping[str, Any], checks: Mapping[str, Check]) -> Check:
    if schema is True:
        return lambda value, path, found: None
    if not isinstance(schema, dict) or not _is_known(schema, definitions):
        return _by_library(schema, definitions)
    if "$ref" in schema:  # its siblings say nothing in draft-07
        reference = schema["$ref"]
        return lambda value, path, found: checks[reference](value, path, found)
    compiled = partial(_check, definitions=definitions, checks=checks)
    rules = tuple(_RULES[keyword](schema, compiled) for keyword in schema if keyword not in _MUTE)
    if len(rules) == 1:
        return rules[0]

    def every(value: Any, path: Path, found: list[Violated]) -> None:
        for rule in rules:
            rule(value, path, found)

    return every


def _is_known(schema: dict[str, Any], definitions: Mapping[str, Any]) -> bool:
    """Whether each keyword of a schema is compiled, in the form that it has."""
    if "$ref" in schema:
        return isinstance(schema["$ref"], str) and schema["$ref"].removeprefix("#/definitions/") in definitions
    types = schema.get("type", [])
    return (
        all(keyword in _RULES or keyword in _MUTE for keyword in schema)
        and all(name in _CLASSES for name in ([types] if isinstance(types, str) else types))
        and not isinstance(schema.get("items"), list)
        and all(isinstance(needed, list) for needed in schema.get("dependencies", {}).values())
    )


def _by_library(schema: Any, definitions: Mapping[str, Any]) -> Check:
    from jsonschema import Draft7Validator, validators

    types = Draft7Validator.TYPE_CHECKER.redefine("integer", lambda _, value: isinstance(value, int) and not isinstance(value, bool))
    library: Any = validators.extend(Draft7Validator, type_checker=types)
    validator = library({**schema, "definitions": definitions} if isinstance(schema, dict) else schema)

    def check(value: Any, path: Path, found: list[Violated]) -> None:
        for error in validator.iter_errors(value):
            is_key = "propertyNames" in error.absolute_schema_path
            rest = [*error.absolute_path, *([error.instance] if is_key else [])]
            found.append(Violated(str(error.validator), error.validator_value, error.instance,
                                  error.schema if isinstance(error.schema, dict) else {}, [*_tokens(path), *rest], is_key))

    return check


def _tokens(path: Path) -> list[str | int]:
    tokens = []
    while path is not None:
        path, token = path
        tokens.append(token)
    return tokens[::-1]


Compiled = Callable[[Any], Check]


def _rule(keyword: str, holds: Callable[[Any], Callable[[Any], bool]]) -> Callable[[dict[str, Any], Compiled], Check]:
    """A keyword of which `holds(rule)` tells, by the value alone, whether it is satisfied."""

    def make(schema: dict[str, Any], compiled: Compiled) -> Check:
        rule = schema[keyword]
        is_satisfied = holds(rule)

        def check(value: Any, path: Path, found: list[Violated]) -> None:
            if not is_satisfied(value):
                found.append(Violated(keyword, rule, value, schema, _tokens(path), False))

        return check

    return make


def _type(schema: dict[str, Any], compiled: Compiled) -> Check:
    rule = schema["type"]
    names = [rule] if isinstance(rule, str) else rule
    exact = frozenset(each for name in names for each in _CLASSES[name])
    derived = tuple(exact)

    def check(value: Any, path: Path, found: list[Violated]) -> None:
        kind = type(value)
        if kind not in exact and (kind is bool or not isinstance(value, derived)):
            found.append(Violated("type", rule, value, schema, _tokens(path), False))

    return check


def _properties(schema: dict[str, Any], compiled: Compiled) -> Check:
    inner = [(name, compiled(each)) for name, each in schema["properties"].items()]

    def check(value: Any, path: Path, found: list[Violated]) -> None:
        if isinstance(value, dict):
            for name, of in inner:
                if name in value:
                    of(value[name], (path, name), found)

    return check


def _additional(schema: dict[str, Any], compiled: Compiled) -> Check:
    rule, known = schema["additionalProperties"], frozenset(schema.get("properties", ()))
    of = None if rule is False else compiled(rule)

    def check(value: Any, path: Path, found: list[Violated]) -> None:
        if not isinstance(value, dict):
            return
        if of is None:
            if not known.issuperset(value):
                found.append(Violated("additionalProperties", rule, value, schema, _tokens(path), False))
            return
        for name, each in value.items():
            if name not in known:
                of(each, (path, name), found)

    return check


def _names(schema: dict[str, Any], compiled: Compiled) -> Check:
    of = compiled(schema["propertyNames"])

    def check(value: Any, path: Path, found: list[Violated]) -> None:
        if isinstance(value, dict):
            named: list[Violated] = []
            for name in value:
                of(name, (path, name), named)
            found += [each._replace(is_key=True) for each in named]

    return check


def _items(schema: dict[str, Any], compiled: Compiled) -> Check:
    of = compiled(schema["items"])

    def check(value: Any, path: Path, found: list[Violated]) -> None:
        if isinstance(value, list):
            for index, each in enumerate(value):
                of(each, (path, index), found)

    return check


def _if(schema: dict[str, Any], compiled: Compiled) -> Check:
    test, then, otherwise = (compiled(schema.get(keyword, True)) for keyword in ("if", "then", "else"))

    def check(value: Any, path: Path, found: list[Violated]) -> None:
        missed: list[Violated] = []
        test(value, path, missed)
        (otherwise if missed else then)(value, path, found)

    return check


def _number(compare: Callable[[Any, Any], bool]) -> Callable[[Any], Callable[[Any], bool]]:
    return lambda rule: lambda value: isinstance(value, bool) or not isinstance(value, (int, float)) or compare(value, rule)


def _sized(kind: type, compare: Callable[[int, int], bool]) -> Callable[[Any], Callable[[Any], bool]]:
    return lambda rule: lambda value: not isinstance(value, kind) or compare(len(value), rule)


def _pattern(rule: str) -> Callable[[Any], bool]:
    search = re.compile(rule).search
    return lambda value: not isinstance(value, str) or search(value) is not None


def _required(rule: list[str]) -> Callable[[Any], bool]:
    return lambda value: not isinstance(value, dict) or all(name in value for name in rule)


def _depends(rule: dict[str, list[str]]) -> Callable[[Any], bool]:
    return lambda value: not isinstance(value, dict) or all(name in value for key, needed in rule.items() if key in value for name in needed)


def _enum(rule: list[Json]) -> Callable[[Any], bool]:
    words = frozenset(map(_frozen, rule))
    return lambda value: _frozen(value) in words


def _unique(rule: bool) -> Callable[[Any], bool]:
    def is_unique(value: Any) -> bool:
        return not isinstance(value, list) or len(set(map(_frozen, value))) == len(value)

    return is_unique if rule else lambda value: True


def _frozen(value: Any) -> Any:
    """A key that is equal for equal JSON values only: `1` is `1.0`, and `true` is not `1`."""
    if isinstance(value, bool):
        return (bool, value)
    if isinstance(value, list):
        return (list, tuple(map(_frozen, value)))
    if isinstance(value, dict):
        return (dict, frozenset((name, _frozen(each)) for name, each in value.items()))
    return value


_at_least, _at_most = (lambda size, rule: size >= rule), (lambda size, rule: size <= rule)

_RULES: dict[str, Callable[[dict[str, Any], Compiled], Check]] = {
    "type": _type,
    "properties": _properties,
    "additionalProperties": _additional,
    "propertyNames": _names,
    "items": _items,
    "if": _if,
    **{keyword: _rule(keyword, holds) for keyword, holds in (
        ("const", lambda rule: _enum([rule])),
        ("enum", _enum),
        ("required", _required),
        ("dependencies", _depends),
        ("uniqueItems", _unique),
        ("pattern", _pattern),
        ("minimum", _number(_at_least)),
        ("maximum", _number(_at_most)),
        ("exclusiveMinimum", _number(lambda value, rule: value > rule)),
        ("exclusiveMaximum", _number(lambda value, rule: value < rule)),
        ("minLength", _sized(str, _at_least)),
        ("maxLength", _sized(str, _at_most)),
        ("minItems", _sized(list, _at_least)),
        ("maxItems", _sized(list, _at_most)),
        ("minProperties", _sized(dict, _at_least)),
        ("maxProperties", _sized(dict, _at_most)),
    )},
}
