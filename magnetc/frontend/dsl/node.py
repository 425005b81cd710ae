"""Nodes: document values that know where they stand, until a file is read and they part into data and spans."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from magnetc.source import Span
from magnetc.source.origin import escape


@dataclass(slots=True)
class Node:
    """A scalar, a dict of nodes or a list of nodes, with the span of its value and of the key it stands under."""

    value: Any
    span: Span
    key: Span

    @classmethod
    def at(cls, value: Any, span: Span, key: Span | None = None) -> Node:
        """A node whose key span is its own, as for items of a list."""
        return cls(value, span, key or span)

    def plain(self) -> Any:
        """The value as plain JSON data."""
        match self.value:
            case dict():
                return {key: node.plain() for key, node in self.value.items()}
            case list():
                return [node.plain() for node in self.value]
        return self.value

    def index(self, pointer: str = "") -> dict[str, tuple[Span, Span]]:
        """The key and value spans of this node and all below it, by JSON pointer."""
        spans = {pointer: (self.key, self.span)}
        match self.value:
            case dict():
                for key, node in self.value.items():
                    spans |= node.index(f"{pointer}/{escape(key)}")
            case list():
                for number, node in enumerate(self.value):
                    spans |= node.index(f"{pointer}/{number}")
        return spans
