"""The DSL lowers to the documents that equivalent YAML makes, with a span for every node."""

from pathlib import Path

import pytest

from magnetc.diagnostics import Label, Sink
from magnetc.frontend.dsl import read_dsl
from magnetc.frontend.schema import validate
from magnetc.frontend.yaml_events import read_yaml
from magnetc.source import Origin, SourceFile

GOLDEN = Path(__file__).parent.parent / "golden" / "dsl"
TEXT = (GOLDEN / "everything.magnet").read_text(encoding="utf-8")
KINDS = ("recipe", "types", "tools", "graph", "paths", "operations", "turns", "frames")


def read(text: str):
    sink = Sink()
    documents = read_dsl(SourceFile("a.magnet", text), sink)
    return {document.kind: document for document in documents}, sink


@pytest.mark.parametrize("kind", KINDS)
def test_documents_equal_those_of_yaml(kind):
    documents, sink = read(TEXT)
    yaml = read_yaml(SourceFile("a.yaml", (GOLDEN / "everything" / f"{kind}.yaml").read_text(encoding="utf-8")), sink)
    assert documents[kind].data == yaml.data
    assert validate(documents[kind], sink)
    assert sink.diagnostics == []


def pointers(data, at=""):
    yield at
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in items:
        yield from pointers(value, f"{at}/{str(key).replace('~', '~0').replace('/', '~1')}")


def test_every_node_has_a_span_in_the_document_and_in_the_sink():
    documents, sink = read(TEXT)
    for document in documents.values():
        assert document.root == ("/frames.en:" if document.kind == "frames" else f"/{document.kind}:")
        assert set(document.spans) == set(pointers(document.data))
        for pointer, (key, value) in document.spans.items():
            assert 0 <= value.start < value.end <= len(TEXT)
            assert sink.span(Label(Origin("a.magnet", document.root + pointer))) == value
            assert sink.span(Label(Origin("a.magnet", document.root + pointer), at_key=True)) == key


@pytest.mark.parametrize(("pointer", "key", "value"), [
    ("/types:/types/City", "City", "City"),
    ("/types:/types/Cabin/enum", "one of", None),
    ("/types:/types/Cabin/enum/1", None, '"business"'),
    ("/types:/types/Trip/days", "days", "-1..40"),
    ("/types:/said/0/forms/1", None, '"classe éco"'),
    ("/tools:/tools/get_distance/parameters/detour", "detour", "detour?: boolean"),
    ("/tools:/tools/get_distance/parameters/units/default", None, '"mi"'),
    ("/tools:/tools/get_distance/returns/stops/0/note?", "note", "string"),
    ("/tools:/tools/get_distance/where/0", "where", "origin != destination"),
    ("/graph:/links/1/to", None, "get_distance.origin"),
    ("/paths:/paths/booking/pattern", "pattern", "search+ (book_flight | hold_seat) _*"),
    ("/paths:/paths/booking/require/0/after", None, "book_flight"),
    ("/operations:/operations/1/insert/gap", "gap", "1..3"),
    ("/turns:/turns/1/chain/1", None, "then convert_unit as c"),
    ("/turns:/turns/0/phrases/1/text", None, '"get me a seat[ from {origin}] to {destination}[ {date:on}]"'),
    ("/turns:/refers/1/by", None, "price"),
    ("/turns:/asks/1/of", None, "move_event.start"),
])
def test_spans_stand_at_the_words(pointer, key, value):
    _, sink = read(TEXT)
    for at_key, expected in ((True, key), (False, value)):
        span = sink.span(Label(Origin("a.magnet", pointer), at_key=at_key))
        assert expected is None or TEXT[span.start:span.end] == expected


def test_lines_may_end_in_carriage_returns():
    assert {kind: document.data for kind, document in read(TEXT.replace("\n", "\r\n"))[0].items()} == \
        {kind: document.data for kind, document in read(TEXT)[0].items()}


def test_a_file_without_statements_makes_no_document():
    assert read("# nothing\n\n")[0] == {}


def test_keywords_are_names_where_a_name_stands():
    documents, sink = read("tool set(type: string, path: string, from?: string, only: string)\n"
                           "    -> {graph: string, by: string} reads {\n  type \"Which.\"\n  where type != only\n}\n"
                           "turn turn then ask as reply { en do \"a\" }\nrefer type least least { en \"that\" }\n")
    assert not sink.has_errors
    assert list(documents["tools"].data["tools"]["set"]["parameters"]) == ["type", "path", "from", "only"]
    assert documents["turns"].data["turns"][0]["chain"] == ["turn", {"tool": "ask", "as": "reply"}]
    assert documents["turns"].data["refers"][0]["by"] == "least"


@pytest.mark.parametrize("comment", ["# a -> b", "# a | b", "#-> b", "# a ->\n# | b"])
def test_arrows_in_a_comment_continue_nothing(comment):
    documents, sink = read(f"refine back(a: A) -> {{b: B}}\n\n{comment}\n")
    assert sink.diagnostics == []
    assert documents["tools"].data["refine"] == {"back": {"parameters": {"a": {"type": "A"}}, "returns": {"b": "B"}}}


def test_a_comment_may_stand_before_a_line_that_continues():
    documents, sink = read("refine back(a: A)\n  # its result -> here\n\n    -> {b: B}\n")
    assert sink.diagnostics == []
    assert documents["tools"].data["refine"]["back"]["returns"] == {"b": "B"}
