"""Verification of an output: every row from OUT alone, its environment and the user's trust."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from magnetc.build.output import MANIFEST, file_digest
from magnetc.diagnostics import Diagnostic, MagnetError, Sink
from magnetc.distill.proofs.failure import Failure
from magnetc.distill.proofs.prover import Prover
from magnetc.engine.local import in_order
from magnetc.frontend import load
from magnetc.ir.json import Json, digest
from magnetc.ir.spec import Spec
from magnetc.tools.environments import ensure_environment
from magnetc.tools.importers import IMPORTERS
from magnetc.tools.trust import require_trust
from magnetc.tools.worlds.python import WorldPool

BATCH = 32
"""Rows checked per visit to a worker."""


@dataclass(slots=True)
class Verification:
    """What was checked, and what does not hold."""

    rows: int = 0
    checked: Counter[str] = field(default_factory=Counter)
    failures: list[Failure] = field(default_factory=list)


async def verify(out: Path, sink: Sink, *, trust: bool = False, jobs: int | None = None,
                 announce: Callable[[str], None] = print, progress: Callable[[int], None] = lambda _: None) -> Verification | None:
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
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise _no_output(out, f"its `{MANIFEST}` cannot be read: {str(error).splitlines()[0]}") from None
    if not isinstance(manifest, dict) or not isinstance(manifest.get("files"), dict):
        raise _no_output(out, f"its `{MANIFEST}` lists no files")
    return manifest


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


def _states(out: Path, manifest: dict[str, Any], found: Verification) -> dict[str, Json]:
    states: dict[str, Json] = {}
    for expected in manifest["states"]:
        path = out / "states" / f"{expected}.json"
        try:
            state = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
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

    async def work(batch: list[tuple[str, str, str | None]]) -> list[tuple[int, list[Failure]]]:
        async with pool.world() as world:
            return [await _check_line(prover, world, *item) for item in batch]

    try:
        async for results in in_order(_batches(out, manifest), work, jobs * 2):
            for count, failures in results:
                found.rows += count
                found.failures += failures
            progress(len(results))
    finally:
        await pool.close()


async def _check_line(prover: Prover, world, place: str, line: str, listed: str | None) -> tuple[int, list[Failure]]:
    try:
        row = json.loads(line)
    except ValueError:
        return 1, [Failure(place, 0, "the line is not JSON")]
    if not isinstance(row, dict):
        return 1, [Failure(place, 0, "the line is not a row")]
    row.setdefault("id", place)
    failures = await prover.verify(row, world, listed)
    return 1, failures


def _batches(out: Path, manifest: dict[str, Any]) -> Iterator[list[tuple[str, str, str | None]]]:
    """(place, line, listed digest) of every row, in batches."""
    batch: list[tuple[str, str, str | None]] = []
    for name, entry in manifest["files"].items():
        if not (out / name).is_file():
            continue
        listed = _listed(out / entry["digests"]["file"])
        with (out / name).open(encoding="utf-8") as file:
            for number, line in enumerate(file):
                expected = listed[number] if number < len(listed) else ""
                batch.append((f"{name}:{number + 1}", line, expected))
                if len(batch) == BATCH:
                    yield batch
                    batch = []
    if batch:
        yield batch


def _listed(path: Path) -> list[str]:
    try:
        return [line.split()[-1] for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    except OSError:
        return []
