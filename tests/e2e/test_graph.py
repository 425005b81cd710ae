"""`magnetc graph`: the list and its filters, why an edge is there or not, DOT."""

import json
import shutil
import subprocess
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest
from corpus import assembled
from dataset import LIBRARY, magnetc
from hypothesis import given
from hypothesis import strategies as st

from magnetc.build.compile import compile_graph
from magnetc.cli import graph as graph_command
from magnetc.diagnostics import Sink
from magnetc.emit.dot import dot, quoted
from magnetc.ir.graph import ORIGINS, Edge, EdgeKind

GOLDEN = Path(__file__).parents[1] / "golden" / "graph"
TRAVEL = Path(__file__).parents[2] / "examples" / "travel"

WHY = [("measure", "to_km"), ("measure", "tour"), ("measure", "say"), ("shop", "tour"), ("label", "pack"), ("odd.name", "label"),
       ("measure", "drive"), ("measure", "label"), ("measure", "pack"), ("measure", "visit"), ("measure", "shop"), ("measure", "note"),
       ("shop", "visit"), ("pack", "say"), ("visit", "label"), ("measure", "stop"), ("stop", "drive"), ("pack", "pack")]


@pytest.fixture
def measures(monkeypatch):
    """The golden recipe, named as a user in the folder above it would."""
    monkeypatch.chdir(GOLDEN)
    return Path("measures")


@pytest.mark.parametrize("form", ["list", "dot"])
def test_golden_output(measures, form, golden):
    result = magnetc("graph", measures, *(["--dot", "-"] if form == "dot" else []))
    assert result.exit_code == 0
    golden(GOLDEN / f"measures.{form}.txt", result.stdout + f"\n{result.stderr}" * (form == "list"))


def test_golden_reasons(measures, golden):
    pages = []
    for source, target in WHY:
        result = magnetc("graph", "why", measures, source, target)
        assert (result.exit_code, result.stderr) == (0, "")
        pages.append(f"$ magnetc graph why measures {source} {target}\n{result.stdout}")
    golden(GOLDEN / "measures.why.txt", "\n".join(pages))


def test_reasons_of_votes_and_likeness(monkeypatch, golden):
    monkeypatch.chdir(GOLDEN)
    pairs = [("find_book", "go_to"), ("find_book", "lend_book"), ("find_book", "read_book"), ("read_book", "find_book"), ("read_book", "go_to")]
    pages = [magnetc("graph", "guesses").stdout, *(magnetc("graph", "why", "guesses", *pair).stdout for pair in pairs)]
    golden(GOLDEN / "guesses.why.txt", "\n".join(pages))


def test_reasons_of_a_recipe_in_yaml(monkeypatch, golden):
    monkeypatch.chdir(LIBRARY.parent)
    pairs = [("find_books", "borrow_book"), ("borrow_book", "opening_hours"), ("find_books", "return_book")]
    golden(GOLDEN / "library.why.txt", "\n".join(magnetc("graph", "why", "library", *pair).stdout for pair in pairs))


@pytest.mark.parametrize("recipe", [LIBRARY, TRAVEL, GOLDEN / "measures"])
def test_every_pair_of_tools_has_reasons_with_places(recipe):
    from magnetc.emit.edge_reasons import edge_reasons
    from magnetc.emit.why import Places, why_document

    sink = Sink()
    context = compile_graph(recipe, sink)
    places = Places(sink, "here")
    for source in context.graph.nodes:
        for target in context.graph.nodes:
            found = why_document(edge_reasons(context.spec, context.graph, source, target), places)
            edge = context.graph.edge.get((source, target))
            assert (found["edge"] is None) is (edge is None)
            for value in found["values"]:
                assert sum("file" in ground for ground in value["grounds"]) >= 2
                assert all((recipe / Path(g["file"]).relative_to("here")).is_file() for g in value["grounds"] if "file" in g)
            if edge is None:
                assert found["grounds"]
                chain = found["chain"]
                assert not chain or (len(chain) > 1 and chain[0]["source"] == source and chain[-1]["target"] == target)
                assert all(one["target"] == next_["source"] for one, next_ in pairwise(chain))
            elif edge.origin == "typed":
                assert [(v["at"], v["parameter"]) for v in found["values"]] == [(f.pointer, f.parameter) for f in edge.values]


@pytest.mark.parametrize("recipe", [LIBRARY, TRAVEL, GOLDEN / "measures"])
def test_what_meets_no_obstacle_is_a_typed_value(recipe):
    from magnetc.emit.near_miss import Obstacle, obstacle, result_places

    spec, graph = (context := compile_graph(recipe, Sink())).spec, context.graph
    for giver in spec.tools:
        for taker in spec.tools:
            pair = (giver.name, taker.name)
            if giver is taker or pair in spec.graph.unlinks:
                continue
            free = {(place.pointer, parameter.name) for place in result_places(giver.returns, giver.origin) for parameter in taker.parameters
                    if obstacle(place, parameter.type, spec.type_table) is Obstacle.NONE}
            edge = graph.edge.get(pair)
            assert bool(free) is (edge is not None and "typed" in (edge.origin, *edge.also))
            assert edge is None or free <= {(flow.pointer, flow.parameter) for flow in edge.values}


@pytest.mark.parametrize(("source", "target"), [("measure", "label"), ("measure", "pack"), ("measure", "shop"), ("shop", "visit")])
def test_the_advised_link_makes_the_edge(tmp_path, source, target):
    recipe = Path(shutil.copytree(GOLDEN / "measures", tmp_path / "recipe"))
    link = json.loads(magnetc("graph", "why", recipe, source, target, "--json").stdout)["link"]
    graph = recipe / "graph.magnet"
    graph.write_text(graph.read_text() + f"graph {{ {link} }}\n")
    found = json.loads(magnetc("graph", "why", recipe, source, target, "--json").stdout)
    assert found["edge"]["origin"] == "declared"
    assert found["values"][0]["grounds"][0] == {"text": "a link declares it", "file": f"{recipe.as_posix()}/graph.magnet",
                                                "line": len(graph.read_text().splitlines()), "column": 9}


def listed(*arguments: object) -> list[dict]:
    result = magnetc("graph", TRAVEL, *arguments, "--json")
    assert result.exit_code == 0
    return json.loads(result.stdout)["edges"]


def test_filters_of_the_list():
    every = listed()
    assert len(every) == len(compile_graph(TRAVEL, Sink()).graph.edges)
    for option, key in (("--kind", "kind"), ("--from", "source"), ("--to", "target")):
        for value, count in Counter(edge[key] for edge in every).items():
            assert Counter(edge[key] for edge in listed(option, value)) == {value: count}
    for origin in ORIGINS:
        assert listed("--origin", origin) == [edge for edge in every if origin in (edge["origin"], *edge.get("also", ()))]
    assert listed("--from", "find_contact", "--from", "get_balance") == [e for e in every if e["source"] in ("find_contact", "get_balance")]
    assert listed("--min-confidence", "0.5") == [edge for edge in every if edge["confidence"] >= 0.5]
    care = {"list_bookings", "get_booking", "change_booking_date", "add_baggage", "cancel_booking", "share_booking", "find_contact"}
    assert {edge["source"] for edge in listed("--path", "care")} & care
    assert not {"book_flight", "hold_seat"} & {end for edge in listed("--path", "care") for end in (edge["source"], edge["target"])}
    assert listed("--kind", "prerequisite", "--origin", "typed") == []


def test_the_choices_are_those_of_the_graph():
    assert set(graph_command.ORIGINS) == set(ORIGINS)
    assert set(graph_command.KINDS) == {kind.value for kind in EdgeKind}


def test_counts_of_a_part():
    result = magnetc("graph", LIBRARY, "--kind", "full")
    assert result.stderr == "1 of 5 edges; 1 full; 1 typed\n"
    assert [line.split()[:3] for line in result.stdout.splitlines()[1:]] == [["borrow_book", "return_book", "full"]]
    assert magnetc("graph", LIBRARY, "--origin", "judged").stdout == ""
    assert magnetc("graph", "list", LIBRARY).stdout == magnetc("graph", LIBRARY).stdout


@pytest.mark.parametrize(("arguments", "words"), [
    ([LIBRARY, "--from", "find_book"], "the recipe has no tool `find_book`; did you mean `find_books`?"),
    ([LIBRARY, "--to", "nothing"], "--to: the recipe has no tool `nothing`\n"),
    ([LIBRARY, "--path", "loam"], "did you mean `loan`?"),
    ([LIBRARY, "--kind", "ful"], "'ful' is not one of"),
    ([LIBRARY, "--origin", "type"], "'type' is not one of"),
    ([LIBRARY, "--min-confidence", "2"], "2.0 is not in the range"),
    (["why", LIBRARY, "find_boks", "renew_loan"], "SOURCE: the recipe has no tool `find_boks`; did you mean `find_books`?"),
    (["why", LIBRARY, "find_books"], "Missing argument 'TARGET'"),
])
def test_names_that_are_not_there(arguments, words):
    result = magnetc("graph", *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert words in result.stderr


def test_errors_of_a_recipe(tmp_path):
    result = magnetc("graph", tmp_path / "nowhere")
    assert result.exit_code == 1
    assert "error[MG001]" in result.stderr


def test_a_path_without_a_walk_does_not_hide_the_graph(tmp_path):
    broken = assembled("pattern_without_walk", tmp_path)
    assert magnetc("check", broken).exit_code == 1
    assert magnetc("graph", broken).exit_code == 0


def test_help_has_the_options_of_the_list():
    text = magnetc("graph", "--help").stdout
    assert "--min-confidence" in text
    assert "why FOLDER SOURCE TARGET" in text


def test_dot_into_a_file(tmp_path):
    result = magnetc("graph", TRAVEL, "--dot", tmp_path / "travel.dot")
    assert (result.exit_code, result.stdout) == (0, "")
    text = (tmp_path / "travel.dot").read_text()
    assert text.count(" -> \"") == len(listed())
    assert magnetc("graph", TRAVEL, "--dot", tmp_path / "no" / "travel.dot").exit_code == 1


@given(st.text())
def test_quoted_names_stay_apart_and_inside_their_quotes(name):
    text = quoted(name)
    inner = text[1:-1].replace("\\\\", "").replace('\\"', "").replace("\\n", "")
    assert '"' not in inner
    assert "\\" not in inner
    assert "\n" not in inner


def test_graphviz_reads_any_name():
    program = shutil.which("dot")
    if program is None:
        pytest.skip("Graphviz is not installed")
    names = ["a.b", 'say "hi"', "back\\slash", "ends\\", "two\nlines", "größer", "<b>", "node", "a -> b", "{x|y}"]
    edges = [Edge(source=a, target=b, kind=kind) for a, b, kind in zip(names, names[1:], [*EdgeKind] * 4)]
    done = subprocess.run([program, "-Tjson0"], input=dot("a \"graph\"", names, edges, {"node": 'a "kind"'}), capture_output=True,
                          text=True, timeout=60, check=True)
    found = json.loads(done.stdout)
    assert len([item for item in found["objects"] if not item["name"].startswith("cluster_")]) == len(names)
    assert len(found["edges"]) == len(edges)
