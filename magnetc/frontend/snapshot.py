"""Imported tools: what `tools from` names, read from the snapshot in `magnetc.lock` and never from its source."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

from magnetc.diagnostics import Diagnostic, Label, Sink
from magnetc.frontend.document import Document
from magnetc.frontend.include import Included, leaves
from magnetc.frontend.json_schema import imported_tool
from magnetc.frontend.names import items
from magnetc.frontend.read_text import MAX_BYTES
from magnetc.ir.read_json import read_json
from magnetc.ir.signature import FunctionSignature
from magnetc.source import Origin, SourceFile, Span

LOCK = "magnetc.lock"
_RELOCK = "run `magnetc lock DIR` to write it anew"


class Importer(Protocol):
    """Reads raw tools `{name, description, parameters, returns}`, the last two JSON Schemas, out of a lock."""

    def __call__(self, argument: str, lock: Mapping[str, Any] | None, /) -> list[dict[str, Any]] | Diagnostic: ...


def read_snapshot(folder: Path, sink: Sink) -> Mapping[str, Any] | None:
    """The lock beside a recipe; None when there is none, or after MG503 when it cannot be read."""
    try:
        if not sink.disk.is_there(folder / LOCK):
            return None
        if not sink.disk.is_file(folder / LOCK):
            raise ValueError("it is no file")
        if leaves(folder, Included(LOCK, folder / LOCK), sink):
            return None
        if (size := sink.disk.size(folder / LOCK)) > MAX_BYTES:
            raise ValueError(f"it has {size:,} bytes, and {MAX_BYTES:,} is the most that is read")
        lock = read_json(sink.disk.read(folder / LOCK).decode("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        _unreadable(error, sink)
        return None
    tools = lock.get("tools") if isinstance(lock, dict) else None
    if not isinstance(tools, dict) or not all(isinstance(each, dict) and isinstance(each.get("functions"), list)
                                              for each in tools.values()):
        sink.error("MG503", f"`{LOCK}` is not a lock: each entry of `tools` has to hold `functions`", Origin(LOCK, "/tools" if tools else ""),
                   at_key=True, help=_RELOCK)
        return None
    return lock


def _unreadable(error: Exception, sink: Sink) -> None:
    if isinstance(error, json.JSONDecodeError):
        sink.add_file(SourceFile(LOCK, error.doc))
        sink.error("MG503", f"`{LOCK}` is not JSON: {error.msg[:1].lower()}{error.msg[1:]}", Span(LOCK, error.pos, min(error.pos + 1, len(error.doc))),
                   help=_RELOCK)
    else:
        sink.error("MG503", f"`{LOCK}` cannot be read: {error}", help=_RELOCK)


def import_tools(documents: Iterable[Document], lock: Mapping[str, Any] | None, importers: Mapping[str, Importer],
                 sink: Sink) -> list[FunctionSignature]:
    """All tools that the documents import, in the order of their imports; the same import counts once."""
    wanted: dict[tuple[str, str], Origin] = {}
    for data, origin in items(documents, "tools", "from"):
        for importer, argument in data.items():
            wanted.setdefault((importer, argument), origin.child(importer))
    return [tool for (importer, argument), origin in wanted.items()
            for tool in _import(importer, argument, origin, lock, importers, sink)]


def _import(importer: str, argument: str, origin: Origin, lock: Mapping[str, Any] | None,
            importers: Mapping[str, Importer], sink: Sink) -> list[FunctionSignature]:
    if lock is None or f"{importer}:{argument}" not in lock["tools"] or importer not in importers:
        sink.error("MG501", f"tools from {importer} `{argument}` are not in {LOCK}", origin,
                   help="run `magnetc lock DIR` to import them")
        return []
    found = importers[importer](argument, lock)
    if isinstance(found, Diagnostic):
        sink.emit(found if found.primary else replace(found, primary=Label(origin)))
        return []
    seen = _observed(lock, sink)
    try:
        return [imported_tool(_with_result(raw, seen), argument, origin) for raw in found]
    except ValueError as error:
        sink.error("MG503", f"`{LOCK}` holds a tool of `{importer}:{argument}` that cannot be read: {error}", origin,
                   help=_RELOCK)
        return []


def _observed(lock: Mapping[str, Any], sink: Sink) -> dict[str, Any]:
    """What `magnetc probe` saw each tool return, by name."""
    section = lock.get("behaviour") or {}
    tools = (section.get("tools") or {}) if isinstance(section, dict) else None
    if not isinstance(tools, dict) or not all(isinstance(each, dict) for each in tools.values()):
        sink.error("MG503", f"`behaviour` of `{LOCK}` cannot be read", help="run `magnetc probe DIR` to write it anew")
        return {}
    return {name: each["returns"] for name, each in tools.items() if each.get("returns")}


def _with_result(raw: Any, seen: Mapping[str, Any]) -> Any:
    """A raw tool that says nothing of its result, with what `magnetc probe` saw it return."""
    if not isinstance(raw, dict) or "returns" in raw or not isinstance(raw.get("name"), str) or raw["name"] not in seen:
        return raw
    return {**raw, "returns": seen[raw["name"]]}
