"""Diagnostics as text: one file per format."""

from collections.abc import Callable

from magnetc.diagnostics.render import concise, full, github, json, sarif

FORMATS: dict[str, Callable[..., str]] = {
    "full": full.render,
    "concise": concise.render,
    "json": json.render,
    "github": github.render,
    "sarif": sarif.render,
}
"""Renderers by name. Each takes a sink and `prefix`, the path of the recipe folder that goes before each file's name."""

__all__ = ["FORMATS"]
