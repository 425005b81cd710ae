"""Edges that a teacher proposes: voted for, checked as an author's links are, and written with the votes for review."""

import json

import pytest
from dataset import LIBRARY, magnetc
from running import teacher
from test_draft_types import ask, bare, errors, linked, set_teacher  # noqa: F401  # fixtures

pytestmark = pytest.mark.slow

RECIPE = """kind: recipe
name: harbour
version: 0.1.0
include: [tools.yaml]
seed: 1
world: {simulated: {}, now: "2026-05-04T10:00:00Z"}
teacher: offline
"""
TOOLS = """kind: tools
tools:
  open_gate: {description: Open the harbour gate before close_gate., returns: {gate: string}}
  close_gate: {description: Close the harbour gate before open_gate., returns: {gate: string}}
  ring_gate: {description: Ring at the harbour gate., parameters: {gate: {type: string, optional: true}}}
"""


@pytest.fixture
def unlinked(linked):  # noqa: F811
    """The bare library, sound, with no edge that carries an id of a loan."""
    (linked / "graph.yaml").write_text("kind: graph\ninfer: [typed]\nlinks: [{from: find_books.books.book_id, to: borrow_book.book_id}]\n"
                                       "unlinks: [{from: borrow_book, to: return_book}]\n", encoding="utf-8")
    return linked


def links(folder):
    return {(each["source"], each["target"]) for each in json.loads(magnetc("graph", folder, "--json").stdout)["edges"]}


@pytest.mark.parametrize("faults", [0.0, 0.3])
def test_links_are_proposed_checked_and_used(unlinked, tmp_path, faults):
    before = links(unlinked)
    with teacher(faults=faults) as server:
        ask(unlinked, server.url)
        drafted = magnetc("draft", "edges", unlinked, "--votes", 2, "--json")
        assert drafted.exit_code == 0, drafted.output
        paid = server.stats()["requests"]
        again = magnetc("draft", "edges", unlinked, "--votes", 2)
        assert again.exit_code == 0, again.output
        assert server.stats()["requests"] == paid, "what was voted on is in the journal"
    made = json.loads(drafted.stdout)["drafted"]
    assert [(each["from"], each["to"]) for each in made] == [("borrow_book.loan_id", "renew_loan.loan_id")], "no edge that is unlinked"
    text = (unlinked / "graph" / "draft.magnet").read_text(encoding="utf-8")
    assert "  # 2 of 2 votes: they share values by name\n  link borrow_book.loan_id -> renew_loan.loan_id\n" in text
    assert links(unlinked) - before == {("borrow_book", "renew_loan")}
    assert errors(unlinked) == 0
    set_teacher(unlinked, "offline")
    assert magnetc("build", unlinked, "--trust", "--paths", 4, "-o", tmp_path / "out").exit_code == 0


def test_a_vote_of_the_lock_is_not_paid_for_twice(unlinked):
    path = unlinked / "graph.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("[typed]", "[typed, judged]"), encoding="utf-8")
    with teacher() as server:
        ask(unlinked, server.url)
        assert magnetc("lock", unlinked, "--judge", "--votes", 1).exit_code == 0
        paid = server.stats()["requests"]
        (unlinked / "magnetc.lock").unlink()
        assert magnetc("draft", "edges", unlinked, "--votes", 1).exit_code == 0
        assert server.stats()["requests"] == paid


def test_an_order_that_goes_round_in_a_circle_is_refused_with_the_reason(own_home, tmp_path):
    (tmp_path / "recipe.yaml").write_text(RECIPE, encoding="utf-8")
    (tmp_path / "tools.yaml").write_text(TOOLS, encoding="utf-8")
    with teacher() as server:
        ask(tmp_path, server.url)
        result = magnetc("draft", "edges", tmp_path)
    assert result.exit_code == 1
    assert "prerequisites go round in a circle" in result.stderr
    text = (tmp_path / "graph" / "draft.magnet").read_text(encoding="utf-8")
    assert text.count(" ~> ") == 1, "the first one holds"
    assert "link open_gate.gate -> ring_gate.gate" in text
    assert errors(tmp_path) == 0


def test_votes_that_cannot_be_read_are_told(unlinked):
    with teacher(faults=1.0, only=("invented",)) as server:
        ask(unlinked, server.url)
        result = magnetc("draft", "edges", unlinked, "--votes", 1, "--tool", "renew_loan")
    assert result.exit_code == 1
    assert "no vote could be read" in result.stderr
    assert "has no parameter `made_up`" in result.stderr
    assert not (unlinked / "graph").exists()


def test_a_recipe_with_errors_is_not_asked_about(bare):  # noqa: F811
    assert magnetc("draft", "edges", bare).exit_code == 1
    assert LIBRARY.is_dir()
