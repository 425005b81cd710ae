"""Simulated worlds under random calls: deterministic, typed, and readers see what writers did."""

import json
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from simulated import NOW, plan_of, simulation

from magnetc.diagnostics import Sink
from magnetc.frontend import load
from magnetc.ir.conform import violations

RECIPE = Path(__file__).parents[1] / "data" / "recipes" / "errands"
SPEC = load(RECIPE, Sink(), {})
CLASS = simulation(plan_of((RECIPE / "errands.magnet").read_text(encoding="utf-8")))
WHICH = st.integers(0, 30)
CALLS = st.lists(st.one_of(
    st.tuples(st.just("add_task"), st.fixed_dictionaries({"subject": st.text(max_size=20)}, optional={"priority": st.sampled_from(["low", "high"])})),
    st.tuples(st.just("list_tasks"), st.fixed_dictionaries({"priority": st.sampled_from(["low", "normal", "high"])})),
    st.tuples(st.sampled_from(["get_task", "complete_task", "remove_task"]), st.fixed_dictionaries({"task_id": WHICH})),
    st.tuples(st.just("set_priority"), st.fixed_dictionaries({"task_id": WHICH, "new_priority": st.sampled_from(["low", "normal", "high"])})),
    st.tuples(st.just("order_delivery"), st.fixed_dictionaries({"goods": st.sampled_from(["flowers", "medicine"]),
                                                                "parcels": st.integers(0, 6), "day": st.just("2026-05-09")})),
    st.tuples(st.sampled_from(["track_delivery", "cancel_delivery"]), st.fixed_dictionaries({"delivery_id": WHICH})),
), max_size=12)


def made(world, calls):
    """What the calls give. A number that stands for an id is one that there is, or was, or never was."""
    ids, results = {"task_id": list(world.state()["entities"]["TaskId"]), "delivery_id": ["DL00000"]}, []
    for name, arguments in calls:
        given_ = {key: ids[key][value % len(ids[key])] if key in ids else value for key, value in arguments.items()}
        try:
            result = getattr(world, name)(**given_)
        except Exception as error:
            results.append((name, given_, None, str(error)))
            continue
        for key in ids:
            if key in result and result[key] not in ids[key]:
                ids[key].append(result[key])
        results.append((name, given_, result, ""))
    return results


@given(calls=CALLS, seed=st.integers(0, 5))
@settings(max_examples=60, deadline=None)
def test_the_same_calls_give_the_same_results_of_their_types(calls, seed):
    first, again = CLASS(None, seed, NOW), CLASS(None, seed, NOW)
    results = made(first, calls)
    assert made(again, calls) == results
    assert first.state() == again.state()
    for name, _, result, _ in results:
        if result is not None:
            assert violations(result, SPEC.tool[name].returns, SPEC.type_table) == []
    restored = CLASS(json.loads(json.dumps(first.state())), seed, NOW)
    assert made(restored, calls) == made(first, calls)


@given(calls=CALLS)
@settings(max_examples=60, deadline=None)
def test_readers_see_what_writers_did(calls):
    world = CLASS(None, 3, NOW)
    known = {}
    for name, arguments, result, _ in made(world, calls):
        if result is None:
            continue
        if name == "add_task":
            known[result["task_id"]] = {"subject": arguments["subject"], "priority": arguments.get("priority", "normal"), "due": result["due"],
                                        "state": "open"}
        elif name == "complete_task" and arguments["task_id"] in known:
            known[arguments["task_id"]]["state"] = "completed"
        elif name == "set_priority" and arguments["task_id"] in known:
            known[arguments["task_id"]]["priority"] = arguments["new_priority"]
        elif name == "remove_task":
            known.pop(arguments["task_id"], None)
    for identity, fields in known.items():
        assert world.get_task(task_id=identity) == fields
    for priority in ("low", "normal", "high"):
        listed = {task["task_id"] for task in world.list_tasks(priority=priority)["tasks"]}
        mine = [identity for identity, fields in known.items() if fields["priority"] == priority]
        assert set(mine[-5:]) <= listed or len(mine) > 5


@given(calls=CALLS)
@settings(max_examples=40, deadline=None)
def test_reads_and_refusals_change_nothing(calls):
    world = CLASS(None, 3, NOW)
    for call in calls:
        before = json.dumps(world.state())
        ((name, _, result, _),) = made(world, [call])
        if result is None or name in ("list_tasks", "get_task", "track_delivery"):
            assert json.dumps(world.state()) == before
