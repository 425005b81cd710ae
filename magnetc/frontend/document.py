"""Document: what one file of a recipe says, and where each part of it stands, whatever syntax it was written in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from magnetc.source import Span


@dataclass(frozen=True, slots=True)
class Document:
    """One document of a recipe: plain JSON data of one `kind`.

    `file` is the name relative to the recipe folder. `data` includes the key `kind`. `spans` maps the JSON pointer of
    each node (RFC 6901; the root is "") to the spans of its key and of its value; where there is no key, at the root and
    in lists, both are the value's span.
    """

    kind: str
    file: str
    data: dict[str, Any]
    spans: dict[str, tuple[Span, Span]]
