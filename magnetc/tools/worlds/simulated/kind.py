"""Worlds of tools that nobody has implemented: `world: {simulated: {…}}`."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from magnetc.diagnostics import Diagnostic, MagnetError
from magnetc.ir.json import digest
from magnetc.ir.spec import WorldSpec
from magnetc.ir.types import TypeTable
from magnetc.tools.environments import cache_directory
from magnetc.tools.worlds.pool import Start
from magnetc.tools.worlds.python import LEVELS, PythonWorld
from magnetc.tools.worlds.simulated.plan import plan_text
from magnetc.tools.worlds.world import Levels

SIMULATION = Path(__file__).with_name("simulation.py")


class SimulatedKind:
    """As `magnetc/tools/worlds/kind.py` describes it: one class of Python, planned from the tools, in the worker of Python worlds."""

    def levels(self, spec: WorldSpec) -> Levels:
        """Those of the class."""
        return LEVELS

    def runs(self, spec: WorldSpec, folder: Path) -> Mapping[str, str]:
        """Nothing of the recipe's."""
        return {}

    def files(self, spec: WorldSpec, folder: Path) -> tuple[str, ...]:
        """None."""
        return ()

    def prepare(self, spec: WorldSpec, folder: Path, announce: Callable[[str], None]) -> Start:
        """The plan beside a copy of the class, in the user's cache: the same tools have the same folder."""
        plan = plan_text(spec.tools, TypeTable({entity.name: entity for entity in spec.types}), spec.settings)
        source = SIMULATION.read_text(encoding="utf-8")
        place = cache_directory() / "simulated" / digest([plan, source])
        try:
            _write(place, {SIMULATION.name: source, "plan.json": plan})
        except OSError as error:
            raise MagnetError(Diagnostic(code="MG601", message=f"the simulated world cannot be written to `{place}`: {error.strerror}",
                                         help="say another place in the environment variable `MAGNETC_CACHE`")) from error
        made = replace(spec, python="simulation:Simulation", tools=(), types=())
        return lambda: PythonWorld.start(made, place)


def _write(place: Path, files: Mapping[str, str]) -> None:
    """All files at once: another process may be at the same."""
    if place.is_dir():
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(dir=place.parent))
    for name, text in files.items():
        (made / name).write_text(text, encoding="utf-8")
    try:
        made.rename(place)
    except OSError:
        shutil.rmtree(made)
        if not place.is_dir():
            raise
