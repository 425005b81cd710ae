"""Slips of people who write the DSL, told from the text around the place where the grammar gave up.

What other languages write in this place, and words or marks that were left out: the cause, and the edit that mends it.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from magnetc.diagnostics import Diagnostic, Edit, Fix, Label
from magnetc.diagnostics.edits import inserted
from magnetc.frontend.dsl.place import Place
from magnetc.source import Span

MOODS = ("do", "say", "ask")
_CLAUSES = ("matching", "examples", "one", "minted", "from", "days", "range", "step", "unit", "faker", "format", "description")
_BOUNDS = re.compile(r"\[?[ \t]*(-?\d+(?:\.\d+)?)[ \t]*(?:,|-|–|to|\.{1,3}|…)[ \t]*(\d+(?:\.\d+)?)[ \t]*\]?")
_VALUES = re.compile(r"\[([^\[\]\n]*)\]")
_BARE = re.compile(r"\w[\w -]*\w(?:[ \t]*,[ \t]*(?:\"[^\"\n]*\"|-?[\w.]+(?:[ -]\w+)*))*(?=[ \t]*(?:#|$))", re.MULTILINE)
_HYPHENED = re.compile(r"\w+(?:-\w+)+")
_NONE = re.compile(r"(\w+)[ \t]*:[ \t]*([^,()=]*?)[ \t]*=[ \t]*\Z")
_VERSION = re.compile(r"\d+(?:\.\w+)+(?:[-+][\w.-]+)?")
_MANY = 4
"""Keywords that a place accepts where items of a block begin."""


def find_slip(place: Place) -> Diagnostic | None:
    """The diagnostic of the first slip that the text shows; None where the grammar itself says more."""
    return next((found for slip in _SLIPS if (found := slip(place))), None)


def _hyphened(place: Place) -> Diagnostic | None:
    text = place.file.text
    start = next((match.start() for match in _HYPHENED.finditer(text, place.before_at, place.line_end) if match.start() == place.before_at), None)
    if start is None or not place.before.isidentifier() or place.span.start != place.after:
        return None
    name = _HYPHENED.match(text, start)
    assert name
    return Diagnostic(code="MG152", message=f"`{name[0]}` is no plain name", primary=Label(Span(place.file.name, *name.span())),
                      help="names have ASCII letters, digits and `_`; write any other name in backquotes",
                      fix=Fix.of(Span(place.file.name, *name.span()), f"`{name[0]}`"))


def _foreign_comment(place: Place) -> Diagnostic | None:
    mark = re.compile(r"//+|--(?!>)").match(place.file.text, place.span.start)
    if place.end or not mark:
        return None
    here = Span(place.file.name, *mark.span())
    return Diagnostic(code="MG152", message=f"`{mark[0]}` begins no comment", primary=Label(here), help="begin the comment with `#`",
                      fix=Fix.of(here, "#"))


def _semicolon(place: Place) -> Diagnostic | None:
    if place.found != ";":
        return None
    return Diagnostic(code="MG152", message="`;` ends no statement", primary=Label(place.span),
                      help="remove it: a statement ends with its line", fix=Fix.of(place.span, ""))


def _colon(place: Place) -> Diagnostic | None:
    """`:` where a definition has `=`, or a setting of a recipe has nothing."""
    if place.found != ":":
        return None
    if "=" in place.literals():
        return Diagnostic(code="MG145", message=f"`=` has to follow `{place.before}`, not `:`", primary=Label(place.span),
                          help="a definition is `type Name = base` or `set name = [tools]`", fix=Fix.of(place.span, " ="))
    if "STRING" in place.accepts and "LSQB" in place.accepts and "NAME" in place.accepts:
        return Diagnostic(code="MG141", message=f"no `:` follows `{place.before}`", primary=Label(place.span),
                          help="a setting of a recipe is `name value`", fix=Fix.of(place.span, ""))
    return None


def _no_arrow(place: Place) -> Diagnostic | None:
    literals = place.literals()
    if "->" not in literals:
        return None
    arrow = re.compile(r"=>|-->|→|⇒|>>|=(?!=)").match(place.file.text, place.span.start)
    if arrow and not place.end:
        here = Span(place.file.name, *arrow.span())
        advice = "`->` where a value flows, and `~>` where only the order matters" if "~>" in literals else "`->` before what a tool returns"
        return Diagnostic(code="MG141", message=f"`{arrow[0]}` is no arrow", primary=Label(here), help=f"write {advice}",
                          fix=Fix.of(here, "->"))
    if place.found.isidentifier() and "~>" in literals:
        return Diagnostic(code="MG141", message=f"an arrow is missing after `{place.before}`", primary=Label(place.span),
                          help="write `->` where a value flows from a field to a parameter, and `~>` where only the order of two tools matters",
                          fix=inserted(place.file.name, place.span.start, "~> ", safe=False))
    return None


def _bounds(place: Place) -> Diagnostic | None:
    """A range written as a list, with a hyphen, or with one bound."""
    if ".." in place.literals() and re.fullmatch(r"-?\d+(\.\d+)?", place.before):
        start = place.before_at
    elif place.found == "[" and place.accepts <= {"INT", "FLOAT"}:
        start = place.span.start
    else:
        return None
    found = _BOUNDS.match(place.file.text, start, place.line_end)
    if found and found.end() > place.after:
        here = Span(place.file.name, *found.span())
        return Diagnostic(code="MG153", message="a range has two bounds with `..` between them", primary=Label(here),
                          help=f"write `{found[1]}..{found[2]}`", fix=Fix.of(here, f"{found[1]}..{found[2]}"))
    if place.literals() != {".."}:
        return None
    here = Span(place.file.name, start, place.after)
    return Diagnostic(code="MG153", message="a range has two bounds", primary=Label(here), help=f"write `{place.before}..{place.before}`",
                      fix=inserted(place.file.name, place.after, f"..{place.before}"))


def _one_word(place: Place) -> Diagnostic | None:
    """The only word that can stand here is missing, or another stands in its place."""
    words = place.words()
    if len(words) != 1 or len(place.accepts) != 1 or place.end or words == ["as"]:
        return None
    word = words[0]
    if place.found.isidentifier() and place.rest.strip(" \t}"):
        return Diagnostic(code="MG155", message=f"unknown word `{place.found}`", primary=Label(place.span), help=f"write `{word}`",
                          fix=Fix.of(place.span, word))
    replaced = place.found in (",", ":", "=")
    fix = Fix.of(place.span, f" {word}") if replaced else inserted(place.file.name, place.span.start, f"{word} ")
    return Diagnostic(code="MG141", message=f"`{word}` is missing after `{place.before}`", primary=Label(place.span),
                      help=f"write `{word}` before {place.shown}" if not replaced else f"write `{word}` in place of {place.shown}", fix=fix)


def _count_last(place: Place) -> Diagnostic | None:
    """`at most order 2` in place of `at most 2 of order`."""
    found = re.compile(r"(\w+)[ \t]+(\d+)\b").match(place.file.text, place.span.start, place.line_end)
    if place.accepts != {"INT"} or place.before != "most" or not found:
        return None
    return Diagnostic(code="MG141", message="the number comes before the tool", primary=Label(Span(place.file.name, *found.span())),
                      help=f"write `at most {found[2]} of {found[1]}`", fix=Fix.of(Span(place.file.name, *found.span()), f"{found[2]} of {found[1]}"))


def _parentheses(place: Place) -> Diagnostic | None:
    """`merge 0.3` in place of `merge(0.3)`."""
    if place.literals() != {"("} or not re.fullmatch(r"-?\d+(\.\d+)?", place.found):
        return None
    here = Span(place.file.name, place.after, place.span.end)
    return Diagnostic(code="MG143", message=f"`(` is missing after `{place.before}`", primary=Label(place.span),
                      help=f"write `{place.before}({place.found})`", fix=Fix.of(here, f"({place.found})"))


def _mood(place: Place) -> Diagnostic | None:
    """A mood without a locale, of another name, or where there is none."""
    if place.before in MOODS and place.found.startswith('"') and "ASK" in place.accepts:
        return Diagnostic(code="MG147", message=f"`{place.before}` stands where a phrase has its locale",
                          primary=Label(Span(place.file.name, place.before_at, place.after)),
                          help=f'write the locale first: `en {place.before} "…"`')
    if "ASK" in place.accepts and place.found.isidentifier():
        return Diagnostic(code="MG148", message=f"`{place.found}` is no mood", primary=Label(place.span),
                          help='write `do` before a verb phrase, `say` before a sentence or `ask` before a question: `en do "…"`')
    if place.found in MOODS and "STRING" in place.accepts and place.rest.lstrip().startswith('"'):
        stop = place.span.end + len(place.rest) - len(place.rest.lstrip())
        return Diagnostic(code="MG146", message=f"`{place.found}` is a mood, which only the phrases of a `turn` have", primary=Label(place.span),
                          help='write the text right after the locale: `en "…"`', fix=Fix.of(Span(place.file.name, place.span.start, stop), ""))
    return None


def _bare_values(place: Place) -> Diagnostic | None:
    """`examples bread, lamps` without quotes."""
    found = _BARE.match(place.file.text, place.span.start, place.line_end)
    if not found or place.before not in ("of", "examples") or not place.found.isidentifier():
        return None
    here = Span(place.file.name, *found.span())
    written = ", ".join(each if each[:1] in ('"', "-") or each[0].isdigit() else f'"{each}"' for each in re.split(r"\s*,\s*", found[0]))
    words = "one of" if place.before == "of" else place.before
    return Diagnostic(code="MG159", message=f"text in double quotes belongs after `{words}`", primary=Label(here), help=f"write `{words} {written}`",
                      fix=Fix.of(here, written))


def _values_in_brackets(place: Place) -> Diagnostic | None:
    found = _VALUES.match(place.file.text, place.span.start, place.line_end)
    if not found or place.before not in ("of", "examples") or "STRING" not in place.accepts:
        return None
    words = "one of" if place.before == "of" else place.before
    return Diagnostic(code="MG159", message="the values stand without brackets", primary=Label(Span(place.file.name, *found.span())),
                      help=f"write `{words} {found[1].strip()[:60]}`", fix=Fix.of(Span(place.file.name, *found.span()), found[1].strip()))


def _python_none(place: Place) -> Diagnostic | None:
    """`amount: Amount = None` in place of `amount?: Amount`."""
    line = place.file.text.rfind("\n", 0, place.span.start) + 1
    found = _NONE.search(place.file.text, line, place.span.start) if place.found == "None" else None
    if not found:
        return None
    edits = (Edit(Span(place.file.name, found.end(1), found.end(1)), "?"), Edit(Span(place.file.name, found.end(2), place.span.end), ""))
    return Diagnostic(code="MG159", message="there is no value `None`", primary=Label(place.span),
                      help=f"a parameter that may be left out is `{found[1]}?: {found[2]}`", fix=Fix(edits=edits))


def _generic(place: Place) -> Diagnostic | None:
    """`list[string]` in place of `[string]`."""
    if place.found != "[" or place.before not in ("list", "List", "array", "Array") or place.span.start != place.after:
        return None
    return Diagnostic(code="MG141", message=f"a list is no `{place.before}[…]`", primary=Label(Span(place.file.name, place.before_at, place.span.end)),
                      help="write the type of its items in brackets: `[string]`", fix=Fix.of(Span(place.file.name, place.before_at, place.after), ""))


def _version(place: Place) -> Diagnostic | None:
    found = _VERSION.match(place.file.text, place.before_at) if place.found.startswith(".") and place.before[:1].isdigit() else None
    if not found:
        return None
    return Diagnostic(code="MG159", message=f"`{found[0]}` is no number", primary=Label(Span(place.file.name, *found.span())),
                      help=f'text stands in double quotes: `"{found[0]}"`', fix=Fix.of(Span(place.file.name, *found.span()), f'"{found[0]}"'))


def _no_base(place: Place) -> Diagnostic | None:
    """`type Goods = examples "bread"`: the clause is read as the base."""
    line = place.file.text[place.file.text.rfind("\n", 0, place.before_at) + 1 : place.before_at]
    if place.before not in _CLAUSES or not re.fullmatch(r"\s*type\s+\S+\s*=\s*", line):
        return None
    return Diagnostic(code="MG144", message="a base is missing after `=`", primary=Label(Span(place.file.name, place.before_at, place.after)),
                      help=f"write `string`, `number`, `integer`, `boolean` or another type before `{place.before}`",
                      fix=inserted(place.file.name, place.before_at, "string ", safe=False))


def _unknown_item(place: Place) -> Diagnostic | None:
    """A word that begins no item of its block, or no clause of its statement."""
    words = place.words()
    if len(words) < _MANY or not place.found.isidentifier() or "NAME" in place.accepts:
        return None
    known = ", ".join(f"`{word}`" for word in words)
    return Diagnostic(code="MG155", message=f"unknown word `{place.found}`", primary=Label(place.span), help=f"here may stand {known}")


_SLIPS: tuple[Callable[[Place], Diagnostic | None], ...] = (
    _hyphened, _no_arrow, _foreign_comment, _semicolon, _colon, _bounds, _count_last, _parentheses, _one_word, _mood, _bare_values, _values_in_brackets,
    _python_none, _generic, _version, _no_base, _unknown_item)
