"""The page of a report: figures, a drawing of the graph, and rows, in one file that loads nothing."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from typing import Any

from magnetc.emit.report import words
from magnetc.emit.report.embed import Embedded
from magnetc.emit.report.entry import FACETS
from magnetc.emit.report.figures import Figures
from magnetc.emit.report.verdict import percent, removed_by_proof, share, verdict
from magnetc.emit.report.wheel import Wheel
from magnetc.source.resources import resource

SCRIPTS = ("theme.js", "rows.js", "origins.js", "conversation.js", "browser.js", "wheel.js", "start.js")
"""Ours, in the order in which they are read."""


def report_page(figures: Figures, rows: Embedded, drawing: Wheel | None = None) -> str:
    """The page as HTML."""
    return _rendered("report.html.j2", figures=figures, verdict=verdict(figures), removed=removed_by_proof(figures), wheel=drawing, packed=rows.packed(), seen=rows.seen)


def view_page(name: str, report: bool) -> str:
    """The page of `magnetc view`, whose rows are asked for one page after the other. `report`: the dataset has one to link to."""
    return _rendered("view.html.j2", name=name, report=report)


def script() -> str:
    """All of our JavaScript, in one function."""
    parts = "\n".join(_text(name) for name in SCRIPTS)
    return f'(() => {{\n"use strict"\n{parts}\n}})()\n'


def style() -> str:
    return _text("report.css")


def _rendered(template: str, **values: Any) -> str:
    from jinja2 import FunctionLoader, StrictUndefined
    from jinja2.sandbox import SandboxedEnvironment

    environment = SandboxedEnvironment(undefined=StrictUndefined, autoescape=True, trim_blocks=True, lstrip_blocks=True,
                                       keep_trailing_newline=True, loader=FunctionLoader(_text))
    environment.filters.update(percent=percent, share=share, coded=words.coded)
    own = script()
    return environment.get_template(template).render(
        script=own, style=style(), script_hash=b64encode(sha256(own.encode()).digest()).decode(), facets=FACETS, words=words,
        **values)


def _text(name: str) -> str:
    return resource("specs", "std", "report", name).read_text(encoding="utf-8")
