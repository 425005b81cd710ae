"""ToolQuery of AgentBoard as a benchmark: its tasks lie in a folder of the user's, since its makers give them out apart from their code."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from magnetc.distill.contamination.content import Content, tool_shape
from magnetc.distill.contamination.file import read_text, rows_of
from magnetc.distill.contamination.source import Announce, Benchmark, Source
from magnetc.ir.read_json import read_json

FOLDER = "tool-query"
"""Where AgentBoard's data has it; other folders beside it hold other benchmarks."""


def read_toolquery(source: Source, folder: Path, _announce: Announce) -> Benchmark:
    """The tasks (`goal`) of `tool-query/test.jsonl` at or below the folder, and the tools of files `*_raw.json`, if there are any.

    Raises:
        MagnetError: MG633 when none is there.
    """
    place = folder / source.path
    own = task_files(place)
    tasks = [(f"{row.get('id', f'{path.stem} {number}')}", Content(users=(row["goal"],)))
             for path in own for number, row in rows_of(source, path) if isinstance(row.get("goal"), str)]
    if not tasks:
        raise source.refused("no file `tool-query/test.jsonl` with a `goal` on each line is in it", "name the folder that AgentBoard's data was unpacked to")
    return Benchmark(name="toolquery", version=f"{len(own)} files", tasks=tuple(tasks), tools=frozenset(_tools(source, place)))


def task_files(place: Path) -> list[Path]:
    """The files of tasks at or below a folder: those in a folder `tool-query`, or all where there is none of that name."""
    paths = sorted(place.rglob("*.jsonl"))
    return [path for path in paths if FOLDER in (place.name, *path.relative_to(place).parts)] or paths


def _tools(source: Source, place: Path) -> Iterator[tuple[str, tuple[str, ...]]]:
    for path in sorted(place.rglob("*_raw.json")):
        match _document(source, path):
            case {"tool_set_message": list() as listed}:
                for function in listed:
                    yield from tool_shape(function)


def _document(source: Source, path: Path) -> Any:
    try:
        return read_json(read_text(source, path))
    except ValueError:
        return None
