"""What becomes of the units of a build, in their order: taken from the store, made here, or made on a cluster."""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from magnetc.build.options import BuildOptions
from magnetc.build.remote import Order, Report, remote_shop, sent_of
from magnetc.build.teacher import Asked
from magnetc.build.unit import Unit, UnitResult
from magnetc.build.workshop import Made, Workshop
from magnetc.engine import journal
from magnetc.engine.local import in_order
from magnetc.engine.ray import RayEngine
from magnetc.engine.units import UnitStore
from magnetc.ir.endpoint import Endpoint
from magnetc.ir.spec import Spec
from magnetc.teachers.openai.budget import Budget
from magnetc.tools.trust import files_below

Results = AsyncIterator[tuple[UnitResult, bool]]
"""What became of each unit, and whether it was there already."""


def unit_results(options: BuildOptions, workshop: Workshop, store: UnitStore, asked: Asked, files: Mapping[str, bytes]) -> Results:
    """What becomes of each unit, by the engine that the options name; `files` are the recipe's, as an output has them."""
    model = workshop.spec.recipe.model
    at_once = 2 * model.concurrency if model else 0
    if options.engine == "ray":
        return _by_ray(options, workshop, store, asked, at_once, files)
    return _here(workshop, store, at_once or 2 * options.jobs)


async def _here(workshop: Workshop, store: UnitStore, at_once: int) -> Results:
    """Units made by this process and its worlds, so many under way."""

    async def work(unit: Unit) -> tuple[UnitResult, bool]:
        attempts = workshop.attempts(unit)
        key = attempts.standing(store)
        if key is not None and (known := _recalled(store, unit, key)) is not None:
            return known, True
        return _kept(store, await workshop.make(attempts)), False

    async for each in in_order(_units(workshop.spec), work, at_once):
        yield each


async def _by_ray(options: BuildOptions, workshop: Workshop, store: UnitStore, asked: Asked, at_once: int, files: Mapping[str, bytes]) -> Results:
    """Units made on the nodes of a Ray cluster."""
    standing: dict[Unit, str] = {}
    spec = workshop.spec

    def known(unit: Unit) -> bool:
        key = workshop.attempts(unit).standing(store)
        if key is not None:
            standing[unit] = key
        return key is not None

    def recall(unit: Unit) -> Made:
        result = _recalled(store, unit, standing.pop(unit))
        assert result is not None
        return Made(result)

    def order(sharers: int) -> Order:
        model = spec.recipe.model
        name = model.key if isinstance(model, Endpoint) else ""
        data = {path.as_posix(): (options.folder / path).read_bytes() for path in files_below(options.folder)}
        return Order(files={**data, **files}, states=tuple(each.initial for each in workshop.builder.scenarios), made_of=sent_of(workshop.made_of),
                     seed=options.seed, paths=options.paths, replay=options.replay, budget=options.budget, sharers=sharers,
                     secret=(name, os.environ.get(name, "")), journal=_snapshot(options.folder / journal.NAME) if model else b"",
                     home=options.folder.resolve())

    told: dict[str, Report] = {}

    def heard(incarnation: str, report: Report) -> None:
        if report.replies:
            journal.add_rows(options.folder / journal.NAME, report.replies)
        told[incarnation] = replace(report, replies=())
        _sum(told, asked, spec)

    async with RayEngine(remote_shop, order, heard, at_once=at_once) as engine:
        async for made, is_known in engine.in_order(_units(spec), known, recall):
            yield (made.result if is_known else _kept(store, made)), is_known


def _units(spec: Spec) -> Iterator[Unit]:
    return (Unit(name, ordinal) for name, count in spec.recipe.paths for ordinal in range(count))


def _recalled(store: UnitStore, unit: Unit, key: str) -> UnitResult | None:
    """A unit out of the store; None where it cannot be read."""
    kept = store.get(key)
    if kept is None:
        return None
    store.stand(unit.path, unit.ordinal, key)
    return UnitResult.from_document(unit, kept)


def _kept(store: UnitStore, made: Made) -> UnitResult:
    if made.keys:
        store.put(made.result.unit.path, made.result.unit.ordinal, made.keys, made.result.document())
    return made.result


def _snapshot(path: Path) -> bytes:
    """The bytes of a journal, whatever writes to it meanwhile."""
    if not path.is_file():
        return b""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / path.name
        journal.export(path, copy)
        return copy.read_bytes()


def _sum(told: Mapping[str, Report], asked: Asked, spec: Spec) -> None:
    """What all actors have asked, as one."""
    asked.yields.clear()
    asked.refusals.clear()
    for report in told.values():
        for total, part in ((asked.yields, report.yields), (asked.refusals, report.refusals)):
            for program, counts in part.items():
                total.setdefault(program, Counter()).update(counts)
    model = spec.recipe.model
    if model is not None:
        requests, sent, answered = (sum(report.spent[at] for report in told.values()) for at in range(3))
        asked.budget = Budget(model if isinstance(model, Endpoint) else None, requests=requests, asked=sent, answered=answered)
