"""The pure half of a build: a recipe folder to a spec and a compile context, or diagnostics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from magnetc.build.current_probes import current_probes
from magnetc.diagnostics import Sink
from magnetc.frontend import load
from magnetc.ir.spec import Spec
from magnetc.passes.conflict import check_paths
from magnetc.passes.context import CompileContext
from magnetc.passes.held_out import check_held_out
from magnetc.passes.pipeline import build_graph
from magnetc.tools.importers import IMPORTERS


def compile_recipe(folder: Path, sink: Sink, *, seed: int | None = None, paths: int | None = None,
                   texts: Mapping[str, str] | None = None) -> CompileContext | None:
    """Load and resolve the recipe in `folder`, build its graph and check that every path can be walked.

    `seed` overrides the recipe's. `paths` scales its path counts to that many in all. `texts` stand in for files of that
    name. None when the sink has errors.
    """
    context = compile_graph(folder, sink, seed=seed, paths=paths, texts=texts)
    if context is not None:
        sink.extend(check_paths(context))
    if context is not None and not sink.has_errors:
        sink.extend(check_held_out(context))
    return None if sink.has_errors else context


def compile_graph(folder: Path, sink: Sink, *, seed: int | None = None, paths: int | None = None,
                  texts: Mapping[str, str] | None = None) -> CompileContext | None:
    """As `compile_recipe`, with paths that may have no walk: whoever looks for why has to see the graph."""
    spec = load(folder, sink, IMPORTERS, texts)
    if spec is None or sink.has_errors:
        return None
    spec = overridden(spec, seed, paths)
    spec = replace(spec, graph=replace(spec.graph, probes=current_probes(spec, folder, sink)))
    return CompileContext(spec, build_graph(spec))


def overridden(spec: Spec, seed: int | None, paths: int | None) -> Spec:
    """The spec with another seed, or with its path counts scaled to `paths` in all."""
    recipe = spec.recipe
    if seed is not None:
        recipe = replace(recipe, seed=seed)
    if paths is not None:
        whole = sum(count for _, count in recipe.paths) or 1
        recipe = replace(recipe, paths=scaled(recipe.paths, paths), scale=paths / whole)
    return spec if recipe is spec.recipe else replace(spec, recipe=recipe)


def scaled(counts: tuple[tuple[str, int], ...], total: int) -> tuple[tuple[str, int], ...]:
    """Counts in the same proportions that sum to `total`: the largest remainders are rounded up."""
    whole = sum(count for _, count in counts) or 1
    shares = [(name, count * total / whole) for name, count in counts]
    floors = {name: int(share) for name, share in shares}
    rest = total - sum(floors.values())
    for name, _ in sorted(shares, key=lambda item: int(item[1]) - item[1])[:rest]:
        floors[name] += 1
    return tuple((name, floors[name]) for name, _ in counts)
