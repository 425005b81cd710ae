"""Rows: the lines of a file in the making, each with the place in the source that it comes from, and the comments between."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from magnetc.frontend.format.comments import Comment


@dataclass(slots=True)
class Row:
    """A line. `at` is the offset in the source of what it says; -1 for one that only closes what others opened."""

    text: str
    at: int = -1
    above: list[str] = field(default_factory=list)
    beside: list[str] = field(default_factory=list)
    blank: bool = False


class Inexpressible(Exception):
    """What stands at a pointer of a document has no form in the other syntax."""

    def __init__(self, pointer: str, why: str):
        super().__init__(why)
        self.pointer, self.why = pointer, why


def with_comments(files: Sequence[list[Row]], comments: Sequence[Comment], source: str) -> list[str]:
    """The texts of files whose rows come from one `source`, its comments beside or above the rows that they were about.

    A comment with a line to itself stands above the row that follows it in the source; any other, beside the row before it.
    """
    places = sorted(((row.at, row) for rows in files for row in rows if row.at >= 0), key=lambda place: place[0])
    last: list[str] = []
    for comment in comments:
        after = next((row for at, row in places if at >= comment.start), None)
        before = next((row for at, row in reversed(places) if at < comment.start), None)
        if comment.trails and before:
            before.beside.append(comment.text)
        elif after:
            after.above.append(comment.text)
        else:
            last.append(comment.text)
    for at, row in places:
        row.blank = _stands_apart(source, at, len(row.above))
    texts = ["".join(_lines(rows)) for rows in files]
    return [*texts[:-1], texts[-1] + "".join(f"{text}\n" for text in last)] if texts else texts


def _stands_apart(source: str, at: int, comments: int) -> bool:
    """Whether an empty line stands before a row, or before the comments above it."""
    lines = source[: source.rfind("\n", 0, at) + 1].split("\n")[:-1]
    while lines and lines[-1].lstrip().startswith("#") and comments:
        lines.pop()
        comments -= 1
    return bool(lines) and not lines[-1].strip()


def _lines(rows: Sequence[Row]) -> Iterator[str]:
    for number, row in enumerate(rows):
        opens = rows[number - 1].text.endswith(("{", "[")) if number else True
        indent = " " * (len(row.text) - len(row.text.lstrip(" ")))
        yield "\n" * (row.blank and not opens)
        *above, beside = [*row.above, *row.beside] if row.beside else [*row.above, ""]
        yield from (f"{indent}{text}\n" for text in above)
        yield f"{row.text}{'  ' * bool(beside)}{beside}\n"
