"""What a source on the command line is: which importer reads it, and which files come with it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

from magnetc.diagnostics import Diagnostic, MagnetError
from magnetc.tools.importers import IMPORTERS


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """`argument` is as the importer takes it, relative to `folder`. `file` is the file it names, if any."""

    importer: str
    argument: str
    folder: Path
    file: Path | None = None


def identify(text: str) -> Source:
    """The source that `text` names: `tools.py`, `tools.py:Class`, `mcp: COMMAND`, a URL, an OpenAPI or JSON file; or
    `IMPORTER: ARGUMENT`, where that does not say enough.

    Raises:
        MagnetError: MG013 when it is none of these.
    """
    name, colon, rest = text.partition(":")
    if colon and name in IMPORTERS and not Path(text).exists():
        return (
            _in_folder(name, rest.strip()) if name not in ("mcp", "bfcl") else Source(importer=name, argument=rest.strip(), folder=Path())
        )
    if re.match(r"https?://", text):
        return Source(importer="mcp", argument=text, folder=Path())
    file = Path(re.split(r"[:#]", text, maxsplit=1)[0])
    if not file.is_file():
        raise _unknown(text, f"there is no file `{file}`" if file.suffix else "it names no file")
    if file.suffix == ".py":
        return _in_folder("python", text)
    if file.suffix == ".jsonl":
        return _in_folder("conversations", text)
    if file.suffix in (".yaml", ".yml"):
        return _in_folder("openapi", text)
    if file.suffix == ".json":
        return _in_folder(_json_kind(file), text)
    raise _unknown(text, f"files that end in `{file.suffix}` are not known")


def _in_folder(importer: str, argument: str) -> Source:
    """The source with the folder of its file, and the argument relative to that."""
    head = re.split(r"[:#]", argument, maxsplit=1)[0]
    file = Path(head)
    if not file.is_file():
        return Source(importer=importer, argument=argument, folder=Path())
    return Source(importer=importer, argument=file.name + argument[len(head) :], folder=file.parent, file=file)


def _json_kind(file: Path) -> str:
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return "json"
    if isinstance(data, dict) and "openapi" in data:
        return "openapi"
    first = data[0] if isinstance(data, list) and data else data
    return "toolbench" if isinstance(first, dict) and "api_list" in first else "json"


def _unknown(text: str, why: str) -> MagnetError:
    known = ", ".join(f"`{name}:`" for name in IMPORTERS)
    return MagnetError(
        Diagnostic(
            code="MG013",
            message=f"`{text}` is no source of tools: {why}",
            help=f'name a `.py`, `.json`, `.yaml` or `.jsonl` file, `"mcp: COMMAND"`, or begin with one of {known}',
        )
    )
