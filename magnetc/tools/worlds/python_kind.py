"""Worlds of a class of the recipe: `world: {python: "module:Class"}`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from magnetc.ir.limits import Limits
from magnetc.ir.spec import WorldSpec
from magnetc.tools.environments import ensure_environment
from magnetc.tools.worlds.pool import Start
from magnetc.tools.worlds.python import LEVELS, PythonWorld, python_rules
from magnetc.tools.worlds.world import Levels


class PythonKind:
    """As `kind.py` describes it."""

    def levels(self, spec: WorldSpec) -> Levels:
        """Snapshots of objects, replayed to the byte but for what is normalised."""
        rules = python_rules(spec)
        return Levels(replay="normalised", normalised=tuple(map(str, rules))) if rules else LEVELS

    def runs(self, spec: WorldSpec, folder: Path) -> Mapping[str, str]:
        """Its packages: the class is in a code file."""
        return {f"package `{package}`": package for package in spec.packages}

    def files(self, spec: WorldSpec, folder: Path) -> tuple[str, ...]:
        """None."""
        return ()

    def prepare(self, spec: WorldSpec, folder: Path, announce: Callable[[str], None], limits: Limits | None = None) -> Start:
        """The environment of the recipe's packages, and worker processes in it."""
        environment = ensure_environment(spec.packages, announce) if spec.packages else None
        return lambda: PythonWorld.start(spec, folder, environment, limits)
