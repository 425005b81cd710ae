"""The Lark parser of `grammar/magnet.lark`, built on first use, and the post-lexer that decides which newlines count."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from magnetc.source.resources import resource

if TYPE_CHECKING:
    from lark import Lark, Token

_OPEN = ("(", "[", "{")
_CLOSE = (")", "]", "}")
_CONTINUES = ("{", ",", "|", "=", "->")


class _Newlines:
    """Drops the newlines that end no statement: inside ( ) and [ ], where a line cannot end, and doubled ones."""

    always_accept = ("_NL", "NAME")

    def process(self, stream: Iterator[Token]) -> Iterator[Token]:
        opened: list[str] = []
        previous = "\n"
        for token in stream:
            text = str(token)
            if text == "\n" and (previous == "\n" or previous in _CONTINUES or "(" in opened or "[" in opened):
                continue
            if text in _OPEN:
                opened.append(text)
            elif text in _CLOSE and opened:
                opened.pop()
            previous = text
            yield token


@lru_cache(maxsize=2)
def dsl_parser(*, strict: bool = False) -> Lark:
    """The parser, with start symbols `start` (one statement) and `pattern`. `strict` refuses any ambiguity (tests)."""
    from lark import Lark

    grammar = resource("grammar", "magnet.lark").read_text(encoding="utf-8")
    return Lark(grammar, parser="lalr", lexer="contextual", start=["start", "pattern"], strict=strict,
                postlex=_Newlines(), propagate_positions=True, maybe_placeholders=False)
