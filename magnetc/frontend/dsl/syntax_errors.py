"""Say what is wrong with a block that does not parse, in the user's words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from magnetc.diagnostics import Fix, Sink
from magnetc.diagnostics.edits import inserted
from magnetc.diagnostics.suggest import closest
from magnetc.frontend.dsl.mistakes import MISTAKES, Mistake, find_mistake, token_of
from magnetc.frontend.dsl.parser import dsl_parser
from magnetc.frontend.dsl.place import Place, place_of
from magnetc.frontend.dsl.slips import find_slip
from magnetc.source import SourceFile, Span

if TYPE_CHECKING:
    from lark.exceptions import UnexpectedInput

_MOST_SHOWN = 5
_VALUE = {"STRING", "INT", "FLOAT", "TRUE", "FALSE", "NULL"}
_NAMED = {"NAME": "a name", "STRING": "text in double quotes", "INT": "a whole number", "FLOAT": "a number",
          "COMPARISON": "a comparison", "_NL": "the end of the line", "$END": "the end of the line"}
_ITEMS = {"path": ("turns", "start", "within", "require", "forbid", "at", "pattern", "sample",
                   "distance"), "graph": ("infer", "link", "unlink", "undo")}

_FORMS = {
    "recipe": "`recipe name { key value … }`, one key a line",
    "domain": "`domain name`",
    "type": "`type Name = base`, then clauses such as `examples \"a\", \"b\"`, `range 1..9` or `minted`",
    "said": "`said Type \"value\" { en \"words\" | \"other words\" }`",
    "set": "`set name = [tool, tool]`",
    "tools": "`tools from importer \"argument\"`",
    "tool": "`tool name(parameter: Type, other?: Type) -> {field: Type} reads { \"Description.\" }`",
    "refine": "`refine tool(parameter: Type) -> {field: Type} writes`",
    "graph": "`graph { … }` with `infer typed`, `link tool.field -> tool.parameter`, `link tool ~> tool`, `unlink tool -> tool`, `undo tool with tool`",
    "path": "`path name { … }` with `turns 3..7`, `start in [tool]`, `require tool before tool`, `at most 1 of tool`, `pattern tool+ _*`",
    "operations": "`operations { merge(0.3) insert(short=0.5, gap=1..3) }`",
    "turn": "`turn tool { en do \"words with a {slot}\" | \"other words\" }`",
    "refer": "`refer Type { en \"words\" }`, or `refer Type least field { … }`",
    "reply": "`reply tool { en \"words with a {field}\" }`",
    "ask": "`ask Type { en \"words\" }`, or `ask tool.parameter { … }`",
    "capability": "`capability tool { en \"words\" }`",
    "frames": "`frames en { group \"words with a {placeholder}\" | \"other words\" }`",
}
"""How each statement is written, for errors that no mistake or slip explains."""

_SINGLE = re.compile(r"'([^'\"\\\n]*)'")
_HYPHENED = re.compile(r"\w+(?:-\w+)*")
_NAMES = re.compile(r"[ \t]*([({]?[ \t]*\w+(?:[ \t]*,[ \t]*\w+)*[ \t]*[)}]?)[ \t]*$", re.MULTILINE)
MAX_NAME = 200


def report_syntax_error(error: UnexpectedInput, text: str, base: int, file: SourceFile, sink: Sink) -> None:
    """Emit the diagnostic for `error` in the block `text`, which begins at `base` in `file`."""
    place = place_of(error, text, base, file)
    near = closest(place.found, place.words()) if place.found.isidentifier() else None
    if near:
        sink.error("MG155", f"unknown word `{place.found}`", place.span, help=f"did you mean `{near}`?",
                   fix=Fix.of(place.span, near))
        return
    slip = find_slip(place)
    if slip:
        sink.emit(slip)
        return
    _report(error, text, base, place, sink)


def _report(error: UnexpectedInput, text: str, base: int, place: Place, sink: Sink) -> None:
    accepts, file = set(place.accepts), place.file
    mistake = find_mistake(error, accepts)
    if place.found == "'" or not (mistake or token_of(error)):
        _report_character(place, file, sink)
    elif mistake:
        sink.error(mistake.code, _fill(mistake.message, place), place.span, help=_fill(mistake.help, place),
                   fix=_repair(mistake, place, file))
    elif place.found and accepts <= {"$END", "_NL"}:
        _report_past_end(place, sink)
    elif place.found in _ITEMS.get(text.split(maxsplit=1)[0], ()) and "_NL" in accepts:
        sink.error("MG158", f"{place.shown} begins a new item of the block", place.span, help="put it on a line of its own",
                   fix=inserted(file.name, place.span.start, "\n" + _indent(file, base)))
    else:
        form = _FORMS.get(text.split(maxsplit=1)[0])
        sink.error("MG141", f"expected {_expected(accepts)}, found {place.shown}", place.span, help=f"the form is {form}" if form else None)


def _repair(mistake: Mistake, place: Place, file: SourceFile) -> Fix | None:
    if mistake.insert:
        return inserted(file.name, place.after, mistake.insert)
    if mistake.replace and place.found and ("{found}" not in mistake.replace or place.found.isidentifier()):
        return Fix.of(place.span, mistake.replace.replace("{found}", place.found))
    if mistake.code == "MG143" and "`[`" in mistake.message:
        return _listed(place, file)
    return None


def _listed(place: Place, file: SourceFile) -> Fix | None:
    """Names that stand in other brackets, or in none, put in `[ ]`."""
    found = _NAMES.match(file.text, place.after)
    if found is None:
        return None
    names = found[1].strip().strip("({})").strip()
    return Fix.of(Span(file.name, *found.span(1)), f"[{names}]") if names else None


def _indent(file: SourceFile, base: int) -> str:
    """How the second line of a block is indented; two spaces when it has none."""
    found = re.compile(r"[^\n]*\n([ \t]+)(?=\S)").match(file.text, base)
    return found[1] if found else "  "


def explain_pattern_error(error: UnexpectedInput, text: str) -> tuple[str, str, int, int]:
    """Message, help and range in `text` for a path pattern on its own that does not parse."""
    place = place_of(error, text, 0, SourceFile("", text))
    advice = next(mistake.help for mistake in MISTAKES if mistake.code == "MG154")
    if place.end and text.count("(") > text.count(")"):
        at = text.rindex("(")
        return "this is no pattern: `(` is not closed", "write `)` where it ends", at, at + 1
    if place.found == ",":
        return "this is no pattern: names stand side by side, without `,`", "leave the comma out", place.span.start, place.span.end
    found = "the end" if place.end else place.shown
    where = f"after `{place.before}`" if place.before else "at the beginning"
    return f"this is no pattern: {found} cannot stand {where}", _fill(advice, place), place.span.start, place.span.end


def _expected(accepts: set[str]) -> str:
    """The accepted terminals as a list for people, the general ones first, at most five."""
    rest = set(accepts)
    shown: list[str] = []
    if rest >= _VALUE:
        shown.append("a value")
        rest -= _VALUE
    shown += dict.fromkeys(_NAMED[name] for name in _NAMED if name in rest)
    literal = [term.pattern.value for term in dsl_parser().terminals if term.name in rest and term.name not in _NAMED]
    shown += [f"`{value}`" for value in sorted(literal, key=lambda value: not value.isalpha())]
    if len(shown) > _MOST_SHOWN:
        return ", ".join(shown[:_MOST_SHOWN]) + ", …"
    return " or ".join(filter(None, (", ".join(shown[:-1]), shown[-1]))) if shown else "nothing more"


def _report_character(place: Place, file: SourceFile, sink: Sink) -> None:
    word = next((match for match in _HYPHENED.finditer(file.text, max(0, place.span.start - MAX_NAME))
                 if match.start() <= place.span.start < match.end()), None)
    if place.found == "'":
        text = _SINGLE.match(file.text, place.span.start)
        sink.error("MG152", "text stands in double quotes", place.span, help='write `"…"` instead of `\'…\'`',
                   fix=Fix.of(Span(file.name, *text.span()), f'"{text[1]}"') if text else None)
    elif word and (place.found[:1].isalpha() or place.found.startswith("-")):
        sink.error("MG152", f"`{word[0]}` is no plain name", Span(file.name, *word.span()),
                   help="names have ASCII letters, digits and `_`; write any other name in backquotes",
                   fix=Fix.of(Span(file.name, *word.span()), f"`{word[0]}`"))
    else:
        sink.error("MG152", f"{place.shown} means nothing here", place.span, help="remove it, or put text in double quotes")


def _report_past_end(place: Place, sink: Sink) -> None:
    fix = None
    if "_NL" in place.accepts:
        advice = "begin the next statement on a line of its own"
    else:
        advice = "a statement ends at the newline: put this on the line above"
        fix = Fix.of(Span(place.file.name, place.after, place.span.start), " ", safe=False)
    sink.error("MG141", f"the statement has ended before {place.shown}", place.span, help=advice, fix=fix)


def _fill(text: str, place: Place) -> str:
    return text.format(found=place.shown, before=f"`{place.before}`")
