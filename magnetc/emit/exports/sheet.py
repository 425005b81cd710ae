"""What an export is written on: files of lines in a folder, and the counts of what came and what did not."""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any


class Sheet(ExitStack):
    """The folder of an export; its files are closed when it is left. `rows` counts what it holds, by file; `dropped` what its form
    cannot hold, by reason."""

    def __init__(self, folder: Path):
        super().__init__()
        self.folder = folder
        self.rows: Counter[str] = Counter()
        self.dropped: Counter[str] = Counter()
        self._files: dict[str, IO[str]] = {}

    def place(self, name: str) -> Path:
        """Where a file of the export stands; its folder is made."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def line(self, name: str, text: str) -> None:
        """Append a line to a file."""
        if name not in self._files:
            self._files[name] = self.enter_context(self.place(name).open("w", encoding="utf-8", newline="\n"))
        self._files[name].write(text + "\n")

    def row(self, name: str, text: str) -> None:
        """Append a line that is one row of the export."""
        self.rows[name] += 1
        self.line(name, text)

    def text(self, name: str, text: str) -> None:
        self.place(name).write_text(text, encoding="utf-8", newline="\n")

    def document(self) -> dict[str, Any]:
        """The counts as JSON, the reasons by how often, the most first."""
        return {"rows": dict(sorted(self.rows.items())), "dropped": dict(self.dropped.most_common())}
