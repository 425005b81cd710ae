"""Arguments that belong together come from one entry of the world's state."""

from dataclasses import replace
from operator import eq, ge, gt, le, lt, ne

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_schema_types import loaded

from magnetc.ir.signature import Constraint, FunctionSignature, Parameter, StateEntry
from magnetc.ir.types import Ref
from magnetc.teachers.offline.constraints import compares, satisfied
from magnetc.teachers.offline.entries import agreeing, draw_entry, some_entry_fits

TYPES = "type Port = string\ntype Seats = integer range 1..6\ntype Id = string minted\n"
TOOL = "tool sail(origin: Port, destination: Port, seats: Seats = 1, id?: Id, more?: [Port]) -> {{fare: number}} reads {{ {} }}\n"

SAIL = FunctionSignature(
    name="sail", parameters=tuple(Parameter(name=name, type=Ref("Port")) for name in ("origin", "destination", "seats")),
    entries=(StateEntry(pattern="/sailings/*", alias="s", fields=(("origin", "/from"), ("destination", "/to"))),),
    where=(Constraint("seats", "<=", "left", entry="s"), Constraint("origin", "!=", "destination")))
PORTS = st.sampled_from(["a", "b", "c"])
SAILINGS = st.lists(st.fixed_dictionaries({"from": PORTS, "left": st.integers(0, 4)}, optional={"to": PORTS | st.none()}), max_size=5)


@given(sailings=SAILINGS, known=st.dictionaries(st.sampled_from(["origin", "destination"]), PORTS, max_size=2), seats=st.integers(0, 4),
       key=st.integers())
@settings(deadline=None)
def test_what_is_bound_together_belongs_to_one_entry(sailings, known, seats, key):
    state = {"/sailings/*": sailings}
    found = agreeing(SAIL, SAIL.entries[0], {**known, "seats": seats}, state)
    wanted = [each for each in sailings if each.get("to") and each["left"] >= seats
              and known.get("origin", each["from"]) == each["from"] and known.get("destination", each["to"]) == each["to"]]
    assert bool(found) == bool(wanted)
    if found:
        drawn = draw_entry(found, key)
        assert {"from": drawn["origin"], "to": drawn["destination"]} in [{"from": each["from"], "to": each["to"]} for each in wanted]
        assert drawn == draw_entry(found, key)
        assert some_entry_fits(SAIL, {**drawn, "seats": seats}, state)


@given(sailings=SAILINGS, origin=PORTS, destination=PORTS, seats=st.integers(0, 4))
def test_arguments_that_no_entry_can_be_are_refused_where_one_could(sailings, origin, destination, seats):
    own = [each for each in sailings if (each["from"], each.get("to")) == (origin, destination)]
    fits = some_entry_fits(SAIL, {"origin": origin, "destination": destination, "seats": seats}, {"/sailings/*": sailings})
    assert fits == (not own or any(each["left"] >= seats for each in own))


@given(left=st.integers() | st.text(max_size=2), right=st.integers() | st.text(max_size=2))
def test_values_compare_as_they_do_anywhere_and_unlike_ones_have_no_order(left, right):
    for op, means in {"==": eq, "!=": ne, "<": lt, "<=": le, ">": gt, ">=": ge}.items():
        alike = op in ("==", "!=") or type(left) is type(right)
        assert compares(left, op, right) == (alike and means(left, right))


def test_conditions_on_entries_are_for_who_knows_the_state():
    assert satisfied(SAIL, {"origin": "a", "destination": "b", "seats": 9})
    assert not satisfied(SAIL, {"origin": "a", "destination": "a", "seats": 0})
    assert not satisfied(replace(SAIL, where=(Constraint("seats", "<", "3", literal=True),)), {"seats": 3})


def test_an_entry_is_read_from_both_syntaxes(tmp_path):
    dsl = TOOL.format('from state "/sailings/*" as s {origin: from, destination: "/route/to", seats}\n  where seats <= s.left')
    spec, sink = loaded(tmp_path, ("a.magnet", TYPES + dsl))
    assert spec, sink.diagnostics
    tool = spec.tool["sail"]
    assert tool.entries == (StateEntry(pattern="/sailings/*", alias="s", fields=(
        ("origin", "/from"), ("destination", "/route/to"), ("seats", "/seats"))),)
    assert tool.where == (Constraint("seats", "<=", "left", entry="s"),)
    assert tool.entry_of("seats") == tool.entries[0]
    assert tool.entry_of("id") is None


@pytest.mark.parametrize(("body", "code", "words"), [
    ('from state "/s/*" as s {origin: from, origen: to}', "MG204", "`origen`"),
    ('from state "/s/*" as s {origin: from}\n  from state "/t/*" as t {origin}', "MG228", "from two entries"),
    ('from state "/s/*" as s {origin: from}\n  from state "/t/*" as s {destination}', "MG228", "are called `s`"),
    ('from state "/s/*" as s {id}', "MG224", "minted"),
    ('from state "/s/*" as s {more}', "MG228", "`[Port]`"),
    ('from state "/s/*" as s {origin}\n  where seats <= f.left', "MG228", "unknown entry `f`"),
    ('from state "/s/*" as s {origin}\n  where seatz <= s.left', "MG204", "`seatz`"),
])
def test_what_is_wrong_with_an_entry(body, code, words, tmp_path):
    spec, sink = loaded(tmp_path, ("a.magnet", TYPES + TOOL.format(body)))
    assert spec is None
    ((found, message),) = [(each.code, each.message) for each in sink.diagnostics if each.severity.name == "ERROR"]
    assert found == code
    assert words in message


def test_a_bound_parameter_needs_no_values_of_its_own(tmp_path):
    _, sink = loaded(tmp_path, ("a.magnet", TYPES + TOOL.format('"Sail."')))
    assert [each.code for each in sink.diagnostics if each.code == "MG211"]
    _, sink = loaded(tmp_path, ("a.magnet", TYPES + TOOL.format('from state "/s/*" as s {origin: from, destination: to}')))
    assert not [each.code for each in sink.diagnostics if each.code == "MG211"]
