"""The dataset card: README.md of an output."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from magnetc.emit.markdown import page
from magnetc.ir.spec import Spec


def card(spec: Spec, figures: Mapping[str, Any], example: str) -> str:
    """The card as Markdown, from the template `specs/std/card.md.j2`. `example` is one conversation as text."""
    distract = next((dict(each.options) for each in spec.operations if each.name == "distract"), None)
    distances = figures["made"]["distances"].values()
    farthest = max((int(distance) for found in distances for distance in found), default=0)
    return page("card", recipe=spec.recipe, tools=spec.tools, figures=figures, example=example, distract=distract,
                gates=dict(spec.recipe.coverage), farthest=farthest)
