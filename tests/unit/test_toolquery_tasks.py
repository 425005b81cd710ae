"""The 60 tasks of our own: their answers and subgoals follow from calls in the shipped world, and nothing about them moves."""

import asyncio
import json
from collections import Counter
from pathlib import Path

import pytest
from toolquery import SPEC, records
from toolquery_answers import cleaned, derive

from magnetc.build.worlds import recipe_pool
from magnetc.eval.toolquery.environment import Tools, own_spec
from magnetc.eval.toolquery.tasks import FAMILIES, OURS, own_tasks
from magnetc.tools.worlds.protocol import Reset, Run, Step

DIGEST = "e7cd540e42c7"
"""Of the set. A change of a task, or of what the world answers, makes another set: give it another name."""

SHOWN = "6bdcc1495e30"
"""Of what agents are shown: another description of a tool, another message of the system, and scores no longer compare."""

WEATHER_SPAN = ("latitude", "longitude", "start_date", "end_date")
TOOLQUERY = {
    "weather": {
        "get_user_current_date": (), "get_user_current_location": (), "get_latitude_longitude": ("name",), "get_elevation": ("latitude", "longitude"),
        "get_distance": ("latitude1", "longitude1", "latitude2", "longitude2"), "get_air_quality_level": ("air_quality_index",),
        **{f"get_historical_{what}": WEATHER_SPAN for what in ("temp", "rain", "snow", "air_quality_index")},
        **{f"get_{what}_forecast": WEATHER_SPAN for what in ("temp", "rain", "snow")},
        **{f"get_current_{what}": ("latitude", "longitude", "current_date") for what in ("temp", "rain", "snow", "air_quality_index")}},
    "movie": {
        "get_search_movie": ("movie_name",), "get_search_person": ("person_name",),
        **{f"get_movie_{what}": ("movie_id",) for what in ("details", "production_companies", "production_countries", "cast", "crew", "keywords",
                                                           "alternative_titles", "translation")},
        **{f"get_person_{what}": ("person_id",) for what in ("details", "cast", "crew", "external_ids")}},
    "academia": {
        "loadPaperNet": (), "loadAuthorNet": (), "neighbourCheck": ("graph", "node"), "paperNodeCheck": ("node",), "authorNodeCheck": ("node",),
        "authorEdgeCheck": ("node1", "node2"), "paperEdgeCheck": ("node1", "node2")},
}
COMMON = {"check_valid_actions": (), "finish": ("answer",)}


@pytest.fixture(scope="module")
def spec():
    return own_spec()


@pytest.fixture(scope="module")
def executed(spec):
    """Results of the calls of each task, by its id."""
    tasks = records()

    async def body():
        pool = recipe_pool(spec.recipe, SPEC, print, 1)
        try:
            async with pool.world() as world:
                first = (await world.reset(Reset(now=spec.recipe.world.now), full=True)).state
                runs = [Run(start=Reset(now=spec.recipe.world.now, state={**first, **task.get("init", {}), "family": task["family"]}),
                            programs=[[Step(call=call["name"], args=call["arguments"]) for call in task["calls"]]]) for task in tasks]
                return [outcome for (outcome,) in await world.run_all(runs)]
        finally:
            await pool.close()

    outcomes = asyncio.run(body())
    assert [task["id"] for task, outcome in zip(tasks, outcomes) if not outcome.ok] == []
    return {task["id"]: list(outcome.results) for task, outcome in zip(tasks, outcomes)}


def test_there_are_twenty_of_each_family_and_none_has_moved():
    chosen = own_tasks()
    assert Counter(task.family for task in chosen.tasks) == dict.fromkeys(FAMILIES, 20)
    assert len({task.id for task in chosen.tasks}) == len({task.goal for task in chosen.tasks}) == 60
    assert (chosen.name, chosen.digest) == (OURS, DIGEST)
    assert all(task.difficulty == ("hard" if len(task.subgoals) > 4 else "easy") for task in chosen.tasks)
    assert DIGEST in (Path(__file__).parents[2] / "docs" / "evaluation.md").read_text(encoding="utf-8")


def test_agents_see_the_tools_of_toolquery_by_name_and_parameters(spec):
    for family in FAMILIES:
        shown = {tool["function"]["name"]: tuple(tool["function"]["parameters"]["properties"]) for tool in json.loads(Tools(spec).of(family)[1])}
        assert shown == TOOLQUERY[family] | COMMON
        assert {name: set(given) for name, given in Tools(spec).of(family)[0].items()} == {name: set(given) for name, given in shown.items()}


def test_what_agents_are_shown_has_not_moved(spec):
    assert Tools(spec).digest() == SHOWN


@pytest.mark.parametrize("task", records(), ids=lambda task: task["id"])
def test_answers_and_subgoals_follow_from_the_calls(task, executed):
    results = executed[task["id"]]
    answer = derive(task["how"], results)
    assert answer == task["answer"]
    assert task["answer"] not in ([], None, "")
    assert task["subgoals"] == [*(cleaned(task["family"], result) for result in results), answer]
    assert {call["name"] for call in task["calls"]} <= TOOLQUERY[task["family"]].keys()


def test_no_value_is_asked_for_by_an_id_that_only_a_tool_tells():
    for task in records():
        ids = {value for call in task["calls"] for key, value in call["arguments"].items() if key.endswith("_id")}
        assert not [value for value in ids if value in task["goal"]]
