"""What a check found, kept beside the recipe: the same recipe is not worked out again.

`.magnetc/check.json` holds the diagnostics with every question that the check asked of the disk and the answer to it: contents
of files, what a glob matched, what is not there. It counts while all answers are the same and the compiler is, with all
packages around it. What cannot be told in this way is not kept: a check that could not read a file, one with plugins, and one
that took findings of probes, which hold for the code that ran.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from magnetc import plugins
from magnetc.build.checked import Checked
from magnetc.build.compiler import compiler
from magnetc.diagnostics import Sink
from magnetc.diagnostics.stored import files_of, restore, store
from magnetc.source import SourceFile
from magnetc.source.disk import Fact, digest, holds
from magnetc.source.write_whole import write_whole

NAME = Path(".magnetc", "check.json")
"""Where a recipe's check is kept, in its folder."""

FORMAT = 1
MAX_BYTES = 64 * 1024 * 1024


def recall(folder: Path) -> Checked | None:
    """The check of the recipe as it is now, from the last one; None when there is none, or anything may have changed."""
    try:
        if (folder / NAME).stat().st_size > MAX_BYTES:
            return None
        mark, _, text = (folder / NAME).read_bytes().partition(b"\n")
        if mark.decode("ascii") != digest(text):
            return None
        kept = json.loads(text)
        if kept["format"] != FORMAT or kept["compiler"] != compiler():
            return None
        return _recalled(folder, kept)
    except (OSError, ValueError, TypeError, LookupError, RecursionError):
        return None


def _recalled(folder: Path, kept: dict[str, Any]) -> Checked | None:
    wanted = {path for path, _ in kept["files"].values()}
    contents: dict[str, bytes] = {}
    for question, path, argument, answer in kept["facts"]:
        held = holds(Fact(question, folder / path, argument, answer))
        if not held:
            return None
        if question == "bytes" and path in wanted:
            contents[path] = b"" if held is True else held
    files = {name: SourceFile(name, _text(contents[path])[skipped:]) for name, (path, skipped) in kept["files"].items()}
    tools, edges, paths = kept["counts"] or (0, 0, 0)
    return Checked(restore(kept["diagnostics"], files), str(kept["name"]), (tools, edges, paths) if kept["counts"] else None)


def remember(folder: Path, checked: Checked) -> None:
    """Keep what a check found. Does nothing where that may not be known to hold, or where it cannot be written."""
    disk = checked.sink.disk
    if not disk.is_whole or not checked.sink.files or plugins.are_installed():
        return
    try:
        places = _places(folder, checked.sink)
        if places is None:
            return
        kept = {"format": FORMAT, "compiler": compiler(), "name": checked.name, "counts": checked.counts, "files": places,
                "facts": [[question, _relative(path, folder), argument, answer] for question, path, argument, answer in disk.facts],
                "diagnostics": store(checked.sink)}
        text = json.dumps(kept, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
        if len(text) <= MAX_BYTES:
            write_whole(folder / NAME, digest(text).encode("ascii") + b"\n" + text)
    except (OSError, ValueError):
        return


def _places(folder: Path, sink: Sink) -> dict[str, tuple[str, int]] | None:
    """Of each file that is pointed into: its path, and how much of its text comes before what was read; None where it is neither."""
    paths = {_relative(fact.path, folder): fact for fact in sink.disk.facts if fact.question == "bytes"}
    places = {}
    for name in files_of(sink):
        fact = paths.get(name) or next((each for path, each in paths.items() if name.startswith("std/") and path.endswith(f"/specs/{name}")), None)
        if fact is None:
            return None
        data = fact.path.read_bytes()
        text, known = _text(data), sink.files[name].text
        if digest(data) != fact.answer or not text.endswith(known):
            return None
        places[name] = (_relative(fact.path, folder), len(text) - len(known))
    return places


def _text(data: bytes) -> str:
    return data.decode("utf-8-sig")


def _relative(path: Path, folder: Path) -> str:
    """A path as it follows from the recipe's folder; whole where it does not."""
    try:
        return path.relative_to(folder).as_posix()
    except ValueError:
        return str(path.absolute())
