"""Pages and code that come with what magnetc writes, from templates in `specs/std`."""

from __future__ import annotations

from typing import Any

from magnetc.source.resources import resource


def page(template: str, /, **values: Any) -> str:
    """What `specs/std/TEMPLATE.md.j2`, or `TEMPLATE.j2` of another kind of file, makes of values. Raises UndefinedError where it asks for one that it is not given."""
    from jinja2 import StrictUndefined
    from jinja2.sandbox import SandboxedEnvironment

    environment = SandboxedEnvironment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
                                       keep_trailing_newline=True)
    name = f"{template}.j2" if "." in template else f"{template}.md.j2"
    return environment.from_string(resource("specs", "std", name).read_text(encoding="utf-8")).render(values)
