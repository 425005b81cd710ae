"""Constraints of a field: the arguments of pydantic's `Field`, of annotated-types and their like, as JSON Schema."""

from __future__ import annotations

import ast
from typing import Any

from magnetc.tools.importers.python.module import Module, dotted, literal

KEYWORDS = {"ge": "minimum", "le": "maximum", "gt": "exclusiveMinimum", "lt": "exclusiveMaximum", "multiple_of": "multipleOf",
            "pattern": "pattern", "regex": "pattern", "examples": "examples", "description": "description", "title": "title",
            "help": "description"}
LENGTHS = {"min_length": ("minLength", "minItems"), "max_length": ("maxLength", "maxItems")}
NOTES = {"Ge": "ge", "Le": "le", "Gt": "gt", "Lt": "lt", "MultipleOf": "multiple_of", "MinLen": "min_length",
         "MaxLen": "max_length", "Doc": "description"}
"""Classes of annotated-types (and PEP 727) with one argument, and the keyword that says the same."""


def constrained(schema: dict[str, Any], call: ast.Call, module: Module) -> dict[str, Any]:
    """`schema` with what `call` says of it; arguments that are no literals are not known."""
    said: dict[str, ast.expr] = {each.arg: each.value for each in call.keywords if each.arg}
    note = NOTES.get(module.means(dotted(call.func)))
    if note and call.args:
        said[note] = call.args[0]
    found = dict(schema)
    for word, node in said.items():
        try:
            value = literal(node)
        except ValueError:
            continue
        if word in LENGTHS:
            found[LENGTHS[word][schema.get("type") == "array"]] = value
        elif word == "example":
            found["examples"] = [value]
        elif word in KEYWORDS and value is not None:
            found[KEYWORDS[word]] = value
    return found
