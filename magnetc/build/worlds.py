"""The worlds of a build: a pool of them, and how they begin."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from pathlib import Path

from magnetc.diagnostics import Diagnostic, Label, MagnetError
from magnetc.ir.script import CLUTTER
from magnetc.ir.spec import Recipe, Spec
from magnetc.passes.clutter import Clutter
from magnetc.tools.worlds.kind import world_pool
from magnetc.tools.worlds.pool import WorldPool
from magnetc.tools.worlds.world import World
from magnetc.translate.scenario import Scenario, make_scenario

SHARING = 64
"""Units that share a world while a model is asked: most of them wait for it most of the time."""


def recipe_pool(recipe: Recipe, folder: Path, announce: Callable[[str], None], size: int) -> WorldPool:
    """A pool of at most `size` worlds for the recipe in `folder`. Raises MagnetError as `world_pool`."""
    return world_pool(recipe.world, folder, announce, size=size, sharing=SHARING if recipe.model else 1)


async def scenarios_of(world: World, spec: Spec) -> tuple[Scenario, ...]:
    """The initial states: of each variant, plain and as the recipe's `clutter` has them. Raises MagnetError (MG617)."""
    asked = next((operation for operation in spec.operations if operation.name == Clutter().name), None)
    shares = dict(asked.options) if asked else {}
    kinds = [kind for size in range(len(CLUTTER) + 1) for kind in combinations(CLUTTER, size) if all(shares.get(what) for what in kind)]
    if asked and len(kinds) > 1 and "clutter" not in world.has:
        raise MagnetError(Diagnostic(code="MG617", message=f"the world `{spec.recipe.world.title}` has no method `clutter`",
                                     primary=Label(asked.origin, at_key=True) if asked.origin.file else None,
                                     help="add `def clutter(self, state, results)` to the class, or leave the operation out"))
    variants = range(spec.recipe.world.variants)
    return tuple([await make_scenario(world, spec, variant, kind) for kind in kinds for variant in variants])
