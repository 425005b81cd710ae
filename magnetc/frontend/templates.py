"""Turn templates as text: `parse_template` and its inverse, `print_template`. Formal syntax: `grammar/template.lark`."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from magnetc.diagnostics import Fix, Label, Sink
from magnetc.frontend.string_literal import encode_string, span_inside
from magnetc.frontend.template_errors import Problem, find_problem
from magnetc.ir.template import Choice, Optional, Part, Section, Slot, Text
from magnetc.source import Origin, Span
from magnetc.source.resources import resource

if TYPE_CHECKING:
    from lark import Lark, Tree

_SPECIAL = re.compile(r"([\\{}\[\]()|])")
_ESCAPE = re.compile(r"\\(.)")


@dataclass(frozen=True, slots=True)
class _Place:
    """Turns offsets in a template into spans of its file, as closely as the source allows."""

    text: str
    span: Span | None
    sink: Sink
    origin: Origin

    def at(self, start: int, end: int) -> Origin | Span:
        span = self.span or self.sink.span(Label(self.origin))
        file = self.sink.files.get(span.file) if span else None
        if span is None or file is None or span.end <= span.start:
            return self.origin
        return span_inside(file, span, self.text, start, end)

    def report(self, problem: Problem) -> None:
        secondary = (Label(self.at(*problem.other), problem.label),) if problem.other else ()
        self.sink.error(problem.code, problem.message, self.at(problem.start, problem.end), help=problem.help,
                        secondary=secondary, fix=self.fix(*problem.fix, safe=problem.is_sure) if problem.fix else None)

    def fix(self, start: int, end: int, replacement: str, *, safe: bool) -> Fix | None:
        """`text[start:end]` replaced, as the string that holds it is written; None where it does not stand there as it is."""
        whole = self.span or self.sink.span(Label(self.origin))
        low, high = self.at(min(start, len(self.text) - 1), max(end, start + 1)), self.at(max(0, end - 1), max(end, 1))
        if whole is None or not isinstance(low, Span) or not isinstance(high, Span) or whole in (low, high):
            return None
        first = low.start if start < len(self.text) else high.end
        span = Span(low.file, first, first if start == end else high.end)
        if self.sink.source(span) != self.text[start:end]:
            return None
        mark = self.sink.source(whole)[:1]
        if mark == '"':
            replacement = encode_string(replacement)[1:-1] if low.file.endswith(".magnet") else json.dumps(replacement)[1:-1]
        return Fix.of(span, replacement, safe=safe)


def parse_template(text: str, span: Span | None, sink: Sink, origin: Origin) -> tuple[Part, ...] | None:
    """The parts of the template `text`; None after a diagnostic.

    `span` is that of the string in its file, quotes included; when None, the span of `origin`. Neighbouring text is one
    `Text`, and no part is empty.
    """
    place = _Place(text, span, sink, origin)
    problem = find_problem(text)
    if problem:
        place.report(problem)
        return None
    tree = _parser().parse(text)
    for choice in tree.find_data("choice"):
        if len(choice.children) == 1:
            at, end = choice.meta.start_pos, choice.meta.end_pos
            sink.warning("MG408", f"`{text[at:end]}` has one alternative, so its parentheses are not said",
                         place.at(at, end),
                         help="write `\\(` and `\\)` to say them, `[ ]` for an optional fragment, or add an alternative",
                         fix=place.fix(at, end, f"\\({text[at + 1 : end - 1]}\\)", safe=False))
    return _parts(tree)


def print_template(parts: tuple[Part, ...]) -> str:
    """The text that `parse_template` reads as `parts`."""
    return "".join(_print(part) for part in parts)


@lru_cache(maxsize=2)
def _parser(*, strict: bool = False) -> Lark:
    from lark import Lark

    grammar = resource("grammar", "template.lark").read_text(encoding="utf-8")
    return Lark(grammar, parser="lalr", lexer="contextual", propagate_positions=True, strict=strict,
                maybe_placeholders=False)


def _parts(tree: Tree) -> tuple[Part, ...]:
    return tuple(_part(child) for child in tree.children)


def _part(tree: Tree) -> Part:
    match tree.data:
        case "text":
            return Text(_ESCAPE.sub(r"\1", str(tree.children[0])))
        case "slot":
            name, *case = tree.children
            return Slot(str(name), str(case[0]) if case else "")
        case "optional":
            return Optional(_parts(tree))
        case "choice":
            return Choice(tuple(_parts(option) for option in tree.children))
    name, *inner, _ = tree.children
    return Section(str(name), tuple(_part(child) for child in inner))


def _print(part: Part) -> str:
    match part:
        case Text(text):
            return _SPECIAL.sub(r"\\\1", text)
        case Slot(name, case):
            return f"{{{name}:{case}}}" if case else f"{{{name}}}"
        case Optional(parts):
            return f"[{print_template(parts)}]"
        case Choice(options):
            return f"({'|'.join(print_template(option) for option in options)})"
        case Section(name, parts):
            return f"{{#{name}}}{print_template(parts)}{{/{name}}}"
