"""libyaml's syntax errors in the words of someone who writes recipes: what is wrong, where, what to do."""

from __future__ import annotations

import re
from collections.abc import Callable

import yaml

from magnetc.diagnostics import Applicability, Diagnostic, Edit, Fix, Label
from magnetc.diagnostics.edits import inserted, quoted, removed
from magnetc.frontend.yaml_slips import find_slip, misplaced_line
from magnetc.frontend.yaml_spot import Spot
from magnetc.source import SourceFile, Span

_NO_SPACE = re.compile(r"[\w.-]+:(?=[^\s:/])")
_INDENT = re.compile(r"^[ \t]+", re.MULTILINE)


def syntax_error(file: SourceFile, error: yaml.YAMLError, bracket: int | None) -> Diagnostic:
    """The diagnostic for `error`. `bracket` is the offset of the innermost `[` or `{` that is still open, if any."""
    problem = getattr(error, "problem", None) or ""
    mark, context = getattr(error, "problem_mark", None), getattr(error, "context_mark", None)
    at = mark.index if mark else 0
    spot = Spot(file, at, context.index if context else at, bracket)
    structural = any(words in problem for words in _STRUCTURAL)
    if structural and (slip := find_slip(spot)):
        return slip
    for words, phrase in _PHRASES:
        if words in problem:
            return phrase(spot)
    return Diagnostic(
        code="MG101",
        message="this is not YAML",
        primary=Label(spot.word(at), "from here on"),
        help="look for a missing quote, bracket or colon just before this place",
    )


def _colon(spot: Spot) -> Diagnostic:
    if ": " in spot.before():
        return Diagnostic(
            code="MG102",
            message="a second `:` in one line",
            primary=Label(spot.span(spot.at), "this one"),
            help="quote text that holds a colon and a space",
            fix=spot.quoted(spot.at - len(spot.before()) + spot.before().index(": ") + 2, safe=False),
        )
    above = spot.line_above()
    if above is None:
        return Diagnostic(
            code="MG102",
            message="`:` is not expected here",
            primary=Label(spot.span(spot.at)),
            help="quote text that holds a colon",
        )
    return Diagnostic(
        code="MG102",
        message="a key cannot continue the text of the line above",
        primary=Label(spot.span(spot.at), "so this `:` is not expected"),
        secondary=(Label(above, "this text goes on in the next line"),),
        help="write a space after each key's colon, and indent a key like its neighbours",
        fix=_space(spot, above),
    )


def _space(spot: Spot, line: Span) -> Fix | None:
    """`key:value` where it should be `key: value`."""
    found = _NO_SPACE.match(spot.file.text, line.start, line.end)
    return inserted(spot.file.name, found.end(), " ") if found else None


def _no_colon(spot: Spot) -> Diagnostic:
    end = spot.file.text.find("\n", spot.context)
    end = len(spot.file.text) if end < 0 else end
    return Diagnostic(
        code="MG102",
        message="this line is no `key: value`",
        primary=Label(Span(spot.file.name, spot.context, end), "no `:` follows"),
        help="write a colon and a space after the key; text over several lines needs quotes or `|`",
        fix=_space(spot, Span(spot.file.name, spot.context, end)),
    )


def _character(spot: Spot) -> Diagnostic:
    if spot.char() == "\t":
        return _tab(spot)
    return Diagnostic(
        code="MG107",
        message=f"{'a backquote' if spot.char() == '`' else f'`{spot.char()}`'} cannot start a value in YAML",
        primary=Label(spot.word(spot.at)),
        help="put the value in quotes",
        fix=spot.quoted(spot.at),
    )


def _tab(spot: Spot) -> Diagnostic:
    return Diagnostic(
        code="MG103",
        message="a tab where YAML allows only spaces",
        primary=Label(spot.span(spot.at), "this is a tab"),
        help="indent with spaces",
        fix=_spaces(spot),
    )


def _spaces(spot: Spot) -> Fix | None:
    """Spaces for the tabs that indent lines. How wide one was meant is a guess: so that the first line is below its key."""
    text = spot.file.text
    found = [match for match in _INDENT.finditer(text) if "\t" in match[0]]
    if not found:
        return None
    above = spot.line_above()
    indent = above.start - text.rfind("\n", 0, above.start) - 1 if above else 0
    deeper = indent + (above is not None and text[above.start : above.end].endswith(":"))
    width = next((each for each in (2, 4, 8) if found[0][0].count("\t") * each >= deeper), 8)
    edits = tuple(Edit(Span(spot.file.name, *match.span()), match[0].replace("\t", " " * width)) for match in found)
    return Fix(edits=edits, applicability=Applicability.UNSAFE) if edits else None


def _open_quote(spot: Spot) -> Diagnostic:
    return Diagnostic(
        code="MG104",
        message="this quote is never closed",
        primary=Label(spot.span(spot.context), "opened here"),
        help='close it; inside \'…\' an apostrophe is written twice, inside "…" a quote is written \\"',
        fix=spot.closed(spot.context, spot.file.text[spot.context : spot.context + 1]),
    )


def _escape(spot: Spot) -> Diagnostic:
    start = spot.file.text.rfind("\\", 0, spot.at + 2)
    return Diagnostic(
        code="MG106",
        message=f"`{spot.file.text[start : start + 2]}` is no complete escape in a double-quoted text",
        primary=Label(spot.span(start, 2)),
        help="write `\\\\` for a backslash, or use single quotes",
        fix=inserted(spot.file.name, start, "\\") if start >= 0 else None,
    )


def _bracket(spot: Spot) -> Diagnostic:
    if spot.char() == "?":
        return _complex_key(spot)
    if spot.bracket is None:
        return Diagnostic(
            code="MG105",
            message="a value is missing here",
            primary=Label(spot.span(spot.at)),
            help="quote text that starts with a bracket",
        )
    if spot.before().rstrip()[-1:] in ("'", '"') and spot.char() not in ":,]}":
        return _structure(spot)
    opener = spot.file.text[spot.bracket]
    closer = "]" if opener == "[" else "}"
    if spot.at >= len(spot.file.text.rstrip()) or _in_new_entry(spot, spot.bracket):
        return Diagnostic(
            code="MG105",
            message=f"this `{opener}` is never closed",
            primary=Label(spot.span(spot.bracket), "opened here"),
            help=f"add the missing `{closer}`",
            fix=spot.closed(spot.bracket, closer),
        )
    return Diagnostic(
        code="MG105",
        message=f"`,` or `{closer}` is expected here",
        primary=Label(spot.span(spot.at)),
        secondary=(Label(spot.span(spot.bracket), "opened here"),),
        help="quote text that holds `,`, `:` or brackets",
    )


def _in_new_entry(spot: Spot, bracket: int) -> bool:
    """Whether the problem is in a later line that starts no deeper than the line of the bracket: its next key or item."""
    start = spot.file.text.rfind("\n", 0, bracket) + 1
    line = spot.file.text[start:bracket]
    here = spot.before() + spot.char()
    return "\n" in spot.file.text[bracket : spot.at] and len(here) - len(here.lstrip()) <= len(line) - len(
        line.lstrip()
    )


def _structure(spot: Spot) -> Diagnostic:
    before = spot.before().rstrip()
    if before[-1:] in ("'", '"'):
        return Diagnostic(
            code="MG104",
            message="text after a closing quote",
            primary=Label(spot.word(spot.at), "not part of the quoted text"),
            help='inside \'…\' an apostrophe is written twice, inside "…" a quote is written \\"',
            fix=_requoted(spot, before[-1:]),
        )
    if before:
        return Diagnostic(
            code="MG101",
            message="text after the end of a value",
            primary=Label(spot.word(spot.at)),
            help="quote the whole value, or start a new line",
        )
    return misplaced_line(spot) or Diagnostic(
        code="MG101",
        message="this line belongs to no list or mapping above it",
        primary=Label(spot.word(spot.at), "unexpected here"),
        help="indent it like its neighbours: keys of one mapping, or items of one list, start in one column",
    )


def _requoted(spot: Spot, mark: str) -> Fix | None:
    """`'It's here.'` in double quotes, where the line ends with the quote that it was meant to."""
    line = spot.line(spot.at)
    start = spot.file.text.find(mark, line.start)
    text = spot.file.text[start + 1 : line.end - 1]
    if mark == '"' and spot.bracket is None and not set("'#") & set(spot.file.text[start : line.end]):
        return Fix.of(Span(spot.file.name, start, line.end), f"'{spot.file.text[start : line.end]}'", safe=False)
    if mark != "'" or spot.bracket is not None or spot.file.text[line.end - 1] != mark or set('"\\\\') & set(text):
        return None
    return quoted(Span(spot.file.name, start, line.end), text, safe=False)


def _item(spot: Spot) -> Diagnostic:
    return Diagnostic(
        code="MG101",
        message="a list item has to start its own line"
        if spot.before().strip()
        else "a list item is not expected here",
        primary=Label(spot.span(spot.at)),
        help="put `- …` below the key, or write the list as `[…]`",
        fix=_in_brackets(spot),
    )


def _in_brackets(spot: Spot) -> Fix | None:
    """`key: - item` as `key: [item]`, where the item is one word and the only one."""
    found = re.compile(r"-[ \t]+([\w.-]+)[ \t]*$", re.MULTILINE).match(spot.file.text, spot.at)
    if not found or not spot.before().rstrip().endswith(":") or re.match(r"\s*-\s", spot.file.text[found.end() :]):
        return None
    return Fix.of(Span(spot.file.name, *found.span()), f"[{found[1]}]")


def _block_text(spot: Spot) -> Diagnostic:
    return Diagnostic(
        code="MG121",
        message="only a comment may follow `|` or `>` in its line",
        primary=Label(spot.word(spot.at)),
        help="start the text in the next line, indented; or quote it",
    )


def _alias(spot: Spot) -> Diagnostic:
    mark = spot.file.text[spot.context : spot.context + 1]
    return Diagnostic(
        code="MG109",
        message=f"`{mark}` in front of a value starts an {'alias' if mark == '*' else 'anchor'} in YAML",
        primary=Label(spot.word(spot.context)),
        help=f"quote text that starts with `{mark}`",
        fix=spot.quoted(spot.context),
    )


def _tag(spot: Spot) -> Diagnostic:
    return Diagnostic(
        code="MG111",
        message="`!` in front of a value starts a tag in YAML, and recipes have none",
        primary=Label(spot.word(spot.context)),
        help="quote text that starts with `!`",
        fix=spot.quoted(spot.context, safe=False),
    )


def _directive(spot: Spot) -> Diagnostic:
    return Diagnostic(
        code="MG118",
        message="directives such as `%YAML` are not read",
        primary=Label(spot.word(spot.context)),
        help="remove the line: recipes are always YAML 1.2",
        fix=removed(spot.file, spot.context, spot.line_end(spot.context)),
    )


def _complex_key(spot: Spot) -> Diagnostic:
    return Diagnostic(
        code="MG114",
        message="`?` starts a complex key, and keys are plain text",
        primary=Label(spot.span(spot.at)),
        help="write `key: value`, or quote the text",
    )


def _nesting(spot: Spot) -> Diagnostic:
    return Diagnostic(code="MG116", message="nested too deeply", primary=Label(spot.span(spot.at)))


_STRUCTURAL = ("mapping values", "could not find expected", "node content", "',' or", "expected key", "'-' indicator", "<document start>",
               "unexpected ':'")
"""Problems whose cause often stands elsewhere."""

_PHRASES: tuple[tuple[str, Callable[[Spot], Diagnostic]], ...] = (
    ("mapping values are not allowed", _colon),
    ("could not find expected ':'", _no_colon),
    ("found unexpected ':'", _colon),
    ("cannot start any token", _character),
    ("tab character", _tab),
    ("unexpected end of stream", _open_quote),
    ("unexpected document indicator", _open_quote),
    ("unknown escape", _escape),
    ("hexdecimal", _escape),
    ("invalid Unicode character escape", _escape),
    ("node content", _bracket),
    ("',' or", _bracket),
    ("expected key", _structure),
    ("'-' indicator", _structure),
    ("<document start>", _structure),
    ("block sequence entries", _item),
    ("mapping keys are not allowed", _complex_key),
    ("comment or line break", _block_text),
    ("indentation indicator", _block_text),
    ("alphabetic or numeric", _alias),
    ("tag", _tag),
    ("expected '!'", _tag),
    ("URI", _tag),
    ("whitespace or line break", _tag),
    ("directive", _directive),
    ("version", _directive),
    ("incompatible", _directive),
    ("%YAML", _directive),
    ("non-alphabetical", _directive),
    ("nesting", _nesting),
    ("maximum depth", _nesting),
)
