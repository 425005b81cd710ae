"""Automaton, product and the diagnosis of paths that no walk can satisfy."""

from dataclasses import replace
from itertools import product as sequences

import pytest
from spec_small import pattern, record, small_spec, tool, with_path

from magnetc.ir.spec import GraphSpec, Link, PathSpec
from magnetc.passes.automaton import PatternAutomaton
from magnetc.passes.conflict import check_paths
from magnetc.passes.constraints import violation
from magnetc.passes.context import CompileContext
from magnetc.source import Origin

NAMES = ("a", "b", "c", "d")
TOOLS = (tool("a", record(session="Session")), tool("b"), tool("c", session="Session"), tool("d"))
LINKS = (Link(source="a", target="b"), Link(source="b", target="d"))


def context_of(links=LINKS, **path):
    bare = replace(small_spec(), tools=TOOLS, turns=(), graph=GraphSpec(links=links),
                   paths=(PathSpec(name="p", origin=Origin("r.yaml", "/paths/p"), **path),))
    return CompileContext(bare)


@pytest.mark.parametrize(("text", "yes", "no"), [
    ("sign_in+ (get_zipcode | list_cities) _*", ["sg", "ssl", "sgxx"], ["s", "gs", ""]),
    ("list_cities? get_zipcode*", ["", "l", "lgg", "g"], ["ll", "gl"]),
])
def test_patterns_accept_what_they_say(text, yes, no):
    names = {"s": "sign_in", "g": "get_zipcode", "l": "list_cities", "x": "set_budget"}
    automaton = PatternAutomaton(pattern(text))

    def accepts(word):
        state = automaton.start
        for letter in word:
            state = automaton.step(state, names[letter])
        return automaton.accepting(state)

    assert all(accepts(word) for word in yes)
    assert not any(accepts(word) for word in no)


@pytest.mark.parametrize("path", [
    {"turns": (2, 4)},
    {"turns": (1, 4), "start": ("d", "a")},
    {"turns": (2, 4), "forbid": (("d", "b"),), "at_most": ((1, "a"),)},
    {"turns": (3, 3), "require": (("d", "c"),), "at_most": ((1, "d"), (1, "b"))},
    {"turns": (1, 4), "within": ("a", "b"), "forbid": (("a", "b"),)},
])
def test_every_walk_the_rule_can_make_ends_and_holds(path):
    """Follow all choices of every length: none dead-ends, and each result keeps the constraints."""
    walks = context_of(**path).product("p", "en")
    constraints = walks.automaton.constraints
    for length in walks.lengths():
        stack = [((tool,), walks.automaton.step(walks.automaton.start(), tool)) for tool in walks.openings(length)]
        assert stack
        while stack:
            walk, state = stack.pop()
            if len(walk) == length:
                assert walks.automaton.accepts(state, length)
                assert violation(constraints, walk) is None
                continue
            following = walks.steps(walk, state, length - len(walk))
            assert following, f"dead end after {walk}"
            stack += [((*walk, tool), walks.automaton.step(state, tool)) for tool in following]


@pytest.mark.parametrize("path", [{"turns": (1, 4)}, {"turns": (1, 4), "forbid": (("a", "d"),), "require": (("d", "c"),)}])
def test_automaton_and_constraint_check_agree(path):
    walks = context_of(**path).product("p", "en")
    for length in range(1, 5):
        for walk in sequences(NAMES, repeat=length):
            state = walks.automaton.start()
            for name in walk:
                state = state and walks.automaton.step(state, name)
            assert (state is not None) == (violation(walks.automaton.constraints, walk) is None), walk


def test_no_walk_is_reported_with_an_irreducible_set():
    context = context_of(turns=(2, 4), at_most=((1, "b"), (2, "a")), pattern=pattern_of("b b"), pattern_text="b b")
    (diagnostic,) = check_paths(context)
    assert diagnostic.code == "MG320"
    assert "no walk can satisfy path `p`" in diagnostic.message
    assert diagnostic.notes == ("these cannot hold together: at most 1 of `b`; pattern `b b`",)
    assert diagnostic.primary.at.pointer == "/paths/p/at_most/0"
    assert diagnostic.secondary[0].at.pointer == "/paths/p/pattern"


def pattern_of(text):
    from magnetc.diagnostics import Sink
    from magnetc.frontend.pattern import parse_pattern

    return parse_pattern(text, Sink(), Origin("", ""), {name: (name,) for name in NAMES})


def test_each_clause_of_a_conflict_matters():
    path = {"turns": (2, 3), "start": ("c",), "within": ("a", "c"), "at_most": ((1, "a"),)}
    (diagnostic,) = check_paths(context_of(**path))
    note = diagnostic.notes[0]
    assert "start in `c`" in note
    assert "`c.session` takes `Session`, which only `a` can give" in note
    assert "at most" not in note
    assert "within" not in note


def test_a_value_without_producer_is_named():
    lonely = replace(small_spec(), tools=(tool("c", session="Session"),), turns=(), graph=GraphSpec(), paths=(PathSpec(name="p"),))
    (diagnostic,) = check_paths(CompileContext(lonely))
    assert diagnostic.notes == ("this cannot hold on the graph: `c.session` takes `Session`, which no tool can give",)


def test_the_small_spec_has_walks():
    assert check_paths(CompileContext(small_spec())) == []
    narrow = with_path(small_spec(), PathSpec(name="errands", turns=(2, 2), within=("list_bookings",), origin=Origin("r", "/p")))
    notes = [d.notes[0] for d in check_paths(CompileContext(narrow))]
    assert len(notes) == 1
    assert "`fr`" in notes[0]
