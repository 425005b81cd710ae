"""An importer reads the tools of one kind of source; its snapshot is what `magnetc.lock` keeps and `magnetc import` writes.

A raw tool is JSON, the same from every source:

    {"name": "cat", "description": "Display …", "parameters": {JSON Schema}, "returns": {JSON Schema}, "effect": "reads"}

`returns` and `effect` are there when the source says so. Schemas are kept as the source has them, definitions included.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from magnetc.diagnostics import Diagnostic, MagnetError
from magnetc.ir.inlined import inlined_tool
from magnetc.ir.json import Json, digest

MAX_BYTES = 64 * 1024 * 1024
"""Largest document of tools that is imported."""

MAX_DATA_BYTES = 1024 * 1024 * 1024
"""Largest file of data that tools are read off: the queries of ToolBench are some hundred megabytes."""

UNKNOWN = "unknown"
"""The licence of a source that names none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """What an import found. `source` says where, so that people find it again; `digest` is that of what was read there."""

    source: str
    digest: str
    functions: tuple[dict[str, Json], ...]
    licence: str = UNKNOWN

    def entry(self) -> dict[str, Json]:
        """The entry of `tools` in `magnetc.lock`, under its key `IMPORTER:ARGUMENT`."""
        return {"source": self.source, "licence": self.licence, "digest": self.digest, "functions": list(self.functions)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where an importer looks. Relative paths begin in `folder`.

    `site_packages` makes the recipe's own environment when it is asked for, and returns its package folder. `allow_code` is
    asked before a command runs, with the words that name it, and raises MG606 when the user trusts none such.
    """

    folder: Path
    site_packages: Callable[[], Path]
    allow_code: Callable[[str], None] = field(default=lambda _: None)


class Importer(Protocol):
    """Contacts the source that `argument` names.

    Raises:
        MagnetError: MG502 when it is not there, or not as expected.
    """

    def __call__(self, argument: str, place: Place, /) -> Snapshot: ...


def lock_key(importer: str, argument: str) -> str:
    return f"{importer}:{argument}"


def locked_functions(importer: str, argument: str, lock: Mapping[str, Json] | None) -> list[dict[str, Json]] | Diagnostic:
    """The raw tools of an import as `magnetc.lock` holds them; the source is not contacted."""
    entry = ((lock or {}).get("tools") or {}).get(lock_key(importer, argument))
    if entry is None:
        where = "`magnetc.lock` has no snapshot of" if lock else "there is no `magnetc.lock` with a snapshot of"
        return Diagnostic(code="MG501", message=f'{where} `tools from {importer} "{argument}"`',
                          help="run `magnetc lock DIR` to import it")
    return list(entry["functions"])


def raw_tool(name: str, description: str, parameters: Mapping[str, Json], returns: Mapping[str, Json] | None = None,
             effect: str | None = None) -> dict[str, Json]:
    """A raw tool; what its source does not say is left out."""
    raw: dict[str, Json] = {"name": name, "description": description.strip(), "parameters": dict(parameters)}
    if returns is not None:
        raw["returns"] = dict(returns)
    if effect is not None:
        raw["effect"] = effect
    return raw


def object_schema(properties: Mapping[str, Json], required: Sequence[str]) -> dict[str, Json]:
    return {"type": "object", "properties": dict(properties), "required": list(required)}


def read_source(path: Path, most: int = MAX_BYTES) -> tuple[str, str]:
    """The text of a file and its digest. Raises MG502 when it cannot be read, or has more than so many bytes."""
    try:
        size = path.stat().st_size
        if size > most:
            raise refused(f"`{path}` has {size:,} bytes, and {most:,} is the most that is imported", "import a part of it")
        text = path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text" if isinstance(error, UnicodeError) else str(error)
        raise refused(f"`{path}` cannot be read: {reason}", "name a file, relative to the recipe's folder") from None
    return text, digest(text)


def without_references(snapshot: Snapshot) -> Snapshot:
    """The snapshot with the definitions of its schemas where they are referred to. Raises MG502 when that comes to too much."""
    try:
        return replace(snapshot, functions=tuple(map(inlined_tool, snapshot.functions)))
    except ValueError as error:
        raise refused(f"`{snapshot.source}` cannot be written out: {error}", "name less than all of it, or give its schemas fewer references") from None


def refused(message: str, help: str | None = None, notes: tuple[str, ...] = ()) -> MagnetError:
    """MG502: the source does not hold what is asked for."""
    return MagnetError(Diagnostic(code="MG502", message=message, notes=notes, help=help))
