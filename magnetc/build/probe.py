"""Probing a recipe: execute producer and consumer of every value flow, and write what was found into its lock."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from magnetc.build.compile import compile_recipe
from magnetc.build.lock import write_probes
from magnetc.diagnostics import Sink
from magnetc.frontend import load
from magnetc.ir.probed import ProbedFlow, Probes
from magnetc.passes.context import CompileContext
from magnetc.passes.pipeline import build_graph
from magnetc.probe.prober import probe_graph
from magnetc.tools.importers import IMPORTERS
from magnetc.tools.trust import code_digest, require_trust
from magnetc.tools.worlds.kind import world_pool
from magnetc.translate.scenario import make_scenario


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeOptions:
    """What the command line says. `jobs` workers of the world."""

    folder: Path
    trust: bool = False
    jobs: int = field(default_factory=lambda: os.cpu_count() or 1)
    announce: Callable[[str], None] = print


async def probe_recipe(options: ProbeOptions, sink: Sink) -> tuple[ProbedFlow, ...] | None:
    """What is found of every value flow of the recipe's graph, in the lock too. None when the recipe cannot be read.

    The sink has what the recipe is told with these findings, errors of its paths included.

    Raises:
        MagnetError: what only effects can find: code that is not trusted, a world that does not start, a tool that hangs.
    """
    loaded = load(options.folder, sink, IMPORTERS)
    if loaded is None:
        return None
    spec = replace(loaded, graph=replace(loaded.graph, probes=Probes()))  # refuted flows are tried again
    context = CompileContext(spec, build_graph(spec))
    world = spec.recipe.world
    require_trust(options.folder, world, options.trust)
    pool = world_pool(world, options.folder, options.announce, size=options.jobs)
    try:
        async with pool.world() as first:
            first.check(spec.tools)
            scenarios = [await make_scenario(first, spec, variant) for variant in range(world.variants)]
        flows = tuple([found async for found in probe_graph(context, scenarios, pool, options.jobs)])
    finally:
        await pool.close()
    write_probes(options.folder, Probes(world=code_digest(options.folder, world), flows=flows))
    compile_recipe(options.folder, sink)
    return flows
