"""Find what is wrong with a template that `grammar/template.lark` does not accept."""

from __future__ import annotations

import re
from dataclasses import dataclass

MAX_LENGTH = 10_000
"""Characters of a template: a phrase has some dozens."""

MAX_DEPTH = 32
"""Brackets inside brackets. No sentence needs a tenth of it."""

_SPECIAL = "\\{}[]()|"
_LEXEME = re.compile(r"(?P<escape>\\.?)|(?P<brace>\{[^{}]*\}?)|(?P<mark>[}\[\]()|])|(?P<text>[^\\{}\[\]()|]+)", re.DOTALL)
_PART = r"(?:[^\s\\{}\[\]()|:.#/`]+|`[^`{}]+`)"
_PATH = re.compile(rf"\.|{_PART}(?:\.{_PART})*")
_SLOT = re.compile(rf"(?:\.|{_PART}(?:\.{_PART})*)(?::[a-z][a-z_]*)?")
_DOUBLED = re.compile(rf"(?<!\\)\{{\{{\s*({_PATH.pattern})\s*\}}\}}")
_CLOSER = {"[": "]", "(": ")"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A mistake at `text[start:end]`; `other` is a second range that `label` speaks of."""

    code: str
    message: str
    start: int
    end: int
    help: str
    other: tuple[int, int] | None = None
    label: str = ""
    fix: tuple[int, int, str] | None = None
    is_sure: bool = False


@dataclass(slots=True)
class _Open:
    """An open bracket, or section by its name, and whether anything stands in it yet."""

    text: str
    start: int
    end: int
    filled: bool = False

    @property
    def shown(self) -> str:
        return self.text if self.text in _CLOSER else f"{{#{self.text}}}"

    @property
    def closer(self) -> str:
        return _CLOSER.get(self.text) or f"{{/{self.text}}}"


def find_problem(text: str) -> Problem | None:
    """The first mistake of a template, or None when the grammar accepts it and its sections pair."""
    if not text.strip():
        return Problem(code="MG404", message="this template is empty", start=0, end=len(text),
                       help="write what is to be said")
    if len(text) > MAX_LENGTH:
        return Problem(code="MG409", message=f"this template has {len(text):,} characters, and {MAX_LENGTH:,} is the most", start=0, end=len(text),
                       help="write several phrases instead of one")
    if doubled := _DOUBLED.search(text):
        return Problem(code="MG406", message="a slot has one pair of braces", start=doubled.start(), end=doubled.end(),
                       help=f"write `{{{doubled[1]}}}`", fix=(*doubled.span(), f"{{{doubled[1]}}}"), is_sure=True)
    opened: list[_Open] = []
    for match in _LEXEME.finditer(text):
        lexeme, start, end = match[0], match.start(), match.end()
        match match.lastgroup:
            case "escape":
                problem = _escape(lexeme, start, end)
                _fill(opened)
            case "brace":
                problem = _brace(lexeme, start, end, opened)
            case "mark":
                problem = _mark(lexeme, start, end, opened, text)
            case _:
                problem = None
                _fill(opened)
        if problem or (problem := _too_deep(opened)):
            return problem
    return _unclosed(opened[-1], len(text)) if opened else None


def _fill(opened: list[_Open]) -> None:
    if opened:
        opened[-1].filled = True


def _escape(lexeme: str, start: int, end: int) -> Problem | None:
    if len(lexeme) == 2 and lexeme[1] in _SPECIAL:
        return None
    return Problem(code="MG405", message=f"`{lexeme}` is no escape", start=start, end=end,
                   help="write `\\\\` for a backslash; the others are `\\{ \\} \\[ \\] \\( \\) \\|`", fix=(start, start, "\\"), is_sure=True)


def _brace(lexeme: str, start: int, end: int, opened: list[_Open]) -> Problem | None:
    """A slot, or the beginning or end of a section."""
    if not lexeme.endswith("}"):
        name = _SLOT.match(lexeme, 1)
        return Problem(code="MG401", message="`{` is not closed", start=start, end=start + 1,
                       help="write `{slot}`, or `\\{` for the brace itself", fix=(start + name.end(), start + name.end(), "}") if name else None)
    name = lexeme[1:-1]
    if name[:1] == "/":
        return _end_section(name[1:], start, end, opened)
    plain = name[1:] if name[:1] == "#" else name
    if not plain:
        return Problem(code="MG404", message=f"`{lexeme}` names nothing", start=start, end=end,
                       help="write the name of a parameter, or of a field of the result, in the braces")
    if not (_PATH if name != plain else _SLOT).fullmatch(plain):
        tight = name[: len(name) - len(plain)] + "".join(plain.split())
        parts = plain.strip().replace(":", " ").replace(".", " ").split()
        is_spaced = tight != name and len(parts) == len([each for each in re.split(r"[:.]", "".join(plain.split())) if each])
        return Problem(code="MG406", message=f"`{plain}` is no name of a slot", start=start, end=end,
                       help="write `{name}`, `{path.to.name}` or `{name:case}`, without spaces",
                       fix=(start, end, f"{{{tight}}}") if is_spaced else None, is_sure=True)
    _fill(opened)
    if name != plain:
        opened.append(_Open(plain, start, end))
    return None


def _end_section(name: str, start: int, end: int, opened: list[_Open]) -> Problem | None:
    if not opened:
        return Problem(code="MG403", message=f"`{{/{name}}}` ends no section", start=start, end=end,
                       help=f"write `{{#{name}}}` before it")
    last = opened[-1]
    if last.shown != f"{{#{name}}}":
        return Problem(code="MG403", message=f"`{{/{name}}}` does not end `{last.shown}`", start=start, end=end,
                       help=f"write `{last.closer}` first", other=(last.start, last.end), label="opened here",
                       fix=(start, end, last.closer) if last.text not in _CLOSER else (start, start, last.closer))
    if not last.filled:
        return Problem(code="MG404", message=f"section `{last.shown}` holds nothing", start=last.start, end=end,
                       help="write what is said of each item between its two marks")
    opened.pop()
    return None


def _mark(lexeme: str, start: int, end: int, opened: list[_Open], text: str) -> Problem | None:
    if lexeme in _CLOSER:
        _fill(opened)
        opened.append(_Open(lexeme, start, end))
        return None
    if lexeme == "|":
        if opened and opened[-1].text == "(":
            return None
        return Problem(code="MG407", message="`|` stands outside of `( )`", start=start, end=end,
                       help="write alternatives as `(this|that)`, or `\\|` for the bar itself", fix=_alternatives(text, start, end))
    if not opened:
        return Problem(code="MG402", message=f"`{lexeme}` closes nothing", start=start, end=end,
                       help=f"write `\\{lexeme}` for the bracket itself", fix=(start, end, f"\\{lexeme}"))
    last = opened[-1]
    if last.closer != lexeme:
        return Problem(code="MG402", message=f"`{lexeme}` does not close `{last.shown}`", start=start, end=end,
                       help=f"write `{last.closer}` first, or `\\{lexeme}` for the bracket itself",
                       other=(last.start, last.end), label="opened here", fix=(start, start, last.closer))
    if not last.filled:
        return Problem(code="MG404", message=f"`{last.text}{lexeme}` holds nothing", start=last.start, end=end,
                       help="write what is said in the brackets, or remove them", fix=(last.start, end, ""))
    opened.pop()
    return None


def _alternatives(text: str, start: int, end: int) -> tuple[int, int, str]:
    """The two words beside a bar in parentheses, or the bar as text where none stand there."""
    before, after = re.search(r"\w+\Z", text[:start]), re.match(r"\w+", text[end:])
    if before is None or after is None:
        return start, end, "\\|"
    return before.start(), end + after.end(), f"({before[0]}|{after[0]})"


def _too_deep(opened: list[_Open]) -> Problem | None:
    if len(opened) <= MAX_DEPTH:
        return None
    return Problem(code="MG409", message=f"more than {MAX_DEPTH} brackets are open",
                   start=opened[-1].start, end=opened[-1].end, help="write several phrases instead of one")


def _unclosed(last: _Open, length: int) -> Problem:
    if last.text in _CLOSER:
        return Problem(code="MG401", message=f"`{last.text}` is not closed", start=last.start, end=last.end,
                       help=f"write `{last.closer}` where it ends, or `\\{last.text}` for the bracket itself",
                       fix=(length, length, last.closer))
    return Problem(code="MG403", message=f"section `{last.shown}` does not end", start=last.start, end=last.end,
                   help=f"write `{last.closer}` where it ends", fix=(length, length, last.closer))
