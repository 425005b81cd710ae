"""What documents mean, apart from how a syntax writes it: two files of the same meaning make the same spec."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from magnetc.frontend.declared_schema import is_schema
from magnetc.frontend.document import Document
from magnetc.frontend.format.to_dsl_tools import where_text
from magnetc.frontend.inline_type import inline_type
from magnetc.ir.json import canonical

_BY_NAME = {("types", "types"), ("tools", "tools"), ("tools", "sets"), ("paths", "paths")}
"""Sections whose entries' order counts."""


def meaning(documents: Iterable[Document]) -> str:
    """Text that is the same for documents that mean the same, in whatever order of kinds and attributes they are written."""
    found: dict[str, dict[str, Any]] = {}
    for document in documents:
        key = f"{document.kind} {document.data.get('locale', '')}"
        parts = {section: _section(document.kind, section, value) for section, value in document.data.items()
                 if section not in ("kind", "domain")}
        kept = {section: value for section, value in parts.items() if value not in ([], {}) or (section, document.kind) == ("infer", "graph")}
        if kept:
            found[key] = found.get(key, {}) | kept
    return canonical(found)


def _section(kind: str, section: str, value: Any) -> Any:
    if (kind, section) in _BY_NAME:
        return [[name, _entry(section, each)] for name, each in value.items()]
    if (kind, section) == ("tools", "refine"):
        return {name: _refinement(each) for name, each in value.items()}
    if (kind, section) == ("turns", "refers"):
        return [{key: part for key, part in each.items() if key != "by" or each.get("pick") != "only"} for each in value]
    return _ordered(value) if kind in ("recipe", "operations") else value


def _entry(section: str, data: Any) -> Any:
    if not isinstance(data, dict):
        return data
    if section == "types":
        return {key: value for key, value in data.items() if (key, value) not in (("minted", False), ("volatile", False))}
    if section == "paths":
        rest = {key: value for key, value in data.items() if value not in ([], "")}
        return rest | ({"pattern": " ".join(rest["pattern"].split())} if "pattern" in rest else {})
    if is_schema(data.get("parameters")):
        return _tool(data) | {"parameters": _ordered(data["parameters"])}
    return _tool(data) | ({"parameters": [[name, _parameter(each)] for name, each in data["parameters"].items()]}
                          if data.get("parameters") else {})


def _tool(data: dict[str, Any]) -> dict[str, Any]:
    rest = {key: value for key, value in data.items() if key not in ("parameters", "where", "returns")}
    where = [where_text(text, "") for text in data.get("where", ())]
    return rest | ({"returns": _type(data["returns"])} if "returns" in data else {}) | ({"where": where} if where else {})


def _parameter(data: dict[str, Any]) -> dict[str, Any]:
    return {key: _type(value) if key == "type" else _ordered(value) if key == "default" else value for key, value in data.items()}


def _type(data: Any) -> Any:
    """A type expression, inline types in one spelling."""
    if isinstance(data, str):
        written = inline_type(data)
        return written.text if written else data
    if isinstance(data, dict):
        return ["map", [[key, _type(value)] for key, value in data.items()]]
    return [_type(each) for each in data] if isinstance(data, list) else data


def _refinement(data: dict[str, Any]) -> dict[str, Any]:
    parameters = {name: _parameter(each) for name, each in (data.get("parameters") or {}).items() if each}
    return _tool(data) | ({"parameters": parameters} if parameters else {})


def _ordered(data: Any) -> Any:
    """Data in which the order of keys counts."""
    if isinstance(data, dict):
        return ["map", [[key, _ordered(value)] for key, value in data.items()]]
    return [_ordered(each) for each in data] if isinstance(data, list) else data
