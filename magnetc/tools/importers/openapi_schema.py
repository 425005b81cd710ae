"""Schemas of an OpenAPI document as JSON Schema 2020: references followed or kept as definitions, words of 3.0 replaced."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from magnetc.ir.json import Json
from magnetc.tools.importers.importer import refused

_DROPPED = ("xml", "externalDocs", "discriminator", "nullable", "example")
_ONE = ("additionalProperties", "items", "not", "contains", "propertyNames", "if", "then", "else", "unevaluatedProperties")
_MANY = ("allOf", "anyOf", "oneOf", "prefixItems")
_NAMED = ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas")
_DEEP = 32


class References:
    """Reads schemas of one tool; `definitions` are those that it refers to."""

    def __init__(self, document: Mapping[str, Any]):
        self._document = document
        self.definitions: dict[str, Json] = {}

    def resolved(self, data: Any) -> Mapping[str, Any]:
        """What stands behind a reference; the thing itself when it is none."""
        for _ in range(_DEEP):
            if not isinstance(data, dict) or "$ref" not in data:
                break
            data = self._at(data["$ref"])
        return data if isinstance(data, dict) else {}

    def merged(self, schema: Any) -> dict[str, Any]:
        """A schema behind its references, the parts of `allOf` in one, as far as they are objects."""
        own = dict(self.resolved(schema))
        whole: dict[str, Any] = {}
        for part in [*map(self.merged, own.pop("allOf", ())), own]:
            properties = {**whole.get("properties", {}), **part.get("properties", {})}
            required = [*whole.get("required", ()), *part.get("required", ())]
            whole = {**whole, **part, **({"properties": properties} if properties else {}), **({"required": required} if required else {})}
        if whole.get("properties") and "type" not in whole:
            whole["type"] = "object"
        return whole

    def schema(self, schema: Any) -> dict[str, Json]:
        """The schema with references into the document turned into references to `definitions`."""
        if not isinstance(schema, dict):
            return {} if schema is not False else {"not": {}}
        if "$ref" in schema:
            beside = {key: value for key, value in schema.items() if key != "$ref"}
            return {"$ref": f"#/$defs/{self._define(schema['$ref'])}", **self.schema(beside)}
        found: dict[str, Json] = {}
        for key, value in schema.items():
            if key in _ONE:
                found[key] = self.schema(value) if isinstance(value, dict) else value
            elif key in _MANY:
                found[key] = [self.schema(each) for each in value]
            elif key in _NAMED:
                found[key] = {name: self.schema(inner) for name, inner in value.items()}
            elif key not in _DROPPED:
                found[key] = value
        return _modern(found, schema)

    def defined(self, schema: dict[str, Json]) -> dict[str, Json]:
        """`schema` with the definitions it refers to."""
        return {**schema, "$defs": dict(sorted(self.definitions.items()))} if self.definitions else schema

    def _define(self, reference: str) -> str:
        name = reference.rpartition("/")[2]
        if name not in self.definitions:
            self.definitions[name] = {}
            self.definitions[name] = self.schema(self._at(reference))
        return name

    def _at(self, reference: str) -> Any:
        if not reference.startswith("#/"):
            raise refused(f"the document refers to another one, `{reference}`", "bundle it into one file first, with `redocly bundle`")
        node: Any = self._document
        for token in reference[2:].split("/"):
            token = unquote(token).replace("~1", "/").replace("~0", "~")
            try:
                node = node[int(token)] if isinstance(node, list) else node[token]
            except (LookupError, ValueError, TypeError):
                raise refused(f"the document has nothing at `{reference}`", "mend the reference, then import again") from None
        return node


def _modern(found: dict[str, Json], schema: Mapping[str, Any]) -> dict[str, Json]:
    """Words of OpenAPI 3.0 in those of JSON Schema: `nullable`, `example`, and bounds that are exclusive by a flag."""
    if "example" in schema and "examples" not in schema:
        found["examples"] = [schema["example"]]
    for bound, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        if isinstance(found.get(exclusive), bool):
            is_exclusive = found.pop(exclusive)
            if is_exclusive and bound in found:
                found[exclusive] = found.pop(bound)
    if schema.get("nullable") and isinstance(found.get("type"), str):
        found["type"] = [found["type"], "null"]
        if "enum" in found and None not in found["enum"]:
            found["enum"] = [*found["enum"], None]
    return found
