"""`magnetc lock --probe`: findings in the lock, read back into the graph, stale when tools or code change."""

import json
import re
import shutil

import pytest
from dataset import RECIPES, magnetc

from magnetc.build.compile import compile_recipe
from magnetc.diagnostics import Sink
from magnetc.diagnostics.explain import explain
from magnetc.ir.graph import EdgeKind

FENCE = re.compile(r"^```\w+ (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PROBED = ("lock", "--probe", "--trust", "--jobs", "2")


@pytest.fixture(scope="module")
def probed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("planted") / "recipe"
    shutil.copytree(RECIPES / "planted", folder, ignore=shutil.ignore_patterns("__pycache__"))
    return folder, magnetc(*PROBED, folder)


@pytest.fixture
def recipe(probed, tmp_path):
    return shutil.copytree(probed[0], tmp_path / "recipe")


def graph_of(folder):
    sink = Sink()
    context = compile_recipe(folder, sink)
    return context, {diagnostic.code: diagnostic for diagnostic in sink.diagnostics if diagnostic.code not in ("MG211", "MG411")}


def change(folder, name, old, new):
    text = (folder / name).read_text(encoding="utf-8")
    assert old in text
    (folder / name).write_text(text.replace(old, new), encoding="utf-8")


def test_the_command_says_what_was_not_proven(probed):
    result = probed[1]
    assert result.exit_code == 0
    assert "refuted  find_person/room -> visit.room" in result.output
    assert "untried  visit/visit_id -> end_visit.visit_id: `end_visit` answers: visits do not end" in result.output
    assert "17 value flows: 10 proven, 4 refuted, 3 untried" in result.output
    assert "MG411" not in result.output


def test_a_refuted_link_is_told_at_its_place(probed):
    output = probed[1].output
    assert output.count("[MG307]") == 1
    assert "tools.magnet:28:3" in output


def test_edges_are_marked_and_refuted_ones_keep_a_tenth_of_their_confidence(recipe):
    context, told = graph_of(recipe)
    edge = context.graph.edge
    assert edge["find_person", "greet"].proven is True
    assert (edge["list_people", "ring"].proven, edge["list_people", "ring"].confidence) == (False, 0.1)
    assert edge["find_person", "visit"].proven is True       # by one of its two values
    assert edge["visit", "end_visit"].proven is None
    assert edge["sign_in", "greet"].proven is None           # no value flows
    assert set(told) == {"MG307"}


def test_infer_probed_leaves_out_what_is_refuted_and_not_declared(recipe):
    change(recipe, "tools.magnet", "infer typed", "infer typed, probed")
    context, _ = graph_of(recipe)
    assert ("list_people", "ring") not in context.graph.edge
    assert context.graph.edge["find_person", "ring"].proven is False       # declared
    assert context.graph.edge["find_person", "visit"].kind is EdgeKind.PARTIAL
    ring = next(p for p in context.parameters["ring"] if p.name == "person_id")
    assert set(ring.outputs) == {"find_person"}


def test_another_world_makes_all_findings_stale(recipe):
    (recipe / "world.py").write_text((recipe / "world.py").read_text(encoding="utf-8") + "\n# other\n", encoding="utf-8")
    context, told = graph_of(recipe)
    assert {edge.proven for edge in context.graph.edges} == {None}
    assert set(told) == {"MG504"}
    assert told["MG504"].message.startswith("17 value flows")


def test_another_tool_makes_its_findings_stale(recipe):
    change(recipe, "tools.magnet", "tool greet(person_id: PersonId) ->", "tool greet(person_id: PersonId, loud?: Open) ->")
    context, told = graph_of(recipe)
    assert context.graph.edge["find_person", "greet"].proven is None
    assert context.graph.edge["find_person", "visit"].proven is True
    assert told["MG504"].message.startswith("2 value flows")


def test_words_for_readers_make_nothing_stale(recipe):
    change(recipe, "tools.magnet", "sign_in() -> {ready: Open} writes", 'sign_in() -> {ready: Open} writes {\n  "Sign in."\n}')
    assert set(graph_of(recipe)[1]) == {"MG307"}


def test_locking_tools_keeps_findings_and_probing_twice_writes_the_same(recipe):
    before = (recipe / "magnetc.lock").read_bytes()
    assert magnetc("lock", recipe).exit_code == 0
    assert (recipe / "magnetc.lock").read_bytes() == before
    assert magnetc("lock", "--probe", "--trust", "--jobs", "1", recipe).exit_code == 0
    assert (recipe / "magnetc.lock").read_bytes() == before


def test_code_that_is_not_trusted_does_not_run(recipe):
    result = magnetc("lock", "--probe", recipe)
    assert result.exit_code == 1
    assert "[MG606]" in result.output


@pytest.mark.parametrize("spoil", [lambda p: p["flows"][0].pop("finding"), lambda p: p.pop("world"),
                                   lambda p: p["flows"][0].update(finding="maybe"), lambda p: p.update(flows=3)])
def test_findings_that_cannot_be_read_are_an_error_and_written_anew(recipe, spoil):
    lock = json.loads((recipe / "magnetc.lock").read_text(encoding="utf-8"))
    spoil(lock["probes"])
    (recipe / "magnetc.lock").write_text(json.dumps(lock), encoding="utf-8")
    assert "[MG503]" in magnetc("check", recipe).output
    assert magnetc(*PROBED, recipe).exit_code == 0


@pytest.mark.parametrize("code", ["MG307", "MG504"])
def test_pages_fail_and_pass(code, tmp_path):
    for section, fails in zip(explain(code).split("## Fails\n")[1].split("## Fixed\n"), (True, False)):
        folder = tmp_path / str(fails)
        folder.mkdir()
        for name, body in FENCE.findall(section):
            (folder / name).write_text(body, encoding="utf-8")
        if code == "MG307":
            assert magnetc(*PROBED, folder).exit_code == 0
        assert (code in graph_of(folder)[1]) is fails
