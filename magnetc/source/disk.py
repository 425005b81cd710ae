"""The disk, asked and remembered: whoever keeps what was found in a recipe has to know what it was found from."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple

from magnetc.source.matches import matches


class Fact(NamedTuple):
    """A question about a path, and what the answer was, in short."""

    question: str
    path: Path
    argument: str
    answer: str


class Disk:
    """Answers questions about files and remembers each with its answer. `is_whole`: all that a check asked is among them."""

    def __init__(self) -> None:
        self._answers: dict[tuple[str, Path, str], str] = {}
        self.is_whole = True
        self.bytes_read = 0

    @property
    def facts(self) -> list[Fact]:
        return [Fact(*asked, answer) for asked, answer in self._answers.items()]

    def read(self, path: Path) -> bytes:
        """The content of a file. Raises OSError, and ValueError for what cannot be a path; neither is remembered."""
        try:
            data = path.read_bytes()
        except (OSError, ValueError):
            self.is_whole = False
            raise
        self.bytes_read += len(data)
        self._answers["bytes", path, ""] = digest(data)
        return data

    def size(self, path: Path) -> int:
        """The size of a file in bytes. Raises OSError and ValueError as `read` does."""
        try:
            size = path.stat().st_size
        except (OSError, ValueError):
            self.is_whole = False
            raise
        self._answers["size", path, ""] = str(size)
        return size

    def is_file(self, path: Path) -> bool:
        return self._kind(path) == "file"

    def is_folder(self, path: Path) -> bool:
        return self._kind(path) == "folder"

    def is_there(self, path: Path) -> bool:
        return self._kind(path) != ""

    def real(self, path: Path) -> Path:
        """The path with all links followed; as it is where they lead in a circle."""
        return Path(self._ask("real", path))

    def glob(self, folder: Path, pattern: str, suffixes: Iterable[str]) -> list[Path]:
        """The files below a folder that a pattern matches and that end so, sorted; none for what is no pattern."""
        argument = f"{' '.join(suffixes)}|{pattern}"
        found = _glob(folder, argument)
        self._answers["glob", folder, argument] = _digest_of(found)
        return [folder / each for each in found]

    def _kind(self, path: Path) -> str:
        return self._ask("kind", path)

    def _ask(self, question: str, path: Path) -> str:
        answer = self._answers[question, path, ""] = _ANSWERS[question](path, "")
        return answer


def holds(fact: Fact) -> bytes | bool:
    """Whether a fact is still one; the content of a file that is as it was."""
    if fact.question == "bytes":
        try:
            data = fact.path.read_bytes()
        except (OSError, ValueError):
            return False
        return (data or True) if digest(data) == fact.answer else False
    return _ANSWERS[fact.question](fact.path, fact.argument) == fact.answer


def digest(data: bytes) -> str:
    """What contents are told apart by."""
    return blake2b(data, digest_size=20).hexdigest()


def _digest_of(names: Iterable[str]) -> str:
    return digest("\0".join(names).encode("utf-8", "surrogateescape"))


def _size(path: Path, _: str) -> str:
    try:
        return str(path.stat().st_size)
    except (OSError, ValueError):
        return ""


def _kind(path: Path, _: str) -> str:
    try:
        return "file" if path.is_file() else "folder" if path.is_dir() else "other" if path.exists() else ""
    except (OSError, ValueError):
        return ""


def _real(path: Path, _: str) -> str:
    try:
        return str(path.resolve())
    except (OSError, RuntimeError, ValueError):
        return str(path)


def _glob(folder: Path, argument: str) -> list[str]:
    suffixes, _, pattern = argument.partition("|")
    try:
        return [name for name in matches(folder, pattern) if Path(name).suffix in suffixes.split() and (folder / name).is_file()]
    except (OSError, ValueError):
        return []


_ANSWERS: dict[str, Callable[[Path, str], str]] = {
    "size": _size,
    "kind": _kind,
    "real": _real,
    "glob": lambda path, argument: _digest_of(_glob(path, argument)),
}
