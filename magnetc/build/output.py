"""The output folder: written beside its place and moved there whole, so that a reader never sees half of it."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import IO, Any

import yaml

from magnetc.diagnostics import Diagnostic, MagnetError
from magnetc.ir.json import wire

MANIFEST = "manifest.yaml"
AUDIT = "audit.jsonl"
"""What people found of the rows: no build can make it anew, so that it stays when a dataset is built over another."""

_BREAKS = frozenset("\x85\u2028\u2029")


class _Dumper(yaml.SafeDumper):
    """Writes line breaks of Unicode as escapes: PyYAML leaves them bare, and reads them back as blanks."""


_Dumper.add_representer(str, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text,
                                                                          style='"' if _BREAKS & set(text) else None))


class Output:
    """A dataset being written. `commit` puts it in its place; anything else leaves no trace."""

    def __init__(self, folder: Path):
        if folder.exists() and not folder.is_dir():
            raise MagnetError(_refused(folder, "is a file"))
        if folder.is_dir() and any(folder.iterdir()) and not (folder / MANIFEST).is_file():
            raise MagnetError(_refused(folder, "exists and is not a dataset"))
        self.folder = folder
        self.partial = folder.with_name(f".{folder.name}.partial")
        self._before = folder.with_name(f".{folder.name}.before")
        if self._before.is_dir() and not folder.exists():
            self._before.rename(folder)
        shutil.rmtree(self.partial, ignore_errors=True)
        self.partial.mkdir(parents=True)
        self._files: dict[str, IO[str]] = {}
        self._digests: dict[str, list[str]] = {}
        self.counts: dict[str, int] = {}

    def row(self, name: str, row: dict[str, Any]) -> None:
        """Append a row to the data file `name`, and its digest to that file's list."""
        if name not in self._files:
            path = self.partial / name
            path.parent.mkdir(parents=True, exist_ok=True)
            self._files[name] = path.open("w", encoding="utf-8")
        self._files[name].write(wire(row) + "\n")
        self._digests.setdefault(name, []).append(f"{row['id']} {row['certificate']['row']}\n")
        self.counts[name] = self.counts.get(name, 0) + 1

    def text(self, name: str, text: str) -> None:
        path = self.partial / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def data_files(self) -> dict[str, dict[str, Any]]:
        """Close the data files; each with its count, its digest and the list of its rows' digests."""
        described: dict[str, dict[str, Any]] = {}
        for name, file in sorted(self._files.items()):
            file.close()
            listed = f"digests/{name.replace('/', '-').removesuffix('.jsonl')}.txt"
            self.text(listed, "".join(self._digests[name]))
            described[name] = {
                "rows": self.counts[name],
                "sha256": file_digest(self.partial / name),
                "digests": {"file": listed, "sha256": file_digest(self.partial / listed)},
            }
        return described

    def digests(self, *names: str) -> dict[str, str]:
        """SHA-256 of the files named, and of each file below the folders named, by its name in the output."""
        places = [self.partial / name for name in names]
        files = [path for place in places for path in (place, *sorted(place.rglob("*"))) if path.is_file()]
        return {path.relative_to(self.partial).as_posix(): file_digest(path) for path in files}

    def write_recipe(self, files: Mapping[str, bytes]) -> None:
        """The recipe as it was built: its documents, world sources and lock."""
        for name, content in files.items():
            target = self.partial / "recipe" / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)

    def manifest(self, manifest: dict[str, Any]) -> None:
        self.text(MANIFEST, yaml.dump(manifest, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100))

    def commit(self) -> None:
        """Replace what was in the folder before, but for what people wrote there."""
        if (self.folder / AUDIT).is_file():
            shutil.copyfile(self.folder / AUDIT, self.partial / AUDIT)
        if self.folder.exists():
            shutil.rmtree(self._before, ignore_errors=True)
            self.folder.rename(self._before)
        self.partial.rename(self.folder)
        shutil.rmtree(self._before, ignore_errors=True)

    def discard(self) -> None:
        for file in self._files.values():
            file.close()
        shutil.rmtree(self.partial, ignore_errors=True)


def file_digest(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    found = sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            found.update(block)
    return found.hexdigest()


def _refused(folder: Path, why: str) -> Diagnostic:
    return Diagnostic(code="MG010", message=f"the output folder `{folder}` {why}",
                      help="name another with `-o`")
