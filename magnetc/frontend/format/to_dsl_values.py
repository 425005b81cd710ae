"""What all statements of the DSL are written with: names, values, bodies, and where they come from."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from magnetc.frontend.document import Document
from magnetc.frontend.dotted import quote_name
from magnetc.frontend.format.rows import Inexpressible, Row
from magnetc.frontend.string_literal import encode_string
from magnetc.source.origin import escape

SHORT = 110
"""Columns of a statement that is written on one line."""

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_LITERALS = ("true", "false", "null")


class Places:
    """Where the nodes of a document stand in its file."""

    def __init__(self, document: Document, is_commented: Callable[[int, int], bool]):
        self.document = document
        self.is_commented = is_commented

    def at(self, pointer: str) -> int:
        """The offset where a node begins, its key first."""
        return self.document.spans[pointer][0].start if pointer in self.document.spans else -1

    def has_comment(self, pointer: str) -> bool:
        """Whether a comment stands inside a node."""
        if pointer not in self.document.spans:
            return False
        span = self.document.spans[pointer][1]
        return self.is_commented(span.start, span.end)

    @staticmethod
    def child(pointer: str, key: str) -> str:
        return f"{pointer}/{escape(key)}"


def name(text: str, pointer: str) -> str:
    """A name, in backquotes where it needs them."""
    if not text or "`" in text or "\n" in text:
        raise Inexpressible(pointer, f"{json.dumps(text)} cannot be a name in the DSL")
    return quote_name(text)


def number_text(value: float) -> str:
    return json.dumps(value)


def json_text(value: Any, pointer: str) -> str:
    """A value as JSON, its texts as the DSL writes text."""
    match value:
        case str():
            return encode_string(value)
        case dict():
            return "{" + ", ".join(f"{encode_string(key)}: {json_text(inner, pointer)}" for key, inner in value.items()) + "}"
        case list():
            return "[" + ", ".join(json_text(inner, pointer) for inner in value) + "]"
    return number_text(value)


def value_text(value: Any, pointer: str) -> str:
    """A value of a recipe on one line: text that is a word without quotes."""
    match value:
        case str():
            return value if _WORD.fullmatch(value) and value not in _LITERALS else encode_string(value)
        case dict():
            return "{" + ", ".join(f"{key_text(key)}: {value_text(inner, pointer)}" for key, inner in value.items()) + "}"
        case list():
            return "[" + ", ".join(value_text(inner, pointer) for inner in value) + "]"
    return number_text(value)


def key_text(key: str) -> str:
    return key if _WORD.fullmatch(key) else encode_string(key)


def value_rows(head: str, value: Any, pointer: str, depth: int, places: Places, end: str = "") -> list[Row]:
    """A value after `head`: on one line where it is short and has no comments in it, else one line an item."""
    text = f"{head} {value_text(value, pointer)}{end}"
    if not value or not isinstance(value, (dict, list)) or (len(text) <= SHORT and not places.has_comment(pointer)):
        return [Row(text, places.at(pointer))]
    inner = "  " * (depth + 1)
    rows = [Row(f"{head} {'{' if isinstance(value, dict) else '['}", places.at(pointer))]
    if isinstance(value, dict):
        for key, each in value.items():
            rows += value_rows(f"{inner}{key_text(key)}:", each, places.child(pointer, key), depth + 1, places, ",")
    else:
        for index, each in enumerate(value):
            item = value_rows(inner[:-1], each, f"{pointer}/{index}", depth + 1, places, ",")
            rows += item
    return [*rows, Row(f"{'  ' * depth}{'}' if isinstance(value, dict) else ']'}{end}")]


def json_rows(head: str, value: Any, pointer: str, depth: int, places: Places, end: str = "") -> list[Row]:
    """JSON after `head`: on one line where it is short and has no comments in it, else one line an item."""
    text = f"{head} {json_text(value, pointer)}{end}"
    if not value or not isinstance(value, (dict, list)) or (len(text) <= SHORT and not places.has_comment(pointer)):
        return [Row(text, places.at(pointer))]
    inner = "  " * (depth + 1)
    rows = [Row(f"{head} {'{' if isinstance(value, dict) else '['}", places.at(pointer))]
    if isinstance(value, dict):
        for key, each in value.items():
            rows += json_rows(f"{inner}{encode_string(key)}:", each, places.child(pointer, key), depth + 1, places, ",")
    else:
        for index, each in enumerate(value):
            rows += json_rows(inner[:-1], each, f"{pointer}/{index}", depth + 1, places, ",")
    return [*rows, Row(f"{'  ' * depth}{'}' if isinstance(value, dict) else ']'}{end}")]


def body(head: str, rows: list[Row], at: int, *, several: bool = False) -> list[Row]:
    """A statement with its items: on one line where there is one short item, unless it may have `several`."""
    if len(rows) == 1 and not several and len(head) + len(rows[0].text) <= SHORT:
        return [Row(f"{head} {{ {rows[0].text.strip()} }}", at if at >= 0 else rows[0].at)]
    return [Row(f"{head} {{", at), *rows, Row("}")]
