"""Simulated worlds in the process of a test: the class as the worker loads it, from tools in the language."""

from __future__ import annotations

import importlib.util
import itertools
import json
import tempfile
from pathlib import Path
from typing import Any

from magnetc.diagnostics import Sink
from magnetc.frontend import load
from magnetc.tools.worlds.simulated.kind import SIMULATION
from magnetc.tools.worlds.simulated.plan import Planner

NOW = "2026-05-04T10:00:00Z"
_numbers = itertools.count()


def plan_of(text: str, settings: dict[str, Any] | None = None) -> dict[str, Any]:
    """The plan of a recipe with these types and tools."""
    said = json.dumps(settings or {})
    recipe = ("kind: recipe\nname: small\nversion: 0.1.0\nseed: 1\ninclude: [std/types, tools.magnet]\n"
              f"world: {{simulated: {said}, now: '{NOW}'}}\n")
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "recipe.yaml").write_text(recipe, encoding="utf-8")
        Path(folder, "tools.magnet").write_text(text, encoding="utf-8")
        sink = Sink()
        spec = load(Path(folder), sink, {})
    assert spec is not None, [str(d.message) for d in sink.diagnostics]
    return Planner(spec.tools, spec.type_table, json.loads(spec.recipe.world.settings)).plan()


def simulation(plan: dict[str, Any]) -> type:
    """The class that answers by `plan`."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "plan.json").write_text(json.dumps(plan), encoding="utf-8")
        file = Path(folder, "simulation.py")
        file.write_text(SIMULATION.read_text(encoding="utf-8"), encoding="utf-8")
        spec = importlib.util.spec_from_file_location(f"simulation_{next(_numbers)}", file)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    return module.Simulation
