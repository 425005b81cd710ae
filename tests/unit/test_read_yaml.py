"""Reading YAML: spans of keys and values, limits, and places of errors that goldens cannot hold."""

import pytest

from magnetc.diagnostics import Sink
from magnetc.frontend.read_text import MAX_BYTES, decode, read_text
from magnetc.frontend.yaml_events import MAX_DEPTH, read_yaml
from magnetc.source import SourceFile, Span


def read(text):
    sink = Sink()
    return read_yaml(SourceFile("f.yaml", text), sink), sink


def codes(sink):
    return [diagnostic.code for diagnostic in sink.diagnostics]


def test_spans_of_keys_and_values_are_code_points():
    text = 'kind: types\n# é 😀\ntypes:\n  Café/1: {"a~b": [x, \'y\']}\n  B: |\n    one\n    two\n\n# end\n'
    document, _ = read(text)
    assert document.data == {"kind": "types", "types": {"Café/1": {"a~b": ["x", "y"]}, "B": "one\ntwo\n"}}

    def shown(pointer):
        return tuple(text[span.start:span.end] for span in document.spans[pointer])

    assert shown("/kind") == ("kind", "types")
    assert shown("/types/Café~11") == ("Café/1", '{"a~b": [x, \'y\']}')
    assert shown("/types/Café~11/a~0b") == ('"a~b"', "[x, 'y']")
    assert shown("/types/Café~11/a~0b/1") == ("'y'", "'y'")
    assert shown("/types/B")[1].startswith("|\n    one")
    assert document.span("/types/B/missing/2") == document.spans["/types/B"][0]


def test_a_block_ends_with_its_last_value():
    text = "kind: types\ntypes:\n  A:\n    base: string\n\n\n# far away\nsaid: []\n"
    document, _ = read(text)
    span = document.spans["/types"][1]
    assert text[span.start:span.end] == "A:\n    base: string"


def test_a_byte_order_mark_shifts_nothing():
    document, sink = read("\ufeffkind: types\ntypes: {}\n")
    assert sink.files["f.yaml"].position(document.spans["/kind"][0].start) == (1, 1)


def test_line_ends_of_other_systems():
    document, _ = read("kind: types\r\ntypes: {}\r\n")
    assert document.spans["/types"][0] == Span("f.yaml", 13, 18)


def test_depth_is_limited():
    deep = "kind: types\ntypes: {}\n"
    assert read(deep)[0]
    fits = "kind: types\nx: " + "[" * (MAX_DEPTH - 1) + "]" * (MAX_DEPTH - 1)
    assert read(fits)[0]
    document, sink = read(fits.replace("[]", "[[]]"))
    assert document is None
    assert codes(sink) == ["MG116"]


@pytest.mark.parametrize("text", ["[" * 100_000, "{a: " * 100_000, "- " * 100_000, "? " * 100_000])
def test_deep_nesting_costs_nothing(text):
    assert read(text)[0] is None


def test_all_errors_of_a_file_in_one_run():
    document, sink = read("kind: types\na: 1\na: 2\nb: &x 1\nc: *x\nd: !t 1\n")
    assert document is None
    assert codes(sink) == ["MG112", "MG109", "MG109", "MG111"]


def test_an_ambiguous_scalar_leaves_the_document():
    document, sink = read("kind: types\na: yes\n")
    assert document.data["a"] == "yes"
    assert codes(sink) == ["MG115"]


def test_nul_is_found_in_text_and_bytes():
    assert codes(read("kind: a\0")[1]) == ["MG004"]
    sink = Sink()
    assert decode(b"kind: a\0", "f.yaml", sink) is None
    assert codes(sink) == ["MG004"]


@pytest.mark.parametrize(("data", "words"), [
    ("kind: é".encode("latin1"), "0xe9"), ("kind: types".encode("utf-16"), "UTF-16"),
])
def test_other_encodings(data, words):
    sink = Sink()
    assert decode(data, "f.yaml", sink) is None
    assert codes(sink) == ["MG002"]
    assert words in sink.diagnostics[0].message


def test_files_that_cannot_be_read(tmp_path):
    sink = Sink()
    assert read_text(tmp_path / "none.yaml", "none.yaml", sink) is None
    assert read_text(tmp_path, "folder", sink) is None
    with (tmp_path / "big.yaml").open("wb") as stream:
        stream.truncate(MAX_BYTES + 1)
    assert read_text(tmp_path / "big.yaml", "big.yaml", sink) is None
    assert sorted(codes(sink)) == ["MG001", "MG001", "MG003"]


def test_large_files_are_linear():
    tool = '  t{}:\n    description: "what it does"\n    parameters: {{a: {{type: A}}, b: {{type: B, optional: true}}}}\n'
    document, sink = read("kind: tools\ntools:\n" + "".join(tool.format(i) for i in range(5000)))
    assert not sink.has_errors
    assert len(document.data["tools"]) == 5000
    assert len(document.spans) == 3 + 5000 * 8
