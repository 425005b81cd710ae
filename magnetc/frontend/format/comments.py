"""The comments of a file: what they say and where they stand."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import yaml

from magnetc.frontend.dsl.blocks import LEXEME
from magnetc.source import SourceFile

_COMMENT = re.compile(r"#[^\n]*")


@dataclass(frozen=True, slots=True)
class Comment:
    """`text` with its `#`. `trails`: something stands before it in its line."""

    text: str
    start: int
    trails: bool


def find_comments(file: SourceFile) -> list[Comment]:
    """The comments of a file that parses, in order."""
    ranges = _in_dsl(file.text) if file.name.endswith(".magnet") else _in_yaml(file.text)
    found = []
    for start, end in ranges:
        line = file.text[file.text.rfind("\n", 0, start) + 1 : start]
        found.append(Comment(file.text[start:end].rstrip(), start, bool(line.strip())))
    return found


def comments_of(file: SourceFile) -> list[str]:
    """What the comments of a file say, in order."""
    return [comment.text for comment in find_comments(file)]


def is_commented(comments: Sequence[Comment], start: int, end: int) -> bool:
    """Whether a comment stands in this part of the source."""
    return any(start <= comment.start < end for comment in comments)


def _in_dsl(text: str) -> Iterator[tuple[int, int]]:
    return (match.span() for match in LEXEME.finditer(text) if match.lastgroup == "comment")


def _in_yaml(text: str) -> Iterator[tuple[int, int]]:
    """What begins with `#` in the gaps between the lexemes."""
    at = 0
    for token in yaml.scan(text, Loader=yaml.CSafeLoader):
        start, end = token.start_mark.index, token.end_mark.index
        yield from (found.span() for found in _COMMENT.finditer(text, at, max(start, at)))
        at = max(end, at)
    yield from (found.span() for found in _COMMENT.finditer(text, at))
