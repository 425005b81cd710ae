"""Check a recipe: from what is kept of an earlier check where nothing has changed since, else anew."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from magnetc.build.check_cache import recall, remember
from magnetc.build.checked import Checked
from magnetc.diagnostics import Sink

if TYPE_CHECKING:
    from magnetc.passes.context import CompileContext


def check_recipe(folder: Path, sink: Sink, *, cached: bool = True) -> Checked:
    """All that is wrong with the recipe in `folder`. Without `cached`, nothing is taken from an earlier check, nor kept for a later.

    `sink` takes what is found when it is worked out: it stands there too when the work is broken off.
    """
    kept = recall(folder) if cached else None
    if kept is not None:
        return kept
    # Here, so that a check that is kept waits for none of it.
    from magnetc.build.clean import check_sources
    from magnetc.build.compile import compile_recipe
    from magnetc.build.mix import check_mix

    context = compile_recipe(folder, sink)
    if context is not None:
        check_sources(context.spec, folder, sink)
        check_mix(context.spec, folder, sink)
    checked = checked_of(None if sink.has_errors else context, sink)
    if cached:
        remember(folder, checked)
    return checked


def checked_of(context: CompileContext | None, sink: Sink) -> Checked:
    """What a compiled recipe comes to."""
    if context is None:
        return Checked(sink)
    return Checked(sink, context.spec.recipe.name, (len(context.spec.tools), len(context.graph.edges), len(context.spec.paths)))
