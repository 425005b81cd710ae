"""Kinds of worlds: what `world: {NAME: …}` of a recipe chooses, of magnetc or of an installed package."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Protocol

from magnetc import plugins
from magnetc.ir.spec import WorldSpec
from magnetc.tools.worlds.pool import Start, WorldPool
from magnetc.tools.worlds.world import Levels

OWN: Mapping[str, str] = {
    "mcp": "magnetc.tools.worlds.mcp.kind:McpKind",
    "openapi": "magnetc.tools.worlds.openapi.kind:OpenApiKind",
    "python": "magnetc.tools.worlds.python_kind:PythonKind",
    "simulated": "magnetc.tools.worlds.simulated.kind:SimulatedKind",
}
"""Of magnetc, imported when a recipe asks for one: some need packages that others do without."""


class WorldKind(Protocol):
    """One kind. A package adds its own by an entry point of the group `magnetc.worlds`, with a JSON Schema of its settings in
    the attribute `options` (`docs/plugins.md`)."""

    def levels(self, spec: WorldSpec) -> Levels:
        """What worlds of `spec` promise."""
        ...

    def runs(self, spec: WorldSpec, folder: Path) -> Mapping[str, str]:
        """What starting a world runs or believes beside the code files in `folder`: for the eyes of who trusts it, each with text
        that changes when it does."""
        ...

    def files(self, spec: WorldSpec, folder: Path) -> tuple[str, ...]:
        """Files in `folder`, beside code, that an output has to carry, so that it is trusted and executed as the recipe is."""
        ...

    def prepare(self, spec: WorldSpec, folder: Path, announce: Callable[[str], None]) -> Start:
        """Make what all worlds of `spec` share (environments), and return what starts one.

        Raises:
            MagnetError: MG604, MG605 when an environment cannot be made.
        """
        ...


def world_kind(spec: WorldSpec) -> WorldKind:
    """The kind that a recipe names. Raises MagnetError (MG012) for one of a package that cannot be used."""
    if spec.kind not in OWN:
        return plugins.worlds()[spec.kind]()
    module, _, name = OWN[spec.kind].partition(":")
    return getattr(import_module(module), name)()


def world_pool(spec: WorldSpec, folder: Path, announce: Callable[[str], None], *, size: int = 1, sharing: int = 1) -> WorldPool:
    """A pool of at most `size` worlds of a recipe in `folder`, lent to `sharing` at once, its environments made. The caller closes it.

    Raises:
        MagnetError: MG604, MG605 when an environment cannot be made, MG012 for a kind that cannot be used.
    """
    kind = world_kind(spec)
    return WorldPool(kind.prepare(spec, folder / spec.folder, announce), size=kind.levels(spec).at_most(size), sharing=sharing)
