"""Any text is read or refused in words; templates print to what they were read from."""

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lark.exceptions import UnexpectedInput

from magnetc.diagnostics import Sink
from magnetc.frontend.dotted import join_dotted, quote_name, split_dotted, unquote_name
from magnetc.frontend.dsl import read_dsl
from magnetc.frontend.dsl.blocks import LEXEME
from magnetc.frontend.pattern import parse_pattern
from magnetc.frontend.string_literal import decode_string, encode_string
from magnetc.frontend.template_errors import find_problem
from magnetc.frontend.templates import _parser, parse_template, print_template
from magnetc.ir.template import Choice, Optional, Section, Slot, Text
from magnetc.source import Origin, SourceFile

TEXT = (Path(__file__).parent.parent / "golden" / "dsl" / "everything.magnet").read_text(encoding="utf-8")
STATEMENTS = re.split(r"\n(?=[a-z])", TEXT)
LEXEMES = sorted({match[0] for match in LEXEME.finditer(TEXT)})
NOWHERE = Origin("", "")


def check(text: str) -> None:
    """Reading ends without an exception, and each diagnostic has a place in the text."""
    sink = Sink()
    documents = read_dsl(SourceFile("a.magnet", text), sink)
    for diagnostic in sink.diagnostics:
        assert re.fullmatch(r"MG1[45]\d", diagnostic.code)
        for label in (diagnostic.primary, *diagnostic.secondary):
            span = sink.span(label)
            assert 0 <= span.start <= span.end <= len(text) + 1
    for document in documents:
        assert document.data["kind"] == document.kind


@given(st.text(max_size=200))
@settings(max_examples=200)
def test_any_text(text):
    check(text)


@given(st.lists(st.sampled_from(LEXEMES), max_size=40).map("".join))
@settings(max_examples=200, deadline=None)
def test_any_lexemes(text):
    check(text)


@given(st.sampled_from(STATEMENTS), st.data())
@settings(max_examples=300, deadline=None)
def test_mutated_statements(statement, data):
    start = data.draw(st.integers(0, len(statement)))
    end = data.draw(st.integers(start, min(len(statement), start + 12)))
    check(statement[:start] + data.draw(st.sampled_from(LEXEMES) | st.text(max_size=4)) + statement[end:] + "\ntype Last = string\n")


@pytest.mark.parametrize("opening", ["tool f(a: " + "[" * 5000, "path p { pattern " + "(" * 5000, "tool f(a: object = " + '{"a": ' * 5000,
                                     "type X = integer range 1.." + "9" * 5000, "{" * 5000, "path p {\n pattern " + "a " * 5000 + "\n}"],
                         ids=lambda text: text[:20])
def test_extremes(opening):
    check(opening)


names = st.from_regex(r"[a-z][a-z0-9_]{0,6}(\.[a-z]{1,4})?", fullmatch=True)
texts = st.text(alphabet=st.sampled_from("ab {}[]()|\\/#:.é\n"), min_size=1, max_size=8).map(Text)
slots = st.builds(Slot, names, st.sampled_from(("", "on", "case_a")))


def merged(parts) -> tuple:
    """Parts as the parser makes them: neighbouring texts are one."""
    out: list = []
    for part in parts:
        if out and isinstance(part, Text) and isinstance(out[-1], Text):
            out[-1] = Text(out[-1].text + part.text)
        else:
            out.append(part)
    return tuple(out)


def several(part):
    return st.lists(part, min_size=1, max_size=4).map(merged)


def composed(part):
    options = st.lists(several(part) | st.just(()), min_size=2, max_size=3).filter(any).map(tuple)
    return several(part).map(Optional) | options.map(Choice) | st.builds(Section, names, several(part))


templates = several(st.recursive(texts | slots, composed, max_leaves=12))


@given(templates)
@settings(max_examples=200, deadline=None)
def test_printed_templates_read_back(parts):
    text = print_template(parts)
    sink = Sink()
    read = parse_template(text, None, sink, NOWHERE)
    assert read == parts if text.strip() else read is None
    assert bool(sink.diagnostics) == (not text.strip())


@given(st.lists(st.sampled_from(["{", "}", "[", "]", "(", ")", "|", "\\", "{#a}", "{/a}", "{/b}", "{a}", "a", " ", "`", ":", "."]), max_size=12)
       .map("".join))
@settings(max_examples=500, deadline=None)
def test_a_template_is_refused_in_words_exactly_when_the_grammar_or_its_pairing_refuses_it(text):
    problem = find_problem(text)
    try:
        _parser().parse(text)
    except UnexpectedInput:
        assert problem is not None
    else:
        assert problem is None or problem.code in ("MG403", "MG404")
    if problem:
        assert 0 <= problem.start <= problem.end <= len(text)


@given(st.lists(st.sampled_from(["a", "b", "_", "`c`", " ", "|", "*", "+", "?", "(", ")", "\n", "'", "#", "["]), max_size=12).map("".join))
@settings(max_examples=200, deadline=None)
def test_patterns_are_read_or_refused(text):
    sink = Sink()
    pattern = parse_pattern(text, sink, NOWHERE, {"a": ("a",), "b": ("a", "b"), "c": ("c",)})
    assert (pattern is None) == sink.has_errors


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_string_literals_round_trip(text):
    value, offsets, bad = decode_string(encode_string(text))
    assert (value, bad) == (text, [])
    assert len(offsets) == len(text) + 1


@given(st.lists(st.text(alphabet="ab.- ", min_size=1), min_size=1).map(tuple))
def test_dotted_names_round_trip(parts):
    assert split_dotted(join_dotted(parts)) == parts
    assert unquote_name(quote_name(parts[0])) == parts[0]
