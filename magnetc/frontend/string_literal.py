r"""String literals of the DSL: `"…"` with the escapes `\" \\ \n \t \uXXXX`.

A backslash before one of `{ } [ ] ( ) |` stays in the value: it is the template's (or the regular expression's) own escape.
"""

from __future__ import annotations

import re

from magnetc.source import SourceFile, Span

_SIMPLE = {'"': '"', "\\": "\\", "n": "\n", "t": "\t"}
_KEPT = "{}[]()|"
_UNIT = re.compile(r"\\u([0-9a-fA-F]{4})|\\(.)|([^\\])", re.DOTALL)


def decode_string(literal: str) -> tuple[str, list[int], list[int]]:
    """Decode a literal with its quotes.

    Returns the value, the offset in `literal` of each of its code points plus that of the closing quote, and the offsets of
    escapes that mean nothing (empty when the literal is well formed; such escapes stand in the value as written).
    """
    body = literal[1:-1]
    chars: list[str] = []
    offsets: list[int] = []
    bad: list[int] = []
    for match in _UNIT.finditer(body):
        code, escaped, plain = match.groups()
        at = match.start() + 1
        if plain is not None:
            _add(chars, offsets, plain, at)
        elif code is not None:
            _add_code_unit(chars, offsets, bad, chr(int(code, 16)), at)
        elif escaped in _SIMPLE:
            _add(chars, offsets, _SIMPLE[escaped], at)
        else:
            if escaped not in _KEPT:
                bad.append(at)
            _add(chars, offsets, "\\", at)
            _add(chars, offsets, escaped, at + 1)
    bad.extend(at for char, at in zip(chars, offsets) if "\ud800" <= char <= "\udfff")
    return "".join(chars), [*offsets, len(literal) - 1], sorted(set(bad))


def encode_string(text: str) -> str:
    """A literal that `decode_string` reads as `text`."""
    out: list[str] = []
    for index, char in enumerate(text):
        if char == "\\" and index + 1 < len(text) and text[index + 1] in _KEPT:
            out.append(char)
        elif char in '"\\':
            out.append("\\" + char)
        elif char == "\n":
            out.append("\\n")
        elif char < " " or char == "\x7f" or char in "\u0085\u2028\u2029":
            out.append(f"\\u{ord(char):04x}")
        else:
            out.append(char)
    return '"' + "".join(out) + '"'


def span_inside(file: SourceFile, span: Span, text: str, start: int, end: int) -> Span:
    """The span of `text[start:end]` in the source, where `span` holds `text`, quoted in either syntax or plain.

    Falls back on `span` itself when the source escapes or folds the text in a way that cannot be mapped.
    """
    source = file.text[span.start : span.end]
    if source == text:
        return Span(span.file, span.start + start, span.start + max(end, start + 1))
    if source[1:-1] == text:
        return Span(span.file, span.start + 1 + start, span.start + 1 + max(end, start + 1))
    if source[:1] == source[-1:] == '"' and len(source) > 1:
        value, offsets, _ = decode_string(source)
        if value == text:
            first = offsets[start]
            return Span(span.file, span.start + first, span.start + max(offsets[min(end, len(text))], first + 1))
    return span


def _add(chars: list[str], offsets: list[int], char: str, at: int) -> None:
    chars.append(char)
    offsets.append(at)


def _add_code_unit(chars: list[str], offsets: list[int], bad: list[int], char: str, at: int) -> None:
    r"""Add a `\uXXXX` unit; the second half of a surrogate pair completes the first."""
    if "\udc00" <= char <= "\udfff" and chars and "\ud800" <= chars[-1] <= "\udbff" and offsets[-1] == at - 6:
        chars[-1] = chr(0x10000 + ((ord(chars[-1]) - 0xD800) << 10) + (ord(char) - 0xDC00))
    else:
        _add(chars, offsets, char, at)
