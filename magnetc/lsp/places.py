"""Places as editors count them: lines from 0, characters in the client's units; and as the compiler does: code points."""

from __future__ import annotations

from lsprotocol import types as lsp
from pygls.workspace import PositionCodec

from magnetc.source import SourceFile, Span


def to_range(source: SourceFile, span: Span, codec: PositionCodec) -> lsp.Range:
    """The range of a span in its file."""
    return lsp.Range(*(_to_position(source, offset, codec) for offset in (span.start, max(span.start, span.end))))


def to_offset(source: SourceFile, position: lsp.Position, codec: PositionCodec) -> int:
    """The offset of a position, which may lie behind the end of its line or file."""
    if position.line >= len(source.line_starts):
        return len(source.text)
    line = source.line(position.line + 1)
    inner = codec.position_from_client_units([line], lsp.Position(0, position.character)).character if line else 0
    return source.line_starts[position.line] + min(inner, len(line))


def _to_position(source: SourceFile, offset: int, codec: PositionCodec) -> lsp.Position:
    line, column = source.position(offset)
    return lsp.Position(line - 1, codec.client_num_units(source.line(line)[: column - 1]))
