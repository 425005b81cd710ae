"""The manifest of an output, read and looked at: what is none is told as such."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from magnetc.build.output import MANIFEST
from magnetc.diagnostics import Diagnostic, MagnetError


def read_manifest(out: Path) -> dict[str, Any]:
    """The manifest of an output. Raises MagnetError (MG620) when there is none, or it is not one."""
    try:
        manifest = yaml.safe_load((out / MANIFEST).read_text(encoding="utf-8"))
    except OSError as error:
        raise _no_output(out, f"its `{MANIFEST}` cannot be read: {error.strerror}") from None
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        raise _no_output(out, f"its `{MANIFEST}` cannot be read: {str(error).splitlines()[0]}") from None
    if not isinstance(manifest, dict) or not isinstance(manifest.get("files"), dict):
        raise _no_output(out, f"its `{MANIFEST}` lists no files")
    if not all(map(_is_entry, manifest["files"].values())):
        raise _no_output(out, f"its `{MANIFEST}` does not say `rows`, `sha256` and `digests` of each file")
    if not isinstance(manifest.get("states"), list):
        raise _no_output(out, f"its `{MANIFEST}` lists no initial states")
    if not _is_digests(manifest.get("others")):
        raise _no_output(out, f"its `{MANIFEST}` does not list the recipe's files")
    return manifest


def _is_digests(others: Any) -> bool:
    return isinstance(others, dict) and all(isinstance(value, str) for pair in others.items() for value in pair)


def _is_entry(entry: Any) -> bool:
    match entry:
        case {"rows": int(), "sha256": str(), "digests": {"file": str(), "sha256": str()}}:
            return True
        case _:
            return False


def _no_output(out: Path, why: str) -> MagnetError:
    return MagnetError(Diagnostic(code="MG620", message=f"`{out}` is not an output of `magnetc build`", notes=(why,),
                                  help="name the folder that a build wrote with `-o`"))
