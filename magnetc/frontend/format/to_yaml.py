"""Write a document in YAML: names in blocks, what is short on one line."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from magnetc.frontend.document import Document
from magnetc.frontend.format.rows import Row
from magnetc.frontend.yaml_scalar import SPECIAL
from magnetc.source.origin import escape

_SHORT = 110
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_./-]*")
_HIDDEN = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


def yaml_rows(document: Document, is_commented: Callable[[int, int], bool]) -> list[Row]:
    """The rows of a YAML file that says what `document` does."""
    return list(_Writer(document, is_commented).mapping(document.data, "", 0))


def yaml_scalar(value: Any) -> str:
    """A scalar as YAML: text without quotes where it can be taken for nothing else."""
    if not isinstance(value, str):
        return json.dumps(value)
    if _PLAIN.fullmatch(value) and value not in SPECIAL:
        return value
    return _HIDDEN.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(value, ensure_ascii=False))


def yaml_flow(value: Any) -> str:
    """A value on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{yaml_scalar(key)}: {yaml_flow(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(yaml_flow, value)) + "]"
    return yaml_scalar(value)


class _Writer:
    """Writes the nodes of one document, each with the place that it comes from."""

    def __init__(self, document: Document, is_commented: Callable[[int, int], bool]):
        self.document = document
        self.is_commented = is_commented

    def mapping(self, data: dict[str, Any], pointer: str, depth: int) -> list[Row]:
        rows: list[Row] = []
        for key, value in data.items():
            place = f"{pointer}/{escape(key)}"
            rows += self.node(f"{'  ' * depth}{yaml_scalar(key)}:", value, place, depth)
        return rows

    def node(self, head: str, value: Any, pointer: str, depth: int) -> list[Row]:
        """A key, or the dash of an item, with its value."""
        key, span = self.document.spans.get(pointer, (None, None))
        at = key.start if key else -1
        flow = f"{head} {yaml_flow(value)}"
        opens = bool(value) and isinstance(value, (dict, list))
        inside = span is not None and self.is_commented(span.start, span.end)
        by_name = depth == 0 and opens and (isinstance(value, dict) or isinstance(value[0], dict)) and self._has_names()
        if not opens or (len(flow) <= _SHORT and not inside and not by_name):
            return [Row(flow, at)]
        if isinstance(value, dict):
            return [Row(head, at), *self.mapping(value, pointer, depth + 1)]
        return [Row(head, at), *(row for number, item in enumerate(value) for row in self.item(item, f"{pointer}/{number}", depth + 1))]

    def _has_names(self) -> bool:
        return self.document.kind not in ("recipe", "operations")

    def item(self, value: Any, pointer: str, depth: int) -> list[Row]:
        rows = self.node(f"{'  ' * depth}-", value, pointer, depth)
        if len(rows) == 1 or not isinstance(value, dict):
            return rows
        dash, first, *rest = rows
        return [Row(f"{'  ' * depth}- {first.text.lstrip()}", dash.at if dash.at >= 0 else first.at), *rest]
