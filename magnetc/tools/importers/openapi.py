"""Operations of an OpenAPI 3.0 or 3.1 document as tools.

    tools from openapi "petstore.yaml"           # every operation
    tools from openapi "petstore.yaml#pets"      # those with a tag

Parameters of path, query, header and cookie are the tool's, and so are the fields of a JSON body that is an object; any other body
is its parameter `body`. What it returns is the JSON of its first success. GET and HEAD read, all else writes. References to
the document's schemas become definitions of the tool's, recursive ones included.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from magnetc.extras import not_installed
from magnetc.ir.json import Json, digest
from magnetc.ir.read_json import check_depth
from magnetc.tools.importers.importer import (
    Place,
    Snapshot,
    object_schema,
    raw_tool,
    read_source,
    refused,
)
from magnetc.tools.importers.openapi_schema import References

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_SET_BY_CLIENTS = ("authorization", "accept", "content-type")


class _Loader(yaml.CSafeLoader):
    """YAML as JSON knows it: a date is text."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


def import_openapi(argument: str, place: Place) -> Snapshot:
    """The operations of the document that `argument` names."""
    name, _, tag = argument.partition("#")
    document = read_document(name, place)
    functions: dict[str, dict[str, Json]] = {}
    tags: set[str] = set()
    for operation in operations(document):
        tags.update(operation.tags)
        if not tag or tag in operation.tags:
            functions.setdefault(operation.name, operation.tool)
    if not functions:
        known = ", ".join(f"`{each}`" for each in sorted(tags))
        raise refused(f"`{argument}` has no operations", f"its tags are {known}" if known and tag else "it has no `paths`")
    licence = (document.get("info") or {}).get("license") or {}
    return Snapshot(
        source=argument,
        digest=digest(document),
        functions=tuple(functions.values()),
        licence=str(licence.get("identifier") or licence.get("name") or "unknown"),
    )


def read_document(name: str, place: Place) -> dict[str, Any]:
    """The document, valid as far as `openapi-spec-validator` (extra `openapi`) can tell."""
    document = parse_document(name, place.folder)
    _validate(name, document)
    return document


def parse_document(name: str, folder: Path) -> dict[str, Any]:
    """The document as it stands in a file below `folder`. Raises MagnetError (MG502) when it is no OpenAPI 3 document."""
    text, _ = read_source(folder / PurePosixPath(name))
    try:
        document = yaml.load(text, Loader=_Loader)
        check_depth(document)
        digest(document).encode()
    except (yaml.YAMLError, ValueError, TypeError, RecursionError) as error:
        raise refused(f"`{name}` is neither YAML nor JSON: {' '.join(str(error).split())[:200]}", "mend it, then import again") from None
    version = document.get("openapi") if isinstance(document, dict) else None
    if not str(version).startswith("3."):
        raise refused(
            f"`{name}` is no OpenAPI 3 document",
            "convert a Swagger 2 document first, with swagger2openapi for one"
            if isinstance(document, dict) and "swagger" in document
            else "it has to begin with `openapi: 3…`",
        )
    return document


def _validate(name: str, document: dict[str, Any]) -> None:
    try:
        from openapi_spec_validator import OpenAPIV30SpecValidator, OpenAPIV31SpecValidator
    except ImportError:
        raise not_installed("openapi-spec-validator", "openapi") from None
    kind = OpenAPIV30SpecValidator if document["openapi"].startswith("3.0") else OpenAPIV31SpecValidator
    try:
        found = list(kind(document).iter_errors())
    except Exception as error:  # what the validator's own libraries raise for a reference that leads nowhere
        raise refused(
            f"`{name}` cannot be validated: {type(error).__name__}: {error}",
            "bundle all that it refers to into one file first, with `redocly bundle`",
        ) from None
    if found:
        notes = tuple(f"at `/{'/'.join(map(str, each.absolute_path))}`: {each.message.splitlines()[0][:160]}" for each in found[:10])
        raise refused(f"`{name}` is not valid OpenAPI", "mend it, then import again", notes)


class Operation:
    """One operation: a method of a path.

    `inputs` says by parameter of the tool where its value goes: (place, name there). `declared` has the parameters as the document
    describes them, by (place, name); `media` is the content type of the body, `needs_body` whether there must be one; `security` lists the alternatives that it accepts.
    """

    def __init__(self, document: Mapping[str, Any], path: str, method: str, shared: list[Any], data: Mapping[str, Any]):
        self.path, self.method, self.tags = path, method, tuple(data.get("tags") or ())
        self.name = _name(data.get("operationId") or f"{method}_{path}")
        self.inputs: dict[str, tuple[str, str]] = {}
        self.declared: dict[tuple[str, str], Mapping[str, Any]] = {}
        self.media, self.needs_body = "", False
        self.security: list[Mapping[str, Any]] = data.get("security", document.get("security")) or []
        references = References(document)
        properties: dict[str, Json] = {}
        required: list[str] = []
        for parameter in _parameters([*shared, *(data.get("parameters") or ())], references):
            key = self._input(parameter["in"], parameter["name"])
            self.declared[parameter["in"], parameter["name"]] = parameter
            properties[key] = _parameter(parameter, references)
            if parameter.get("required") or parameter["in"] == "path":
                required.append(key)
        self._body(references.resolved(data.get("requestBody") or {}), references, properties, required)
        words = "\n\n".join(text.strip() for text in (data.get("summary"), data.get("description")) if text)
        returns = References(document)
        self.tool = raw_tool(
            self.name,
            words,
            references.defined(object_schema(properties, required)),
            _returns(data.get("responses") or {}, returns),
            "reads" if method in ("get", "head") else "writes",
        )

    def _input(self, place: str, name: str) -> str:
        """The tool's parameter for a value; the same name in two places is told apart by the place."""
        key = name if name not in self.inputs else f"{place}_{name}"
        self.inputs[key] = (place, name)
        return key

    def _body(self, body: Mapping[str, Any], references: References, properties: dict[str, Json], required: list[str]) -> None:
        content = body.get("content") or {}
        schema = _json_of(content)
        if schema is None:
            return
        self.media, self.needs_body = _kind_of(content), bool(body.get("required"))
        whole = references.merged(schema)
        if whole.get("type") == "object" and isinstance(whole.get("properties"), dict):
            for name, inner in whole["properties"].items():
                converted = references.schema(inner)
                if converted.get("readOnly"):
                    continue
                key = self._input("body", name)
                properties[key] = converted
                if name in (whole.get("required") or ()) and body.get("required", False):
                    required.append(key)
            return
        key = self._input("body", "body")
        self.inputs[key] = ("body", "")
        described = {"description": body["description"]} if body.get("description") else {}
        properties[key] = {**references.schema(schema), **described}
        if body.get("required"):
            required.append(key)


def operations(document: Mapping[str, Any]) -> Iterator[Operation]:
    """All operations of a document, in its order; deprecated ones are left out."""
    references = References(document)
    for path, item in (document.get("paths") or {}).items():
        item = references.resolved(item or {})
        for method in METHODS:
            data = item.get(method)
            if isinstance(data, dict) and not data.get("deprecated"):
                yield Operation(document, path, method, list(item.get("parameters") or ()), data)


def _parameters(given: list[Any], references: References) -> list[Mapping[str, Any]]:
    """The parameters of an operation: its own replace those of its path."""
    found: dict[tuple[str, str], Mapping[str, Any]] = {}
    for each in map(references.resolved, given):
        if each.get("in") == "header" and str(each.get("name")).lower() in _SET_BY_CLIENTS:
            continue
        found[each["in"], each["name"]] = each
    return list(found.values())


def _parameter(parameter: Mapping[str, Any], references: References) -> dict[str, Json]:
    schema = references.schema(parameter.get("schema") or _json_of(parameter.get("content") or {}) or {})
    if parameter.get("description"):
        schema = {**schema, "description": parameter["description"].strip()}
    examples = (
        [parameter["example"]]
        if "example" in parameter
        else [each["value"] for each in map(references.resolved, (parameter.get("examples") or {}).values()) if "value" in each]
    )
    return {**schema, "examples": examples} if examples else schema


def _returns(responses: Mapping[Any, Any], references: References) -> dict[str, Json] | None:
    """The schema of the first success that has JSON; nothing when one has no content, None when the document does not say."""
    successes = sorted((code for code in responses if str(code).startswith("2")), key=str)
    bare = False
    for code in [*successes, *(code for code in responses if code == "default" and not successes)]:
        content = references.resolved(responses[code]).get("content") or {}
        schema = _json_of(content)
        if schema is not None:
            return references.defined(references.schema(schema))
        bare = bare or not content
    return {"type": "null"} if bare and successes else None


def _json_of(content: Mapping[str, Any]) -> Any:
    """The schema of what is JSON, or a form, of a message's kinds of content; None when none is."""
    kind = _kind_of(content)
    return (content[kind] or {}).get("schema", {}) if kind else None


def _kind_of(content: Mapping[str, Any]) -> str:
    """Which of a message's kinds of content is JSON, else a form; empty when none is."""
    for wanted in (
        r"application/json",
        r"[\w.+/-]*\+json",
        r"\*/\*|application/\*",
        r"application/x-www-form-urlencoded|multipart/form-data",
    ):
        for kind in content:
            if re.fullmatch(wanted, str(kind).partition(";")[0].strip()):
                return kind
    return ""


def _name(text: str) -> str:
    """A tool's name: letters, digits and `_`."""
    return re.sub(r"_+", "_", re.sub(r"[^A-Za-z0-9_]", "_", text)).strip("_") or "call"
