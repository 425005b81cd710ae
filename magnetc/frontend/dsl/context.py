"""What the lowering of every statement shares: spans, decoded tokens, and the documents built so far."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from magnetc.diagnostics import Label, Sink
from magnetc.diagnostics.edits import inserted
from magnetc.frontend.dotted import join_dotted, unquote_name
from magnetc.frontend.dsl.extent import extent, is_token
from magnetc.frontend.dsl.node import Node
from magnetc.frontend.string_literal import decode_string
from magnetc.source import SourceFile, Span

if TYPE_CHECKING:
    from lark import Token, Tree

_LITERALS = {"TRUE": True, "FALSE": False, "NULL": None}
_MAX_DIGITS = 300


class Context:
    """Lowers the tokens of one file. `base` is the offset of the block at hand, `statement` the span of its statement."""

    def __init__(self, file: SourceFile, sink: Sink) -> None:
        self.file = file
        self.sink = sink
        self.base = 0
        self.statement = Span(file.name, 0, 0)
        self.documents: dict[tuple[str, str], Node] = {}
        self.domain: Span | None = None

    # -- places ---------------------------------------------------------------------------------------------------------

    def span(self, item: Token | Tree, to: Token | Tree | None = None) -> Span:
        """The span of a token or tree, or from it to the end of a second one."""
        start, end = extent(item)
        if to is not None:
            _, end = extent(to)
        return Span(self.file.name, self.base + start, self.base + end)

    # -- tokens: the grammar says where they are, and an assertion says so to readers of the code -----------------------

    def name(self, token: Token | Tree, key: Span | None = None) -> Node:
        assert is_token(token)
        return Node.at(unquote_name(str(token)), self.span(token), key)

    def text(self, token: Token | Tree, key: Span | None = None) -> Node:
        """A string; escapes that mean nothing are errors, one for each."""
        assert is_token(token)
        value, _, bad = decode_string(str(token))
        start = self.base + (token.start_pos or 0)
        for at in bad:
            escape = str(token)[at : at + 2]
            self.sink.error("MG151", f"`{escape}` is no escape", Span(self.file.name, start + at, start + at + 2),
                            help=f"write `\\{escape}` for the backslash itself; "
                                 "the escapes are `\\\"`, `\\\\`, `\\n`, `\\t` and `\\uXXXX`",
                            fix=inserted(self.file.name, start + at, "\\"))
        return Node.at(value if not bad else value.encode("utf-8", "replace").decode(), self.span(token), key)

    def number(self, tree: Tree, key: Span | None = None) -> Node:
        return self.scalar(tree.children[0], key)

    def scalar(self, token: Token | Tree, key: Span | None = None) -> Node:
        """A literal: string, whole number, number, `true`, `false` or `null`."""
        assert is_token(token)
        if token.type == "STRING":
            return self.text(token, key)
        if token.type in _LITERALS:
            return Node.at(_LITERALS[token.type], self.span(token), key)
        value: float | int = 0
        if len(token) <= _MAX_DIGITS:
            value = int(token) if token.type == "INT" else float(token)
        if len(token) > _MAX_DIGITS or math.isinf(value):
            self.sink.error("MG151", "this number is too large", self.span(token), help="write a number that fits 64 bits")
            value = 0
        return Node.at(value, self.span(token), key)

    def operand(self, item: Token | Tree, key: Span | None = None) -> Node:
        """A literal, or a name as it is."""
        return self.name(item, key) if is_token(item) else self.number(item, key)

    def names(self, tree: Tree, key: Span | None = None) -> Node:
        return Node.at([self.name(token) for token in tree.children], self.span(tree), key)

    def dotted(self, tree: Tree, key: Span | None = None) -> Node:
        """A dotted name as one string, backquotes kept around parts with a dot of their own."""
        text = join_dotted([unquote_name(str(token)) for token in tree.children])
        return Node.at(text, self.span(tree), key)

    def json(self, tree: Tree, key: Span | None = None) -> Node:
        if tree.data == "literal":
            return self.scalar(tree.children[0], key)
        if tree.data == "json_list":
            return Node.at([self.json(item) for item in tree.children], self.span(tree), key)
        record = Node.at({}, self.span(tree), key)
        for pair in tree.children:
            name, value = pair.children
            self.define(record, self.key(name), self.json(value, self.span(name)), "key")
        return record

    def key(self, token: Token | Tree) -> str:
        """A key of a mapping, quoted or a name."""
        assert is_token(token)
        return self.text(token).value if token.type == "STRING" else self.name(token).value

    def value(self, tree: Tree, key: Span | None = None) -> Node:
        """A value of a recipe: as JSON, but text that is a name needs no quotes."""
        if tree.data == "word":
            return self.name(tree.children[0], key)
        if tree.data == "literal":
            return self.scalar(tree.children[0], key)
        if tree.data == "value_list":
            return Node.at([self.value(item) for item in tree.children], self.span(tree), key)
        record = Node.at({}, self.span(tree), key)
        for pair in tree.children:
            if is_token(pair):
                continue
            name, value = pair.children
            self.define(record, self.key(name), self.value(value, self.span(name)), "key")
        return record

    # -- documents ------------------------------------------------------------------------------------------------------

    def document(self, kind: str, part: str = "") -> Node:
        """The document of this kind (and locale) that the file makes, begun at its first statement."""
        if (kind, part) not in self.documents:
            kind_node = Node.at(kind, self.statement)
            self.documents[kind, part] = Node.at({"kind": kind_node}, self.statement)
        return self.documents[kind, part]

    def section(self, kind: str, key: str, empty: Any) -> Node:
        """The mapping or list at `key` of that document."""
        return self.document(kind).value.setdefault(key, Node.at(empty, self.statement))

    def define(self, mapping: Node, key: str, node: Node, what: str) -> None:
        """Set `key`; when it is there already, an error at both places."""
        first = mapping.value.get(key)
        if first is None:
            mapping.value[key] = node
        else:
            self.duplicate(f"{what} `{key}`", node.key, first.key)

    def duplicate(self, what: str, again: Span, first: Span) -> None:
        self.sink.error("MG149", f"{what} is given twice", again, label="again here", help="leave one of the two out",
                        secondary=(Label(first, "first here"),))
