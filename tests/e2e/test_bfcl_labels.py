"""The labels and the pairs of BFCL's ground truths belong to the package that they name."""

import json

import bfcl_truth_pairs
import graph_labels
import graph_quality
import pytest

from magnetc.build.lock import find_site_packages
from magnetc.diagnostics import MagnetError
from magnetc.tools.environments import ensure_environment

pytestmark = pytest.mark.bfcl


@pytest.fixture(scope="module")
def python():
    try:
        return ensure_environment(graph_quality.PACKAGES, lambda text: None)
    except MagnetError as error:
        pytest.skip(f"the BFCL environment cannot be made: {error}")


def test_every_function_parameter_and_kind_fits_the_documents(python):
    documents = {own["name"]: own for own in graph_quality.read_documents(find_site_packages(python))}
    labels = graph_labels.read_labels()
    assert {name for own in labels for name in (own.source, own.target)} == set(documents)
    for own in labels:
        parameters = documents[own.target]["parameters"]
        filled = {*own.values, *own.also}
        assert filled <= set(parameters["properties"]), own
        if own.kind is graph_quality.EdgeKind.FULL:
            assert set(parameters["required"]) <= filled, own


def test_names_and_types_find_as_many_pairs_as_the_documents_have(python):
    graph = graph_quality.name_graph(graph_quality.read_documents(find_site_packages(python)))
    assert len(graph.edges) == 102
    assert sum(len({flow.parameter for flow in edge.values}) for edge in graph.edges) == 134
    assert set(graph.edge) <= {(own.source, own.target) for own in graph_labels.read_labels()}


def test_the_truth_pairs_are_made_again_the_same(python):
    lines = bfcl_truth_pairs.counted(list(bfcl_truth_pairs.replay(python)), bfcl_truth_pairs.descriptions(python))
    written = bfcl_truth_pairs.TARGET.read_text(encoding="utf-8").splitlines(keepends=True)
    assert lines == [line for line in written if not line.startswith("#")]


def test_the_replay_gives_every_entry(python):
    entries = list(bfcl_truth_pairs.replay(python))
    assert len(entries) == 800
    assert all(len(own["questions"]) == len(own["calls"]) for own in entries)
    assert not [own["id"] for own in entries if '"error": "' in json.dumps(own["calls"])]
