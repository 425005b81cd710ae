"""Equivalence on random programs of a small airline: any renaming of ids is none, any other change is one."""

import json
from dataclasses import replace

from airline import Airline
from hypothesis import given, settings
from hypothesis import strategies as st
from spec_small import small_spec

from magnetc.tools.worlds.equivalence import Execution, difference, equivalent

SPEC = small_spec()
CITIES = ("Oslo", "Rome", "Bern")


@st.composite
def programs(draw) -> list[tuple[str, ...]]:
    """Flights are found, then booked; bookings are read, and at times cancelled; each is named once."""
    program, flights, bookings = [], [], []
    for number in range(draw(st.integers(1, 9))):
        kinds = ["search", "budget"] + ["book"] * 2 * bool(flights) + ["read", "cancel"] * bool(bookings)
        match draw(st.sampled_from(kinds)):
            case "search":
                flights.append(f"f{number}")
                program.append(("search", flights[-1], draw(st.sampled_from(CITIES))))
            case "book":
                bookings.append(f"b{number}")
                program.append(("book", bookings[-1], draw(st.sampled_from(flights))))
            case "budget":
                program.append(("budget", str(draw(st.integers(1, 900)))))
            case kind:
                booking = draw(st.sampled_from(bookings))
                program.append((kind, booking))
                if kind == "cancel":
                    bookings.remove(booking)
    return program


@st.composite
def mints(draw):
    """Rules that say the n-th id: prefixes, permutations of the same ids, ids that begin each other."""
    order = draw(st.permutations(range(1, 12)))
    shape = draw(st.sampled_from(["B{}", "{}X", "R-{}", "B1{}", "{0}{0}"]))
    return lambda n: shape.format(order[n - 1])


def run(program, mint=lambda n: f"A{n}") -> Execution:
    return Airline(mint).run(program)


def places(value, at=()):
    """(path, value) of every leaf of a state."""
    for key, item in value.items() if isinstance(value, dict) else enumerate(value):
        if isinstance(item, (dict, list)):
            yield from places(item, (*at, key))
        else:
            yield (*at, key), item


@settings(max_examples=200)
@given(program=programs(), one=mints(), two=mints())
def test_renaming_is_no_difference(program, one, two):
    assert difference(run(program, one), run(program, two), SPEC) is None
    assert difference(run(program, two), run(program, one), SPEC) is None


@settings(max_examples=150)
@given(program=programs(), mint=mints(), data=st.data())
def test_redundant_reads_are_no_difference(program, mint, data):
    reads = [step for step in program if step[0] == "read"]
    more = list(program)
    for step in reads:
        more.insert(more.index(step), step)
    assert difference(run(program), run(more, mint), SPEC) is None
    assert difference(run(more), run(program, mint), SPEC) is None


@settings(max_examples=200)
@given(program=programs(), mint=mints(), data=st.data())
def test_another_value_in_the_state_is_a_difference(program, mint, data):
    reference, other = run(program), run(program, mint)
    at, value = data.draw(st.sampled_from(list(places(other.observed))))
    changed = json.loads(json.dumps(other.observed))
    parent = changed
    for key in at[:-1]:
        parent = parent[key]
    parent[at[-1]] = {"other": value} if value is None else value + ("x" if isinstance(value, str) else 1)
    assert difference(reference, replace(other, observed=changed), SPEC) == "state"
    assert difference(replace(other, observed=changed), reference, SPEC) == "state"


@settings(max_examples=200)
@given(program=programs(), mint=mints(), data=st.data())
def test_a_missing_write_is_a_difference(program, mint, data):
    """A write without which the rest still runs and the state is another one."""
    needed = {name for step in program for name in step[2:] + step[1:2] * (step[0] in ("read", "cancel"))}
    writes = [i for i, step in enumerate(program) if step[0] == "book" and step[1] not in needed]
    writes += [i for i, step in enumerate(program) if step[0] == "cancel"]
    if writes:
        at = data.draw(st.sampled_from(writes))
        fewer = [*program[:at], *program[at + 1 :]]
        assert not equivalent(run(program), run(fewer, mint), SPEC)
        assert not equivalent(run(fewer), run(program, mint), SPEC)


@settings(max_examples=200)
@given(program=programs(), mint=mints(), city=st.sampled_from(CITIES), data=st.data())
def test_another_argument_is_a_difference(program, mint, city, data):
    searches = [i for i, step in enumerate(program) if step[0] == "search" and step[2] != city]
    if searches:
        at = data.draw(st.sampled_from(searches))
        other = [*program[:at], ("search", program[at][1], city), *program[at + 1 :]]
        assert not equivalent(run(program), run(other, mint), SPEC)
        assert not equivalent(run(other), run(program, mint), SPEC)


@settings(max_examples=150)
@given(program=programs(), one=mints(), two=mints(), data=st.data())
def test_early_reads_are_no_difference(program, one, two, data):
    """A read moved to any place after its booking was made and before it is cancelled."""
    reads = [i for i, step in enumerate(program) if step[0] == "read"]
    if reads:
        at = data.draw(st.sampled_from(reads))
        made = next(i for i, step in enumerate(program) if step[0] == "book" and step[1] == program[at][1])
        to = data.draw(st.integers(made + 1, at))
        moved = [*program[:at], *program[at + 1 :]]
        moved.insert(to, program[at])
        assert difference(run(program, one), run(moved, two), SPEC) is None
        assert difference(run(moved, one), run(program, two), SPEC) is None
