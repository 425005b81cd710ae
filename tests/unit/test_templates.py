"""Turn templates and path patterns: what they read as, and where their mistakes stand."""

import pytest

from magnetc.diagnostics import Sink
from magnetc.frontend.dsl import read_dsl
from magnetc.frontend.pattern import parse_pattern
from magnetc.frontend.string_literal import decode_string, encode_string
from magnetc.frontend.templates import parse_template, print_template
from magnetc.frontend.yaml_events import read_yaml
from magnetc.ir.spec import Pattern
from magnetc.ir.template import Choice, Optional, Section, Slot, Text
from magnetc.source import Origin, SourceFile

NOWHERE = Origin("", "")


@pytest.mark.parametrize(("text", "parts"), [
    ("book a flight", (Text("book a flight"),)),
    ("go[ to {to}]", (Text("go"), Optional((Text(" to "), Slot("to"))))),
    ("[ {date:on}]", (Optional((Text(" "), Slot("date", "on"))),)),
    ("(this|that {x}|)", (Choice(((Text("this"),), (Text("that "), Slot("x")), ())),)),
    ("{#a.b}{city} ({c})[!]{/a.b}", (Section("a.b", (Slot("city"), Text(" "), Choice(((Slot("c"),),)), Optional((Text("!"),)))),)),
    ("{c.to}{`a.b`.c}{user-id}", (Slot("c.to"), Slot("`a.b`.c"), Slot("user-id"))),
    (r"\{a\} \[b\] \(c\|d\) \\", (Text(r"{a} [b] (c|d) \\"[:-1]),)),
    ("a: b/c #d. é\n", (Text("a: b/c #d. é\n"),)),
])
def test_template_reads_and_prints(text, parts):
    sink = Sink()
    assert parse_template(text, None, sink, NOWHERE) == parts
    assert not sink.has_errors
    assert print_template(parts) == text


@pytest.mark.parametrize(("text", "code", "place"), [
    ("go {", "MG401", "{"),
    ("go [to {x}", "MG401", "["),
    ("go {{x}}", "MG406", "{{x}}"), ("go {{", "MG401", "{"),
    ("go }", "MG402", "}"),
    ("go (a]", "MG402", "]"),
    ("{#a}x", "MG403", "{#a}"),
    ("{#a}x{/b}", "MG403", "{/b}"),
    ("{#a}[x{/a}]", "MG403", "{/a}"),
    ("x{/a}", "MG403", "{/a}"),
    ("go {}", "MG404", "{}"),
    ("go []", "MG404", "[]"),
    ("go (|)", "MG404", "(|)"),
    ("{#a}{/a}", "MG404", "{#a}{/a}"),
    ("go {#}", "MG404", "{#}"),
    (r"go \\w", "MG405", r"\\w"),
    ("go { x }", "MG406", "{ x }"),
    ("go {x:On}", "MG406", "{x:On}"),
    ("go {x:a:b}", "MG406", "{x:a:b}"),
    ("go {.x}", "MG406", "{.x}"),
    ("a|b", "MG407", "|"),
    ("[a|b]", "MG407", "|"),
    ("go (x)", "MG408", "(x)"),
    ("[" * 40, "MG409", "["),
])
def test_template_mistakes_have_a_place_in_the_string_of_either_syntax(text, code, place):
    for name, source, read in (
        ("a.magnet", f'ask Date {{ en "\\"é\\", {text}" }}', lambda file, sink: read_dsl(file, sink)[0]),
        ("a.yaml", f"kind: turns\nasks: [{{of: Date, phrases: [{{locale: en, text: '\"é\", {text.replace(chr(92) * 2, chr(92))}'}}]}}]\n", read_yaml),
    ):
        sink = Sink()
        document = read(SourceFile(name, source), sink)
        origin = Origin(name, f"{document.root}/asks/0/phrases/0/text")
        parse_template(document.data["asks"][0]["phrases"][0]["text"], None, sink, origin)
        assert [diagnostic.code for diagnostic in sink.diagnostics] == [code]
        span = sink.span(sink.diagnostics[0].primary)
        shown = source[span.start:span.end]
        assert shown in (place, place.replace("\\\\", "\\"))


def test_empty_template():
    sink = Sink()
    assert parse_template("", None, sink, NOWHERE) is None
    assert [diagnostic.code for diagnostic in sink.diagnostics] == ["MG404"]


def tool(*names: str) -> Pattern:
    return Pattern(op="tool", tools=names)


def many(op: str, *items: Pattern) -> Pattern:
    return Pattern(op=op, items=items)


NAMES = {"a": ("a",), "b": ("b",), "get-user": ("get-user",), "search": ("a", "b")}


@pytest.mark.parametrize(("text", "pattern"), [
    ("a", tool("a")),
    ("_*", many("star", Pattern(op="any"))),
    ("a b", many("concat", tool("a"), tool("b"))),
    ("search+ (a | `get-user`)? _*", many("concat", many("plus", tool("a", "b")), many("maybe", many("alternate", tool("a"), tool("get-user"))),
                                          many("star", Pattern(op="any")))),
    ("a | a b\n| b", many("alternate", tool("a"), many("concat", tool("a"), tool("b")), tool("b"))),
])
def test_pattern(text, pattern):
    sink = Sink()
    assert parse_pattern(text, sink, NOWHERE, NAMES) == pattern
    assert not sink.diagnostics


@pytest.mark.parametrize(("text", "code", "place"), [
    ("a |", "MG154", "'"), ("| a", "MG154", "|"), ("a (b", "MG154", "("), ("a b)", "MG154", ")"), ("a**", "MG154", "*"), ("a, b", "MG154", ","),
    ("a 'b'", "MG154", "'"), ("a cc+ b", "MG203", "cc"), ("(" * 100 + "a" + ")" * 100, "MG154", repr("(" * 100 + "a" + ")" * 100)),
])
def test_pattern_mistakes(text, code, place):
    source = f"kind: paths\npaths:\n  p:\n    pattern: {text!r}\n" if "'" not in text else f'kind: paths\npaths:\n  p:\n    pattern: "{text}"\n'
    sink = Sink()
    document = read_yaml(SourceFile("a.yaml", source), sink)
    assert parse_pattern(document.data["paths"]["p"]["pattern"], sink, Origin("a.yaml", "/paths/p/pattern"), NAMES) is None
    assert [diagnostic.code for diagnostic in sink.diagnostics] == [code]
    span = sink.span(sink.diagnostics[0].primary)
    assert source[span.start:span.end] == place


@pytest.mark.parametrize(("literal", "text"), [
    (r'"a\"b\\c\n\t\u00e9"', 'a"b\\c\n\té'),
    (r'"\{\}\[\]\(\)\|"', r"\{\}\[\]\(\)\|"),
    (r'"\ud83d\ude00"', "\U0001f600"),
    (r'"\\\{"', "\\" + r"\{"),
])
def test_string_literals(literal, text):
    assert decode_string(literal)[0] == text
    assert decode_string(literal)[2] == []
    assert decode_string(encode_string(text))[0] == text


@pytest.mark.parametrize(("literal", "bad"), [(r'"a\d\w"', [2, 4]), (r'"\u12"', [1]), (r'"\ud83d"', [1])])
def test_escapes_that_mean_nothing(literal, bad):
    assert decode_string(literal)[2] == bad
