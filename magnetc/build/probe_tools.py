"""Probing tools: call each in the recipe's world, keep what was seen in its lock, and compare it with what is said of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from magnetc.build.lock import write_behaviour
from magnetc.build.probe import ProbeOptions
from magnetc.diagnostics import Sink
from magnetc.frontend import load
from magnetc.frontend.snapshot import read_snapshot
from magnetc.ir.probed import Probes
from magnetc.ir.spec import Spec
from magnetc.passes.context import CompileContext
from magnetc.passes.pipeline import build_graph
from magnetc.probe.behaviour import Behaviour, behaviour_section, observe_tools
from magnetc.probe.mismatch import Known, mismatches
from magnetc.tools.environments import ensure_environment, find_site_packages
from magnetc.tools.importers import IMPORTERS
from magnetc.tools.importers.bfcl import bfcl_signatures
from magnetc.tools.importers.importer import Place
from magnetc.tools.trust import code_digest, require_trust
from magnetc.tools.worlds.kind import world_kind, world_pool
from magnetc.translate.scenario import make_scenario


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolsProbed:
    behaviours: tuple[Behaviour, ...]
    compared: int


async def probe_tools(options: ProbeOptions, sink: Sink) -> ToolsProbed | None:
    """What each tool does, in the lock too, with a diagnostic in the sink for each mismatch. None when the recipe cannot be read.

    Raises:
        MagnetError: what only effects can find: code that is not trusted, a world that does not start, a tool that hangs.
    """
    loaded = load(options.folder, sink, IMPORTERS)
    if loaded is None:
        return None
    spec = replace(loaded, graph=replace(loaded.graph, probes=Probes()))
    context = CompileContext(spec, build_graph(spec))
    world = spec.recipe.world
    require_trust(options.folder, world, options.trust)
    most = world_kind(world).levels(world).most  # where worlds share what is behind them, others are the same
    pools = [world_pool(world, options.folder, options.announce, size=options.jobs) for _ in range(1 if most else 2)]
    try:
        async with pools[0].world() as first:
            first.check(spec.tools)
            scenarios = [await make_scenario(first, spec, variant) for variant in range(world.variants)]
        found = tuple([each async for each in observe_tools(context, scenarios, pools[0], pools[-1], options.jobs)])
    finally:
        for pool in pools:
            await pool.close()
    write_behaviour(options.folder, behaviour_section(code_digest(options.folder, world), found))
    known = _known(spec, options)
    for seen in found:
        sink.extend(mismatches(known[seen.tool], seen, spec.type_table))
    return ToolsProbed(behaviours=found, compared=sum(each.document is not None for each in known.values()))


def _known(spec: Spec, options: ProbeOptions) -> dict[str, Known]:
    """What the lock's documents, and the code of imported classes, say of each tool."""
    documents: dict[str, Mapping[str, Any]] = {}
    code: dict[str, Mapping[str, Any]] = {}
    lock = read_snapshot(options.folder, Sink()) or {"tools": {}}
    packages = spec.recipe.world.packages
    place = Place(folder=options.folder, site_packages=lambda: find_site_packages(ensure_environment(packages, options.announce)))
    for key, entry in lock["tools"].items():
        name, _, argument = key.partition(":")
        documents.update((function["name"], function) for function in entry["functions"])
        if name == "bfcl":
            code |= bfcl_signatures(argument, place)
    return {tool.name: Known(tool=tool, document=documents.get(tool.name), code=code.get(tool.name)) for tool in spec.tools}
