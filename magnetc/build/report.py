"""report.html of an output: its figures and its rows, read from the files as they were written."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from magnetc import __version__
from magnetc.emit.report.embed import Embedded
from magnetc.emit.report.entry import reading_order
from magnetc.emit.report.known import with_build
from magnetc.emit.report.measure import Measure
from magnetc.emit.report.page import report_page
from magnetc.emit.report.wheel import wheel
from magnetc.ir.spec import Spec

NAME = "report.html"
FIGURES = "figures.json"
"""What a build counted, beside its rows: the same that `build --json` prints."""


def report(folder: Path, files: Iterable[str], spec: Spec) -> str:
    """The page of the output in `folder`, whose data files, figures, coverage and graph are written."""
    measure, rows = Measure(), Embedded()
    for name in sorted(files, key=reading_order):
        with (folder / name).open(encoding="utf-8") as file:
            for line in file:
                row = json.loads(line)
                measure.add(name, row)
                rows.add(name, row, row["id"])
    counted, coverage, graph = (_read(folder / name) for name in (FIGURES, "coverage.json", "graph.json"))
    figures = measure.figures(spec.recipe.name)
    if counted:
        figures = with_build(figures, spec.recipe, counted, coverage, f"magnetc {__version__}")
    calls = {tool.name: tool.calls for tool in figures.shape.tools}
    drawing = wheel(graph, coverage, calls, {tool.name: tool.category for tool in spec.tools}) if graph else None
    return report_page(figures, rows, drawing)


def _read(path: Path) -> Mapping[str, Any]:
    """A document of the output; empty where it has none: another version of the compiler may have written it."""
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
