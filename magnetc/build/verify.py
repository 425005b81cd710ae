"""Verification of an output: every row from OUT alone, its environment and the user's trust."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from magnetc.build.output import MANIFEST, file_digest
from magnetc.diagnostics import Diagnostic, MagnetError, Sink
from magnetc.distill.proofs.failure import Failure
from magnetc.distill.proofs.prover import Prover
from magnetc.engine.local import in_order
from magnetc.frontend import load
from magnetc.ir.json import Json, digest, wire
from magnetc.ir.spec import Spec
from magnetc.tools.environments import ensure_environment
from magnetc.tools.importers import IMPORTERS
from magnetc.tools.trust import require_trust
from magnetc.tools.worlds.python import PythonWorld, WorldPool

DATA = ("sft", "preference")
"""Folders of data files."""

BATCH = 32
"""Rows checked per visit to a worker."""


@dataclass(slots=True)
class Verification:
    """What was checked, and what does not hold."""

    rows: int = 0
    failures: list[Failure] = field(default_factory=list)


async def verify(out: Path, sink: Sink, *, trust: bool = False, jobs: int | None = None,
                 announce: Callable[[str], None] = print,
                 progress: Callable[[int], None] = lambda _: None) -> Verification | None:
    """Check every row of the output in `out`. None when its recipe does not load: the errors are in `sink`.

    Raises:
        MagnetError: MG620 when `out` is no output, MG606 when its code is not trusted.
    """
    manifest = read_manifest(out)
    spec = load(out / "recipe", sink, IMPORTERS)
    if spec is None or sink.has_errors:
        return None
    require_trust(out / "recipe", spec.recipe.world, trust)
    packages = spec.recipe.world.packages
    environment = ensure_environment(packages, announce) if packages else None
    found = Verification()
    found.failures += _file_failures(out, manifest)
    prover = Prover(spec, _states(out, manifest, found))
    await _check_rows(out, manifest, spec, prover, environment, jobs or os.cpu_count() or 1, found, progress)
    return found


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


def _file_failures(out: Path, manifest: dict[str, Any]) -> Iterator[Failure]:
    """Files whose digest is not the manifest's. Rows that changed are named as rows; this catches what is between them."""
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


def _states(out: Path, manifest: dict[str, Any], found: Verification) -> dict[str, Json]:
    states: dict[str, Json] = {}
    for expected in manifest["states"]:
        path = out / "states" / f"{expected}.json"
        try:
            state = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            found.failures.append(Failure(f"states/{expected}.json", 0, "the initial state cannot be read"))
            continue
        if digest(state) != expected:
            found.failures.append(Failure(f"states/{expected}.json", 0, "the initial state does not have its digest"))
        else:
            states[expected] = state
    return states


async def _check_rows(out: Path, manifest: dict[str, Any], spec: Spec, prover: Prover, environment: Path | None, jobs: int,
                      found: Verification, progress: Callable[[int], None]) -> None:
    pool = WorldPool(spec.recipe.world, out / "recipe", environment, size=jobs)

    async def work(batch: list[_Line]) -> list[list[Failure]]:
        async with pool.world() as world:
            return [await _check_line(prover, world, line) for line in batch]

    try:
        async for results in in_order(_batches(out, manifest, found), work, jobs * 2):
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


async def _check_line(prover: Prover, world: PythonWorld, line: _Line) -> list[Failure]:
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
    return found + [replace(failure, row=name) for failure in await prover.verify(row, world, line.digest)]


def _wire_line(row: dict[str, Any]) -> str:
    """A row as a build writes it; empty for what no build can write."""
    try:
        return wire(row) + "\n"
    except (ValueError, RecursionError):
        return ""


def _batches(out: Path, manifest: dict[str, Any], found: Verification) -> Iterator[list[_Line]]:
    """The lines of every data file, in batches. Rows that are listed and not there become failures."""
    batch: list[_Line] = []
    for name, entry in manifest["files"].items():
        if not (out / name).is_file():
            continue
        listed = _listed(out / entry["digests"]["file"])
        number = -1
        with (out / name).open("rb") as file:
            for number, content in enumerate(file):
                known, expected = listed[number] if number < len(listed) else ("", "")
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
