"""Probing: planted flows that hold are proven, planted flows that do not are refuted, and what cannot run says why."""

import asyncio
from pathlib import Path

import pytest

from magnetc.build.compile import compile_recipe
from magnetc.diagnostics import Sink
from magnetc.ir.conform import violations
from magnetc.ir.probed import Finding
from magnetc.ir.types import EntityType, Field, ListOf, Record, Ref, TypeTable
from magnetc.probe.invent import invented
from magnetc.probe.prober import LEAST, TRIES, probe_graph
from magnetc.tools.worlds.kind import world_pool
from magnetc.translate.scenario import make_scenario

ROOT = Path(__file__).parents[2]
PLANTED = ROOT / "tests" / "data" / "recipes" / "planted"


async def probe(folder, jobs=2):
    context = compile_recipe(folder, Sink())
    world = context.spec.recipe.world
    pool = world_pool(world, folder, print, size=jobs)
    try:
        async with pool.world() as first:
            scenarios = [await make_scenario(first, context.spec, variant) for variant in range(world.variants)]
        return [found async for found in probe_graph(context, scenarios, pool, jobs)], context
    finally:
        await pool.close()


@pytest.fixture(scope="module")
def planted():
    found, context = asyncio.run(probe(PLANTED))
    assert [each.place for each in found] == [(e.source, e.target, f) for e in context.graph.edges for f in e.values]
    return {(each.source, each.target, each.flow.parameter): each for each in found}


@pytest.mark.parametrize("flow", [
    ("find_person", "greet", "person_id"),       # `greet` has to be signed in for, by a prerequisite
    ("list_people", "visit", "person_id"),       # changes only the state
    ("find_person", "invite", "person_ids"),     # one value as a list's only one
    ("visit", "issue_badge", "visit_id"),
    ("sign_in", "ring", "loud"),                 # an optional parameter, of two values
    ("find_person", "open_door", "floor"),       # the consumer's other argument takes three calls
    ("count_visits", "product", "a"),            # with the producer's own nought as `b` all products are alike
])
def test_a_consumer_that_uses_the_value_proves_the_flow(planted, flow):
    assert planted[flow].finding is Finding.PROVEN
    assert planted[flow].tries >= 1


@pytest.mark.parametrize("flow", [
    ("find_person", "ring", "person_id"),
    ("list_people", "ring", "person_id"),
    ("find_person", "visit", "room"),            # only what `visit` mints hangs on it
])
def test_a_consumer_that_ignores_the_value_refutes_the_flow(planted, flow):
    assert planted[flow].finding is Finding.REFUTED
    assert planted[flow].tries == TRIES


def test_a_consumer_that_never_accepts_the_value_is_untried_and_says_why(planted):
    found = planted["visit", "end_visit", "visit_id"]
    assert (found.finding, found.tries) == (Finding.UNTRIED, 0)
    assert found.reason == "`end_visit` answers: visits do not end"


def test_no_difference_says_nothing_where_an_argument_was_made_up(planted):
    found = planted["find_person", "log_note", "person_id"]
    assert (found.finding, found.tries) == (Finding.UNTRIED, TRIES)
    assert found.reason == "no difference, but `author` of `log_note` was made up"


@pytest.mark.parametrize(("expr", "kind"), [(Ref("boolean"), bool), (Ref("integer"), int), (Ref("number"), float), (Ref("Mail"), str),
                                            (ListOf(Ref("string")), list), (Record((Field("a", Ref("string")),)), dict)])
def test_invented_values_are_of_their_type(expr, kind):
    table = TypeTable({"Mail": EntityType(name="Mail", base="string", format="email")})
    value = invented(expr, table, 1)
    assert type(value) is kind
    assert violations(value, expr, table) == []


def test_what_tools_mint_and_what_has_a_pattern_is_not_invented():
    table = TypeTable({"Id": EntityType(name="Id", base="string", minted=True), "Zip": EntityType(name="Zip", base="string", pattern="^[0-9]$")})
    assert [invented(Ref(name), table, 1) for name in ("Id", "Zip", "object")] == [None, None, None]


def test_findings_do_not_depend_on_how_many_workers_there_are(planted):
    again, _ = asyncio.run(probe(PLANTED, jobs=1))
    assert again == list(planted.values())


def changed(tmp_path, old, new):
    """The planted recipe with another world."""
    for file in PLANTED.iterdir():
        if file.is_file():
            text = file.read_text(encoding="utf-8")
            (tmp_path / file.name).write_text(text.replace(old, new) if file.name == "world.py" else text, encoding="utf-8")
    found, _ = asyncio.run(probe(tmp_path))
    return {(each.source, each.target, each.flow.parameter): each for each in found}


def test_a_consumer_of_chance_proves_nothing(tmp_path):
    found = changed(tmp_path, '"DING" if loud else "ding"', "__import__('os').urandom(8).hex()")
    ring = found["find_person", "ring", "person_id"]
    assert ring.finding is Finding.UNTRIED
    assert ring.reason == "`ring` does not give the same result twice"


def test_a_producer_that_fails_is_told(tmp_path):
    found = changed(tmp_path, 'return {"badge_id"', 'raise ValueError("no badges")\n        return {"badge_id"')
    assert found["issue_badge", "open_door", "badge_id"].reason == "`issue_badge` answers: no badges"
    assert found["find_person", "open_door", "floor"].reason == "`issue_badge` answers: no badges"


def test_a_producer_that_returns_nothing_is_told(tmp_path):
    found = changed(tmp_path, 'return {"people": [', 'return {"people": [] and [')
    assert found["list_people", "visit", "person_id"].reason == "the result of `list_people` has nothing at `/people/*/person_id`"


@pytest.mark.parametrize("recipe", [ROOT / "examples" / "travel", pytest.param(ROOT / "specs" / "bfcl", marks=pytest.mark.bfcl)])
def test_the_shipped_recipes_hold(recipe):
    found, _ = asyncio.run(probe(recipe))
    assert [each for each in found if each.finding is not Finding.PROVEN] == []
    assert len(found) > LEAST
