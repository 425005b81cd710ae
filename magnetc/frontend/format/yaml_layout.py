"""YAML's lexemes as lines: blocks two columns deeper than what holds them, brackets close, double quotes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import yaml

from magnetc.frontend.format.layout import Line, Piece, place

_STEP = 2
_BREAKS = "\n\x85\u2028\u2029"
"""What ends a line in libyaml's eyes."""
_BREAK = re.compile(f"[{_BREAKS}]")
_COMMENT = re.compile(r"#[^\n]*")
_SHOWN = {
    yaml.BlockEntryToken: "-", yaml.ValueToken: ":", yaml.FlowSequenceStartToken: "[", yaml.FlowSequenceEndToken: "]",
    yaml.FlowMappingStartToken: "{", yaml.FlowMappingEndToken: "}", yaml.FlowEntryToken: ",", yaml.DocumentStartToken: "---",
    yaml.DocumentEndToken: "...",
}
_DEPTH = re.compile(r"[|>][-+]?([1-9])")
"""A text in block style that says how deep its lines are."""


def yaml_lines(text: str) -> list[Line]:
    """The lines of a YAML file that parses. Comments keep their lines; of empty lines in a row one is left."""
    lines: list[Line] = []
    current: list[Piece] = []
    at, before, blank = 0, "", False
    for piece, start, end in _pieces(text):
        between = text[at:start]
        if current and _BREAK.search(between):
            lines.append(Line(current, blank))
            current = []
        if not current:
            blank = bool(lines) and between.count("\n") > 1
        piece.written = start - (max(text.rfind(each, 0, start) for each in _BREAKS) + 1)
        _space(piece, before, len(between.expandtabs()) if current else 0, first=not current)
        current.append(piece)
        at, before = end, before if piece.is_comment else piece.text if piece.sort == "mark" else ""
    return [*lines, Line(current, blank)] if current else lines


def _pieces(text: str) -> Iterator[tuple[Piece, int, int]]:
    """Lexemes and comments, with where they stand in the text."""
    at = 0
    for token in yaml.scan(text, Loader=yaml.CSafeLoader):
        start, end = token.start_mark.index, token.end_mark.index
        piece = _piece(token, text[start:end])
        if piece is None:
            continue
        for found in _COMMENT.finditer(text, at, start):
            yield Piece(found[0].rstrip(), "comment"), found.start(), found.end()
        at = start + len(text[start:end].rstrip("\n")) if piece.sort == "block" else end
        yield piece, start, at
    for found in _COMMENT.finditer(text, at):
        yield Piece(found[0].rstrip(), "comment"), found.start(), found.end()


def _piece(token: Any, source: str) -> Piece | None:
    if type(token) in _SHOWN:
        return Piece(_SHOWN[type(token)], "mark")
    if isinstance(token, yaml.KeyToken):
        return Piece("?", "mark") if source else None
    if not isinstance(token, yaml.ScalarToken):
        return None
    if token.style in ("|", ">"):
        keeps = "+" in source.split("\n", 1)[0].split("#")[0]
        return Piece(source.removesuffix("\n") if keeps else source.rstrip("\n"), "block")
    return Piece(source, "folded") if "\n" in source else Piece(_quoted(token, source), "scalar")


def _quoted(token: Any, source: str) -> str:
    """A scalar in double quotes, if it has quotes and needs no other kind."""
    value = token.value
    if token.style != "'" or not value.isprintable() or '"' in value or "\\" in value:
        return source
    return f'"{value}"'


def _space(piece: Piece, before: str, gap: int, *, first: bool) -> None:
    piece.breaks = before == ","
    if piece.is_comment:
        piece.gap, piece.usual = 0 if first else max(gap, 2), (2, 3)
    elif not first and (before == ":" or piece.sort != "mark" or piece.text not in (",", ":", "]", "}")) and before not in ("[", "{"):
        piece.gap, piece.usual = (1, ()) if before == "-" else (max(gap, 1), (1,))


@dataclass(slots=True)
class _Open:
    """A block collection or a bracket: the column of its items in the source and now, and that of what closes it."""

    written: int
    inner: int
    outer: int = 0
    is_list: bool = False


def indent_yaml(lines: Sequence[Line]) -> None:
    """Indent each line by the blocks and brackets that are open above it."""
    blocks: list[_Open] = []
    brackets: list[_Open] = []
    waiting: list[Line] = []
    for line in lines:
        first = line.pieces[0]
        if first.is_comment:
            waiting.append(line)
            continue
        is_flow = bool(brackets)
        open_before = list(blocks)
        line.indent = _in_brackets(first, brackets) if is_flow else _in_blocks(first, blocks)
        for comment in waiting:
            comment.indent = brackets[-1].inner if is_flow else _comment(comment.pieces[0], first, line.indent, open_before)
            place(comment)
        waiting = []
        _shift_texts(line, blocks)
        place(line)
        if not is_flow:
            _open_blocks(line, blocks)
        _open_brackets(line, brackets)
    for comment in waiting:
        comment.indent = _comment(comment.pieces[0], None, 0, blocks)
        place(comment)


def _in_brackets(first: Piece, brackets: list[_Open]) -> int:
    return brackets[-1].outer if first.text in ("]", "}") else brackets[-1].inner


def _in_blocks(first: Piece, blocks: list[_Open]) -> int:
    """The column of a line in block style; opens and closes blocks by the columns they have in the source."""
    is_item = first.text == "-" and first.sort == "mark"
    while blocks and (blocks[-1].written > first.written
                      or (blocks[-1].written == first.written and blocks[-1].is_list and not is_item)):
        blocks.pop()
    if first.text in ("---", "...") and first.sort == "mark":
        return 0
    if not blocks or blocks[-1].written < first.written or (is_item and not blocks[-1].is_list):
        blocks.append(_Open(first.written, blocks[-1].inner + _STEP if blocks else 0, is_list=is_item))
    return blocks[-1].inner


def _comment(comment: Piece, following: Piece | None, indent: int, blocks: list[_Open]) -> int:
    """The column of a comment: of what follows, unless it stands deeper, in a block that ends."""
    around = [each for each in blocks if each.written <= comment.written]
    if following and (not around or comment.written <= following.written or around[-1].written <= following.written):
        return indent
    return min((each.inner for each in around if each.written == around[-1].written), default=indent)


def _open_blocks(line: Line, blocks: list[_Open]) -> None:
    """The blocks that begin behind the dashes of a line."""
    for dash, piece in pairwise(line.pieces):
        if dash.text != "-" or dash.sort != "mark" or piece.is_comment:
            return
        blocks.append(_Open(piece.written, piece.column, is_list=piece.text == "-" and piece.sort == "mark"))


def _open_brackets(line: Line, brackets: list[_Open]) -> None:
    pieces = [piece for piece in line.pieces if not piece.is_comment]
    base = brackets[-1].inner if brackets and pieces[0].text not in ("]", "}") else _beginning(line)
    for number, piece in enumerate(pieces):
        if piece.sort != "mark":
            continue
        if piece.text in ("[", "{"):
            rest = pieces[number + 1 :]
            hangs = all(each.text in ("[", "{") for each in rest)
            brackets.append(_Open(0, base + _STEP, base) if hangs else _Open(0, rest[0].column, piece.column))
        elif piece.text in ("]", "}") and brackets:
            brackets.pop()


def _beginning(line: Line) -> int:
    """The column where what a line says begins, dashes aside."""
    return next((piece.column for piece in line.pieces if piece.text != "-" or piece.sort != "mark"), line.indent)


def _shift_texts(line: Line, blocks: list[_Open]) -> None:
    """Move the later lines of a text to where the block that it stands in now is."""
    last = next(piece for piece in reversed(line.pieces) if not piece.is_comment)
    if last.sort not in ("block", "folded"):
        return
    head, *rest = (last.raw or last.text).split("\n")
    last.raw = last.raw or last.text
    holder, written = _holder(line, last, blocks)
    if last.sort == "folded":
        last.text = "\n".join([head.rstrip(), *(" " * (holder + _STEP) * bool(each.strip()) + each.strip() for each in rest)])
        return
    depth = _DEPTH.match(head)
    filled = [len(each) - len(each.lstrip(" ")) for each in rest if each.strip(" ")]
    base = written + int(depth[1]) if depth else filled[0] if filled else 0
    inner = holder + (int(depth[1]) if depth else _STEP)
    last.text = "\n".join([head.rstrip(), *(" " * inner + each[base:] if len(each) > base else "" for each in rest)])


def _holder(line: Line, last: Piece, blocks: list[_Open]) -> tuple[int, int]:
    """The column, now and in the source, of the block that a text at the end of a line is a value in."""
    dashes = [piece for piece in line.pieces if piece.text == "-" and piece.sort == "mark"]
    head = line.pieces[len(dashes)]
    if head is not last:
        return line.indent + _STEP * len(dashes), head.written
    if dashes:
        return line.indent + _STEP * (len(dashes) - 1), dashes[-1].written
    return max(line.indent - _STEP, 0), blocks[-2].written if len(blocks) > 1 else 0
