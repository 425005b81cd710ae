"""Finished builds: what a recipe was last built to, in `.magnetc/builds.json`, so that a build with nothing to do does nothing.

A dataset is up to date while the recipe's files and all that its units come from are those that it was built of, and its own
files are as they were written.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from magnetc.build.output import MANIFEST, file_digest
from magnetc.diagnostics import Sink
from magnetc.diagnostics.stored import restore, store
from magnetc.ir.json import digest
from magnetc.source.write_whole import write_whole

NAME = Path(".magnetc", "builds.json")
"""Where a recipe's finished builds are, in its folder."""

FORMAT = 1
_KEPT = 16


def build_key(stamp: str | None, spec_text: str, files: Mapping[str, bytes]) -> str | None:
    """The digest of a build: of its units' fingerprint, the whole spec, and the recipe's files as they are copied."""
    return digest([stamp, spec_text, {name: digest(content.hex()) for name, content in files.items()}]) if stamp else None


def recall(folder: Path, out: Path, key: str | None, sink: Sink) -> dict[str, Any] | None:
    """The figures of the build that is in `out`, if that is up to date; what it warned of goes to `sink`."""
    if key is None or not (out / MANIFEST).is_file():
        return None
    try:
        kept = _read(folder)[str(out.resolve())]
        if kept["format"] != FORMAT or kept["key"] != key or kept["manifest"] != file_digest(out / MANIFEST) or not _is_whole(out):
            return None
        before = restore(kept["told"], sink.files)
    except (OSError, ValueError, TypeError, LookupError, AttributeError):
        return None
    sink.replace(before)
    return {"figures": kept["figures"], "failed": kept["failed"]}


def remember(folder: Path, out: Path, key: str | None, figures: Mapping[str, Any], failed: bool, sink: Sink) -> None:
    """Note a build that has just been written to `out`."""
    if key is None:
        return
    try:
        known = _read(folder)
        known.pop(str(out.resolve()), None)
        known[str(out.resolve())] = {"format": FORMAT, "key": key, "manifest": file_digest(out / MANIFEST), "figures": figures, "failed": failed,
                                     "told": store(sink)}
        write_whole(folder / NAME, json.dumps(dict(list(known.items())[-_KEPT:]), ensure_ascii=False))
    except OSError:
        return


def _is_whole(out: Path) -> bool:
    """Whether every file that the manifest names is there with its digest."""
    named = yaml.load((out / MANIFEST).read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    digests = dict(named["others"])
    for name, entry in named["files"].items():
        digests |= {name: entry["sha256"], entry["digests"]["file"]: entry["digests"]["sha256"]}
    return all((out / name).is_file() and file_digest(out / name) == found for name, found in digests.items())


def _read(folder: Path) -> dict[str, Any]:
    try:
        known = json.loads((folder / NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}
