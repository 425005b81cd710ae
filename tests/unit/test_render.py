"""Formats: what goldens of one file cannot show."""

import json
import re

import pytest

from magnetc.diagnostics import Diagnostic, Fix, Label, Severity, Sink
from magnetc.diagnostics.render import FORMATS
from magnetc.source import Origin, SourceFile, Span


@pytest.fixture
def sink():
    sink = Sink()
    sink.add_file(SourceFile("a.yaml", "kind: types\nname: 東京, x\n"), {"/name": (Span("a.yaml", 12, 16), Span("a.yaml", 18, 23))})
    sink.add_file(SourceFile("b.yaml", "one\n" * 11 + "last"))
    sink.emit(Diagnostic(
        code="MG999", message="two, files: 100%", primary=Label(Origin("a.yaml", "/name"), "here"),
        secondary=(Label(Span("b.yaml", 44, 48), "and there"), Label(Span("gone.yaml", 0, 1), "nowhere")),
        notes=("a note\nin two lines",), help="do this", fix=Fix.of(Span("a.yaml", 18, 20), "x")))
    sink.emit(Diagnostic(code="MG998", message="no place", severity=Severity.WARNING))
    return sink


def test_full_shows_other_files(sink):
    assert FORMATS["full"](sink, prefix="r") == (
        "warning[MG998]: no place\n"
        "\n"
        "error[MG999]: two, files: 100%\n"
        "  --> r/a.yaml:2:7\n"
        "   |\n"
        " 2 | name: 東京, x\n"
        "   |       ^^^^^^^ here\n"
        "  ::: r/b.yaml:12:1\n"
        "   |\n"
        "12 | last\n"
        "   | ---- and there\n"
        "   |\n"
        "   = note: a note\n"
        "           in two lines\n"
        "   = help: do this\n"
        "   = fix (--fix):\n"
        " 2 - name: 東京, x\n"
        " 2 + name: x, x\n"
        "\n")


def test_colour_only_adds_escapes(sink):
    colored = FORMATS["full"](sink, color=True)
    assert "\x1b[" in colored
    assert re.sub(r"\x1b\[[0-9;]*m", "", colored) == FORMATS["full"](sink)


def test_concise(sink):
    assert FORMATS["concise"](sink) == "warning[MG998]: no place\na.yaml:2:7: error[MG999]: two, files: 100%\n"


def test_github_escapes(sink):
    lines = FORMATS["github"](sink, prefix="recipes/a,b/").splitlines()
    assert lines == [
        "::warning title=MG998::no place",
        "::error title=MG999,file=recipes/a%2Cb/a.yaml,line=2,endLine=2,col=7,endColumn=12::"
        "two, files: 100%25%0Aa note%0Ain two lines%0Ahelp: do this",
    ]


def test_json(sink):
    warning, error = json.loads(FORMATS["json"](sink))
    assert warning["primary"] is None
    assert error["primary"]["start"] == {"offset": 18, "line": 2, "column": 7}
    assert error["primary"]["end"] == {"offset": 23, "line": 2, "column": 12}
    assert [label and label["file"] for label in error["secondary"]] == ["b.yaml", None]
    assert error["fix"]["applicability"] == "safe"
    assert [(edit["at"]["start"]["offset"], edit["replacement"]) for edit in error["fix"]["edits"]] == [(18, "x")]


def test_nothing_to_say():
    assert [FORMATS[name](Sink()) for name in ("full", "concise", "github")] == ["", "", ""]
    assert json.loads(FORMATS["json"](Sink())) == []


@pytest.mark.parametrize(("text", "start", "end", "line", "mark"), [
    ("\tab\n", 1, 2, "1 |     ab", "  |     ^"),
    ("ab\ncd\n", 1, 5, "1 | ab", "  |  ^"),
    ("ab", 2, 2, "1 | ab", "  |   ^"),
    ("ab\n", 3, 3, "2 |", "  | ^"),
    ("", 0, 0, "1 |", "  | ^"),
    ("e\u0301x", 2, 3, "1 | e\u0301x", "  |  ^"),
    ("a\u202eb", 2, 3, "1 | a\ufffdb", "  |   ^"),
    ("ab", 90, 99, "1 | ab", "  |   ^"),
])
def test_caret(text, start, end, line, mark):
    sink = Sink()
    sink.add_file(SourceFile("f", text))
    sink.error("MG999", "m", Span("f", start, end))
    assert FORMATS["full"](sink).splitlines()[3:5] == [line, mark]


def test_long_lines_are_cut_around_the_mark():
    sink = Sink()
    sink.add_file(SourceFile("f", "x" * 500 + "here" + "東" * 500))
    sink.error("MG999", "m", Span("f", 500, 504))
    line, mark = FORMATS["full"](sink).splitlines()[3:5]
    assert line[mark.index("^"):mark.rindex("^") + 1] == "here"
    assert line.startswith("1 | …")
    assert line.endswith("…")
