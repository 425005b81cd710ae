"""The files of a private directory: read into a tree that never changes, put back from one, and as JSON."""

from __future__ import annotations

import base64
import json
import os
import shutil
import stat
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from magnetc.ir.json import Json, wire
from magnetc.tools.worlds.servers import git_files, sqlite_files

_TICK = 20_000_000
"""Nanoseconds in which a file may change twice without its times telling."""


@dataclass(frozen=True, slots=True)
class File:
    """One file, link or folder. `data` of a link is its target; of a database, what it holds, as JSON text; of a folder there is none."""

    kind: str
    data: bytes = b""


@dataclass(frozen=True)
class Tree:
    """Files by their place in the directory, sorted."""

    files: Mapping[str, File]

    @cached_property
    def state(self) -> Json:
        """All of it as JSON: `files`, the `paths` of those that are not hidden, the records of `*.jsonl` under `lines`, and the rows
        of databases under `tables`, where there are some."""
        paths = [path for path, file in self.files.items() if file.kind != "folder" and not _is_hidden(path)]
        lines = {path: found for path, file in self.files.items()
                 if path.endswith(".jsonl") and (found := _records(file.data)) is not None}
        tables = {path: sqlite_files.tables(file.data) for path, file in self.files.items() if file.kind == "database"}
        files = {path: _told(path, file) for path, file in self.files.items()}
        return {"files": files, "paths": paths, "lines": lines, **({"tables": tables} if tables else {})}

    @cached_property
    def observed(self) -> Json:
        """What equivalence compares: the files, without how a git repository came to be as it is."""
        return {path: told for path, told in self.state["files"].items() if not git_files.UNOBSERVED.fullmatch(path)}


def tree_of(state: Mapping[str, Any]) -> Tree:
    """The tree that was told as `state`."""
    return Tree({path: _written(told) for path, told in sorted(state["files"].items())})


@dataclass(slots=True)
class Directory:
    """A directory that servers write in. What it holds is read again only where it may have changed."""

    path: Path
    known: dict[str, tuple[tuple[int, ...], File]] = field(default_factory=dict)

    def read(self) -> Tree:
        """All files as they are."""
        found: dict[str, File] = {}
        known: dict[str, tuple[tuple[int, ...], File]] = {}
        now = time.time_ns()
        entries = dict(self._entries())
        for path, entry in entries.items():
            if _is_beside(path, entries):
                continue
            parts = [entries[each] for each in (path, *(path + suffix for suffix in sqlite_files.BESIDE)) if each in entries]
            mark, changed = _mark(parts)
            before = self.known.get(path)
            file = before[1] if before and before[0] == mark else _read(Path(entry.path), entry.stat(follow_symlinks=False).st_mode)
            found[path] = file
            if now - changed > _TICK:
                known[path] = (mark, file)
        self.known = known
        return Tree(dict(sorted(found.items())))

    def put(self, tree: Tree) -> None:
        """Make the directory hold `tree`, touching only what differs."""
        here = self.read().files
        for path in sorted(here.keys() - tree.files.keys(), reverse=True):
            place = self.path / path
            place.rmdir() if here[path].kind == "folder" else place.unlink()
            for suffix in sqlite_files.BESIDE if here[path].kind == "database" else ():
                Path(f"{place}{suffix}").unlink(missing_ok=True)
        for path, file in tree.files.items():
            if here.get(path) != file:
                _write(self.path / path, file, here.get(path))

    def _entries(self) -> list[tuple[str, os.DirEntry[str]]]:
        found: list[tuple[str, os.DirEntry[str]]] = []
        waiting = [("", str(self.path))]
        while waiting:
            prefix, folder = waiting.pop()
            with os.scandir(folder) as entries:
                for entry in entries:
                    found.append((prefix + entry.name, entry))
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append((f"{prefix}{entry.name}/", entry.path))
        return found


def _is_beside(path: str, entries: Mapping[str, os.DirEntry[str]]) -> bool:
    """Whether SQLite keeps a file beside the database that it is a part of."""
    return any(path.endswith(suffix) and path.removesuffix(suffix) in entries for suffix in sqlite_files.BESIDE)


def _mark(parts: Iterable[os.DirEntry[str]]) -> tuple[tuple[int, ...], int]:
    """What tells whether files were changed, and when they were."""
    found: list[int] = []
    changed = 0
    for entry in parts:
        status = entry.stat(follow_symlinks=False)
        found += (status.st_mode, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
        changed = max(changed, status.st_ctime_ns)
    return tuple(found), changed


def _read(path: Path, mode: int) -> File:
    if stat.S_ISDIR(mode):
        return File("folder")
    if stat.S_ISLNK(mode):
        return File("link", os.fsencode(path.readlink()))
    data = path.read_bytes() if stat.S_ISREG(mode) else b""
    if data.startswith(sqlite_files.MAGIC) and (told := sqlite_files.told(path)) is not None:
        return File("database", told)
    return File("program" if mode & stat.S_IXUSR else "file", data)


def _write(place: Path, file: File, before: File | None) -> None:
    if before is not None and (before.kind == "folder") != (file.kind == "folder"):
        shutil.rmtree(place) if before.kind == "folder" else place.unlink()
    if file.kind == "folder":
        place.mkdir(exist_ok=True)
        return
    if file.kind == "database":
        if before is not None and before.kind not in ("folder", "database"):
            place.unlink()
        sqlite_files.write(place, file.data)
        return
    if before is not None and before.kind != "folder":
        place.unlink()  # never written through: it may be read-only, or a link
    if file.kind == "link":
        place.symlink_to(os.fsdecode(file.data))
        return
    place.write_bytes(file.data)
    place.chmod(0o755 if file.kind == "program" else 0o644)


@lru_cache(maxsize=16_384)
def _told(path: str, file: File) -> Json:
    """A file as JSON: its text, or an object that says what else it is."""
    if file.kind == "database":
        return {"database": json.loads(file.data)}
    if file.kind == "file" and (told := git_files.told(path, file.data)) is not None:
        return told
    try:
        text: Json = file.data.decode()
    except UnicodeDecodeError:
        return {"kind": file.kind, "base64": base64.b64encode(file.data).decode()}
    return text if file.kind == "file" else {"kind": file.kind, "text": text} if text else {"kind": file.kind}


def _written(told: Json) -> File:
    if isinstance(told, str):
        return File("file", told.encode())
    if "database" in told:
        return File("database", wire(told["database"]).encode())
    if "kind" not in told:
        return File("file", git_files.written(told))
    data = base64.b64decode(told["base64"]) if "base64" in told else told.get("text", "").encode()
    return File(told["kind"], data)


def _records(data: bytes) -> list[Json] | None:
    try:
        return [json.loads(line) for line in data.splitlines() if line.strip()]
    except (ValueError, RecursionError):
        return None


def _is_hidden(path: str) -> bool:
    return any(part.startswith(".") for part in path.split("/"))
