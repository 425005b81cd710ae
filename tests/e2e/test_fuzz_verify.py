"""Whatever stands in a data file: verifying it returns failures and never raises."""

import asyncio
from copy import deepcopy
from typing import Any

import pytest
from dataset import rows, sealed
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from magnetc.build.opened import read_states
from magnetc.build.read_manifest import read_manifest
from magnetc.diagnostics import Sink
from magnetc.distill.proofs.failure import Failure
from magnetc.distill.proofs.prover import Prover
from magnetc.frontend import load
from magnetc.ir.limits import Limits
from magnetc.tools.worlds.python import PythonWorld

WORDS = ["", "call_1", "assistant", "tool", "/", "/books/0", "/books/*", "en", "fr", "xx", "{}", "[]", "null", "{", "\ud800", "北", "2026-13-01"]
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 40) | st.just(10**30) | st.floats(allow_nan=True) | st.sampled_from(WORDS) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS) | st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


@pytest.fixture(scope="module")
def bench(library):
    """Rows, and a function that verifies one of them in a world that stays open."""
    loop = asyncio.new_event_loop()
    spec = load(library / "recipe", Sink(), {})
    assert spec is not None
    prover = Prover(spec, read_states(library, read_manifest(library))[0])
    world = loop.run_until_complete(PythonWorld.start(spec.recipe.world, library / "recipe", limits=Limits(seconds=2)))
    try:
        yield list(rows(library)), lambda row: loop.run_until_complete(prover.verify(row, world, None))
    finally:
        loop.run_until_complete(world.close())
        loop.close()


def places(value: Any, at: tuple = ()) -> list[tuple]:
    found = [at] if at else []
    if isinstance(value, (dict, list)):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            found += places(item, (*at, key))
    return found


def mutate(row: dict[str, Any], data: st.DataObject) -> None:
    at = data.draw(st.sampled_from(places(row)), label="place")
    parent = row
    for key in at[:-1]:
        parent = parent[key]
    match data.draw(st.sampled_from(["replace", "delete", "repeat", "swap"]), label="change"):
        case "delete":
            del parent[at[-1]]
        case "repeat" if isinstance(parent, list):
            parent.insert(at[-1], deepcopy(parent[at[-1]]))
        case "swap":
            other = data.draw(st.sampled_from(list(parent) if isinstance(parent, dict) else range(len(parent))))
            parent[at[-1]], parent[other] = parent[other], parent[at[-1]]
        case _:
            parent[at[-1]] = data.draw(VALUES, label="value")


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_mutated_rows_never_raise(bench, data):
    known, verify = bench
    row = deepcopy(data.draw(st.sampled_from(known).filter(bool), label="row"))
    for _ in range(data.draw(st.integers(1, 3))):
        mutate(row, data)
    try:
        sealed(row)
    except (KeyError, TypeError, ValueError, AttributeError):
        pass
    found = verify(row)
    assert all(isinstance(failure, Failure) for failure in found)
    assert all(str(failure).encode() for failure in found)


@settings(max_examples=150, deadline=None)
@given(row=st.dictionaries(st.sampled_from(["id", "messages", "prompt", "chosen", "rejected", "tools", "fault", "tags", "certificate"]), VALUES))
def test_made_up_rows_fail(bench, row):
    _, verify = bench
    assert verify(row)


def test_rows_as_they_are_hold(bench):
    known, verify = bench
    assert [failure for row in known for failure in verify(row)] == []
