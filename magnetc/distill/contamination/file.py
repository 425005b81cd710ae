"""A file of questions as a benchmark: rows of JSON in the forms of TRL, OpenAI or ShareGPT, or a question on each line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from magnetc.distill.contamination.content import Content, contents
from magnetc.distill.contamination.source import Announce, Benchmark, Source
from magnetc.ir.json import digest
from magnetc.ir.read_json import read_json

MOST_BYTES = 256 * 1024 * 1024
"""The largest file that is read."""

ROWS = (".jsonl", ".json", ".ndjson")


def read_file(source: Source, folder: Path, _announce: Announce) -> Benchmark:
    """The tasks of a file. Raises MagnetError (MG633) where it cannot be read, with the line."""
    text = read_text(source, folder / source.path)
    if source.path.endswith(ROWS):
        rows = list(_rows(source, text))
        tasks = tuple((str(row.get("id", f"line {number}")), each) for number, row in rows for each in contents(row) if not each.is_empty)
    else:
        tasks = tuple((f"line {number}", Content(users=(line.strip(),))) for number, line in enumerate(text.splitlines(), 1) if line.strip())
    return Benchmark(name=str(source), version=digest(text)[:12], tasks=tasks, tools=frozenset().union(*(each.tools for _, each in tasks)))


def read_text(source: Source, path: Path) -> str:
    """The text of a file. Raises MagnetError (MG633) where there is none, or too much."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise source.refused(f"`{path.name}` has more than {MOST_BYTES:,} bytes", "divide it, or leave out what is no question")
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise source.refused(f"`{path.name}` is not UTF-8 (byte {error.start})") from None
    except OSError as error:
        raise source.refused(f"`{path.name}` cannot be read: {error.strerror}") from None


def rows_of(source: Source, path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """The rows of a file of JSON lines, with their numbers. Raises MagnetError (MG633) where one is none."""
    return _rows(source, read_text(source, path))


def _rows(source: Source, text: str) -> Iterator[tuple[int, dict[str, Any]]]:
    lines = text.split("\n")
    if text.lstrip().startswith("["):
        listed = _json(source, text, "it")
        yield from ((number, row) for number, row in enumerate(listed if isinstance(listed, list) else [], 1) if isinstance(row, dict))
        return
    for number, line in enumerate(lines, 1):
        if line.strip():
            row = _json(source, line, f"line {number}")
            if not isinstance(row, dict):
                raise source.refused(f"line {number} is no row of JSON", "write an object on each line")
            yield number, row


def _json(source: Source, text: str, what: str) -> Any:
    try:
        return read_json(text)
    except ValueError as error:
        raise source.refused(f"{what} is no JSON: {error}", "write an object on each line, or call a file of plain questions `.txt`") from None
