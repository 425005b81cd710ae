"""The dataset card: README.md of an output."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from magnetc.ir.spec import Spec
from magnetc.source.resources import resource


def card(spec: Spec, figures: Mapping[str, Any], example: str) -> str:
    """The card as Markdown, from the template `specs/std/card.md.j2`. `example` is one conversation as text."""
    from jinja2 import StrictUndefined
    from jinja2.sandbox import SandboxedEnvironment

    environment = SandboxedEnvironment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
                                       keep_trailing_newline=True)
    template = environment.from_string(resource("specs", "std", "card.md.j2").read_text(encoding="utf-8"))
    distract = next((dict(each.options) for each in spec.operations if each.name == "distract"), None)
    return template.render(recipe=spec.recipe, tools=spec.tools, figures=figures, example=example, distract=distract)
