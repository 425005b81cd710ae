"""Judges' votes: read from the lock, checked as links are, made edges, edited line by line."""

import json

import pytest

from magnetc.build.lock import write_lock, write_votes
from magnetc.diagnostics import Severity, Sink
from magnetc.frontend import load
from magnetc.ir.graph import EdgeKind, ValueFlow
from magnetc.ir.spec import Votes
from magnetc.ir.verify import verify_graph
from magnetc.passes.build_graph import BuildGraph

RECIPE = """kind: recipe
name: trips
version: 1.0.0
seed: 7
world: {python: "world:Trips", now: "2026-03-02T09:00:00Z"}
include: [trips.magnet]
"""
TOOLS = """
type Zip = string
type Miles = number unit "mi"
type Km = number unit "km"
tool get_zip(city: string) -> {zip: Zip, near: [Zip], text: string} reads
tool measure(origin: Zip, note: string) -> {miles: Miles} reads
tool plan(km: Km) -> {text: string} reads
"""


def loaded(folder, *lines, graph="infer typed, judged", lock=None):
    (folder / "recipe.yaml").write_text(RECIPE)
    (folder / "trips.magnet").write_text(f"{TOOLS}\ngraph {{\n  {graph}\n}}\n")
    text = json.dumps({"version": 1, "tools": {}, "judged": list(lines)} if lock is None else lock, indent=1)
    (folder / "magnetc.lock").write_text(text)
    sink = Sink()
    return load(folder, sink, {}), sink


def graph_of(folder, *lines, **options):
    spec, sink = loaded(folder, *lines, **options)
    assert not sink.has_errors
    graph = BuildGraph().run(spec)
    assert verify_graph(spec, graph) == []
    return graph


def errors(sink):
    return [each for each in sink.diagnostics if each.severity is Severity.ERROR]


def line(source, target, values=None, **votes):
    return {"from": source, "to": target, **votes, **({"values": values} if values else {})}


def test_the_majority_says_the_kind_and_its_share_the_confidence(tmp_path):
    graph = graph_of(tmp_path, line("get_zip", "measure", {"note": "/text"}, full=3, partial=1), line("plan", "get_zip", prerequisite=2, none=1))
    edge = graph.edge["get_zip", "measure"]
    assert (edge.kind, edge.origin, edge.also, edge.confidence) == (EdgeKind.FULL, "judged", ("typed",), 0.75)
    assert edge.values == (ValueFlow("/near/*", "origin"), ValueFlow("/text", "note"), ValueFlow("/zip", "origin"))
    order = graph.edge["plan", "get_zip"]
    assert (order.kind, order.values, round(order.confidence, 2)) == (EdgeKind.PREREQUISITE, (), 0.67)


def test_as_many_votes_claim_least():
    assert Votes(source="a", target="b", full=2, partial=2, none=2).kind == "none"
    assert Votes(source="a", target="b", full=2, partial=2).kind == "partial"
    assert Votes(source="a", target="b", partial=1, prerequisite=1).kind == "prerequisite"


def test_judges_win_over_types(tmp_path):
    assert not graph_of(tmp_path, line("get_zip", "measure", none=2, full=1)).edges
    order = graph_of(tmp_path, line("get_zip", "measure", prerequisite=2)).edge["get_zip", "measure"]
    assert (order.kind, order.values) == (EdgeKind.PREREQUISITE, ())


def test_links_and_unlinks_win_over_judges(tmp_path):
    judged = line("get_zip", "measure", none=2), line("plan", "get_zip", prerequisite=1)
    graph = graph_of(tmp_path, *judged, graph="infer judged\n  link get_zip.zip -> measure.origin\n  unlink plan -> get_zip")
    assert [(edge.source, edge.target, edge.origin, edge.also, edge.confidence) for edge in graph.edges] == [
        ("get_zip", "measure", "declared", (), 1.0)]
    both = graph_of(tmp_path, line("get_zip", "measure", {"note": "/text"}, full=1, none=0),
                    graph="infer judged\n  link get_zip.zip -> measure.origin")
    assert (both.edges[0].origin, both.edges[0].also, both.edges[0].kind) == ("declared", ("judged",), EdgeKind.FULL)


def test_votes_count_only_where_the_recipe_asks(tmp_path):
    assert not graph_of(tmp_path, line("plan", "get_zip", prerequisite=1), graph="infer typed").edge.get(("plan", "get_zip"))


@pytest.mark.parametrize(("bad", "code", "shown"), [
    (line("get_zap", "measure", prerequisite=1), "MG203", '"get_zap"'),
    (line("get_zip", "measure", {"origins": "/zip"}, full=1), "MG204", '"origins"'),
    (line("get_zip", "measure", {"origin": "/zap"}, full=1), "MG204", '"/zap"'),
    (line("get_zip", "measure", {"origin": "zip"}, full=1), "MG204", '"zip"'),
    (line("measure", "plan", {"km": "/miles"}, full=1), "MG305", '"/miles"'),
    (line("get_zip", "measure", full=1), "MG309", "{"),
    (line("get_zip", "measure"), "MG503", "{"),
    (line("get_zip", "measure", full=-1, none=2), "MG503", "{"),
    (line("get_zip", "measure", ful=1, none=2), "MG503", '"ful"'),
    (line("get_zip", "measure", full=True), "MG503", "{"),
    ({"from": "get_zip"}, "MG503", "{"),
    ("get_zip -> measure", "MG503", '"get_zip'),
    (line("plan", "get_zip", none=1), "MG503", "{"),
])
def test_a_line_is_checked_where_it_stands(tmp_path, bad, code, shown):
    good = line("plan", "get_zip", prerequisite=1)
    spec, sink = loaded(tmp_path, good, bad)
    assert spec is None
    (found,) = errors(sink)
    assert found.code == code
    span = sink.span(found.primary)
    assert span.file == "magnetc.lock"
    assert sink.files["magnetc.lock"].text[span.start:].startswith(shown)


def test_what_is_no_list_is_no_votes(tmp_path):
    _, sink = loaded(tmp_path, lock={"version": 1, "tools": {}, "judged": {}})
    assert [each.code for each in errors(sink)] == ["MG503"]


def test_votes_are_written_a_line_each_and_stay(tmp_path):
    votes = (Votes(source="plan", target="get_zip", prerequisite=2), Votes(source="get_zip", target="measure", full=3, none=1,
                                                                          values=(("/zip", "origin"),)))
    loaded(tmp_path)
    write_votes(tmp_path, votes)
    text = (tmp_path / "magnetc.lock").read_text()
    assert '\n  {"from": "get_zip", "to": "measure", "full": 3, "none": 1, "values": {"origin": "/zip"}},\n' in text
    write_lock(tmp_path, {})
    assert (tmp_path / "magnetc.lock").read_text() == text
    spec, _ = loaded(tmp_path, lock=json.loads(text))
    assert spec.graph.votes == tuple(sorted(votes, key=lambda each: each.source))
