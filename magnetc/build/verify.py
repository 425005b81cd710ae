"""Verification of an output: every row from OUT alone, its environment and the user's trust."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from magnetc.build.clean import read_index
from magnetc.build.opened import Opened, open_output
from magnetc.build.output import MANIFEST, file_digest
from magnetc.build.partitions import Partitions
from magnetc.diagnostics import MagnetError, Sink
from magnetc.distill.proofs.failure import Failure
from magnetc.distill.proofs.mixed import TRAIN, is_mixed, prefix
from magnetc.distill.proofs.prover import Prover
from magnetc.engine.local import in_order
from magnetc.ir.json import wire
from magnetc.tools.worlds.world import World, died

DATA = ("sft", "preference")
"""Folders of data files."""

BATCH = 32
"""Rows checked per visit to a worker."""


@dataclass(slots=True)
class Verification:
    """What was checked, and what does not hold. `mixed`: those of the rows that were mixed in, and of which nothing is proven but that they are these."""

    rows: int = 0
    mixed: int = 0
    failures: list[Failure] = field(default_factory=list)


async def verify(out: Path, sink: Sink, *, trust: bool = False, jobs: int | None = None,
                 announce: Callable[[str], None] = print,
                 progress: Callable[[int], None] = lambda _: None) -> Verification | None:
    """Check every row of the output in `out`. None when its recipe does not load: the errors are in `sink`.

    Raises:
        MagnetError: MG620 when `out` is no output, MG606 when its code is not trusted.
    """
    opened = open_output(out, sink, trust=trust, announce=announce)
    if opened is None:
        return None
    found = Verification()
    found.failures += [*file_failures(opened), *opened.failures]
    await _check_rows(opened, jobs or os.cpu_count() or 1, found, progress)
    return found


def file_failures(opened: Opened) -> Iterator[Failure]:
    """Files whose digest is not the manifest's. Rows that changed are named as rows; this catches what is between them."""
    out, manifest = opened.folder, opened.manifest
    for name, entry in manifest["files"].items():
        for path, expected in ((name, entry["sha256"]), (entry["digests"]["file"], entry["digests"]["sha256"])):
            if not (out / path).is_file():
                yield Failure(path, 0, "the file is missing")
            elif file_digest(out / path) != expected:
                yield Failure(path, 0, "the file does not have the digest that the manifest lists")
    for path, expected in manifest["others"].items():
        if not (out / path).is_file() or file_digest(out / path) != expected:
            yield Failure(path, 0, "the file is missing or does not have the digest that the manifest lists")
    for folder in DATA:
        for path in sorted((out / folder).glob("*.jsonl")):
            name = f"{folder}/{path.name}"
            if name not in manifest["files"]:
                yield Failure(name, 0, "the manifest does not list this file: its rows are not checked")


async def _check_rows(opened: Opened, jobs: int, found: Verification, progress: Callable[[int], None]) -> None:
    index, missing = read_index(opened.folder, opened.spec)
    found.failures += missing
    partitions = _partitions(opened, found)
    prover, pool = Prover(opened.spec, opened.states, index), opened.pool(jobs)

    async def work(batch: list[_Line]) -> list[list[Failure]]:
        async with pool.world() as world:
            return [await _contained(prover, partitions, world, line) for line in batch]

    try:
        async for results in in_order(_batches(opened, found), work, jobs * 2):
            found.rows += len(results)
            found.failures += [failure for failures in results for failure in failures]
            progress(len(results))
    finally:
        await pool.close()


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of a data file: what stands there, and the row that the list of digests has for it."""

    place: str
    content: bytes
    id: str
    digest: str


def _partitions(opened: Opened, found: Verification) -> Partitions | None:
    """Where rows belong; None, and a failure, where the manifest does not say what is held out."""
    try:
        return Partitions.listed(opened.spec, opened.manifest)
    except ValueError as error:
        found.failures.append(Failure(MANIFEST, 8, str(error)))
        return None


async def _contained(prover: Prover, partitions: Partitions | None, world: World, line: _Line) -> list[Failure]:
    """`_check_line`, once more when the world dies: it may have been ended from outside. A row that it dies of twice fails."""
    for last in (False, True):
        try:
            return await _check_line(prover, partitions, world, line)
        except MagnetError as error:
            if not died(error):
                raise
            if last:
                return [Failure(line.id or line.place, 1, error.diagnostics[0].message)]
    return []


async def _check_line(prover: Prover, partitions: Partitions | None, world: World, line: _Line) -> list[Failure]:
    name = line.id or line.place
    try:
        text = line.content.decode()
        row = json.loads(text)
    except (ValueError, RecursionError):
        return [Failure(name, 0, f"{line.place} is not a line of JSON in UTF-8")]
    if not isinstance(row, dict):
        return [Failure(name, 0, f"{line.place} is not a row")]
    name = line.id or str(row.get("id", line.place))
    found: list[Failure] = []
    if line.id and row.get("id") != line.id:
        found.append(Failure(name, 0, f"another row stands in its place, {line.place}"))
    elif _wire_line(row) != text:
        found.append(Failure(name, 0, f"{line.place} is not in wire form"))
    file = line.place.rpartition(":")[0]
    if is_mixed(row) and file != TRAIN:
        found.append(Failure(name, 0, f"it says that it was mixed in, and nothing is mixed into `{file}`"))
    if partitions and (why := partitions.misplaced(file, row)):
        found.append(Failure(name, 8, why))
    return found + [replace(failure, row=name) for failure in await prover.verify(row, world, line.digest)]


def _wire_line(row: dict[str, Any]) -> str:
    """A row as a build writes it; empty for what no build can write."""
    try:
        return wire(row) + "\n"
    except (ValueError, RecursionError):
        return ""


def _batches(opened: Opened, found: Verification) -> Iterator[list[_Line]]:
    """The lines of every data file, in batches. Rows that are listed and not there become failures."""
    out = opened.folder
    batch: list[_Line] = []
    marks = tuple(prefix(mix.name) for mix in opened.spec.recipe.mix)
    for name, entry in opened.manifest["files"].items():
        if not (out / name).is_file():
            continue
        listed = _listed(out / entry["digests"]["file"])
        number = -1
        with (out / name).open("rb") as file:
            for number, content in enumerate(file):
                known, expected = listed[number] if number < len(listed) else ("", "")
                found.mixed += known.startswith(marks)
                batch.append(_Line(f"{name}:{number + 1}", content, known, expected))
                if len(batch) == BATCH:
                    yield batch
                    batch = []
        found.failures += [Failure(known, 0, f"the row is missing from `{name}`") for known, _ in listed[number + 1 :]]
        if number + 1 != entry["rows"]:
            found.failures.append(Failure(name, 0, f"the file has {number + 1} rows, the manifest says {entry['rows']}"))
    if batch:
        yield batch


def _listed(path: Path) -> list[tuple[str, str]]:
    """(id, digest) of each row in a list of digests. An unreadable list is reported as a file that is missing or changed."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return []
    return [(known, expected) for known, _, expected in (line.rpartition(" ") for line in lines)]
