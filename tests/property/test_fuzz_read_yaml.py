"""Any text or bytes give a document or diagnostics, never an exception; and what is read agrees with its spans."""

import json
from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st

from magnetc.diagnostics import Sink
from magnetc.diagnostics.render import FORMATS
from magnetc.frontend.read_text import decode
from magnetc.frontend.schema import KINDS, validate
from magnetc.frontend.yaml_events import read_yaml
from magnetc.source import SourceFile

CASES = sorted((Path(__file__).parents[1] / "golden" / "diagnostics").glob("*.yaml"))
PIECES = st.sampled_from(["kind", "types", "a", "é", "東", ": ", ":", "- ", "-", "\n", "\n  ", "\n    ", "\t", "[", "]", "{", "}", ",", "'", '"',
                          "&a ", "*a", "!t ", "<<", "|", ">", "#", "?", "%", "@", "---", "...", "012", "1e999", "yes", "~", "\\", "\r\n", "\x85", "\ufeff"])
WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufeff\ufffe\uffff"), max_size=8)
JSON = st.recursive(st.none() | st.booleans() | st.integers(-(1 << 63), (1 << 63) - 1) | st.floats(allow_nan=False, allow_infinity=False) | WORDS,
                    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=4), max_leaves=12)


def check(file):
    sink = Sink()
    document = read_yaml(file, sink)
    assert document is not None or sink.has_errors
    if document:
        json.dumps(document.data, allow_nan=False)
        assert validate(document, sink) or sink.has_errors
    for diagnostic in sink.diagnostics:
        span = sink.span(diagnostic.primary)
        assert 0 <= span.start <= span.end <= len(sink.files[span.file].text)
    for render in FORMATS.values():
        render(sink)


@given(st.text())
@example("\ud800")
@example("a: \x00")
@example("\ufeff")
@example("[" * 5000)
@example("- " * 5000)
@example("{a: " * 60)
@example("? " * 60)
@example('a: "\\')
@example('a: "\\x')
@example("a: !<")
@example("%")
@example("%YAML 1.1\n--- &a !t\n")
@example("[?")
@example("[? a: b # c]")
@example("kind: recipe\ninclude: &a [types.yaml # turns.yaml]\nname: travel\n")
@example("a: " + "9" * 5000)
@example("0x" + "f" * 5000)
def test_any_text(text):
    check(SourceFile("f.yaml", text))


@given(st.lists(PIECES, max_size=25).map("".join))
@settings(max_examples=300)
def test_any_yaml_tokens(text):
    check(SourceFile("f.yaml", text))


@given(st.binary())
@example(b"\xff\xfea\0")
@example(b"\xef\xbb\xbfkind: types\n")
def test_any_bytes(data):
    sink = Sink()
    file = decode(data, "f.yaml", sink)
    if file:
        check(file)
    else:
        assert sink.has_errors


@given(st.sampled_from(CASES), st.data())
@settings(max_examples=150)
def test_damaged_documents(case, data):
    text = case.read_text(encoding="utf-8")
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 5)))
    check(SourceFile("f.yaml", text[:start] + data.draw(PIECES) + text[end:]))


@given(st.sampled_from(KINDS), st.dictionaries(WORDS, JSON, max_size=4))
def test_json_is_read_as_it_is(kind, data):
    data = {"kind": kind} | {key: value for key, value in data.items() if key != "kind"}
    sink = Sink()
    document = read_yaml(SourceFile("f.yaml", json.dumps(data, ensure_ascii=False)), sink)
    assert not sink.has_errors
    assert document.data == data
    assert json.dumps(document.data) == json.dumps(data)


@given(JSON)
def test_spans_hold_the_text_of_their_value(value):
    sink = Sink()
    document = read_yaml(SourceFile("f.yaml", "kind: types\nvalue: " + json.dumps(value, ensure_ascii=False) + "\n# end\n"), sink)
    assert document.data["value"] == value
    for pointer, (_, span) in document.spans.items():
        if pointer.startswith("/value"):
            here = document.data
            for token in pointer.split("/")[1:]:
                here = here[int(token)] if isinstance(here, list) else here[token.replace("~1", "/").replace("~0", "~")]
            assert json.loads(sink.files["f.yaml"].text[span.start:span.end]) == here
