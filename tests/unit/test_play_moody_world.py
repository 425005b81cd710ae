"""Tools that raise, stall, end the process or break the world: the loop goes on, and every other call counts."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import pytest
from scripted import Scripted, call, marked
from spec_small import small_spec, tool

from magnetc.agent.play import play
from magnetc.agent.policy import Action
from magnetc.agent.score import score
from magnetc.diagnostics import MagnetError
from magnetc.ir.json import digest
from magnetc.ir.limits import Limits
from magnetc.ir.spec import WorldSpec
from magnetc.source import Origin
from magnetc.tools.worlds.pool import WorldPool
from magnetc.tools.worlds.python_kind import PythonKind

WORLDS = Path(__file__).parents[1] / "data" / "worlds"
NOW = "2026-03-02T09:00:00Z"
WORLD = WorldSpec(python="moody:MoodyWorld", now=NOW, origin=Origin("recipe.yaml", "/world"))
SPEC = replace(small_spec(world=WORLD), tools=(
    tool("note", text="string"), tool("fail"), tool("hang"), tool("die"), tool("gone")))
EMPTY = {"notes": []}
STATES = {digest(EMPTY): EMPTY}


def row(name, *turns):
    """A row in which each turn makes its calls in one message."""
    messages = [{"role": "system", "content": "You note."}]
    for number, steps in enumerate(turns):
        calls = [{"id": f"call_{number}{i}", "type": "function", "function": {"name": f, "arguments": json.dumps(a)}}
                 for i, (f, a) in enumerate(steps)]
        messages += [{"role": "user", "content": f"{name} {number}"},
                     *([{"role": "assistant", "content": "", "tool_calls": calls, "weight": 1}] if calls else []),
                     {"role": "assistant", "content": "done" if calls else "what?", "weight": int(not calls)}]
    world = {"initial": digest(EMPTY), "seed": 1, "now": NOW, "replay": "exact"}
    return {"id": name, "messages": messages, "tools": "[" + ",".join(SPEC.tool_texts.values()) + "]",
            "tags": {"path": "notes", "operations": []}, "certificate": {"world": world}}


def noted(*texts):
    return [("note", {"text": text}) for text in texts]


ROWS = marked([row("a", noted("1", "2"), noted("3")), row("b", noted("1")), row("c", [], noted("1"))])


def scores(change, data=ROWS):
    async def body():
        pool = WorldPool(PythonKind().prepare(SPEC.recipe.world, WORLDS, print, Limits(seconds=0.5)))
        try:
            return await play(data, Scripted(data, change), pool, SPEC, STATES)
        finally:
            await pool.close()

    found = asyncio.run(body())
    return found, [score(one, SPEC) for one in found]


def errors(played):
    attempts = [attempt for turn in played.turns for attempt in turn.attempts]
    return [a.result["error"] for a in attempts if "error" in a.result]


@pytest.mark.parametrize(("name", "told", "reached"), [
    ("fail", "no", True), ("gone", "unknown tool `gone`", True), ("hang", "`hang` did not return within 0.5 s", False),
    ("die", "`die` stopped the world", False)])
def test_a_call_that_goes_wrong_leaves_the_others_as_they_are(name, told, reached):
    def change(row, script):
        if row["id"] != "a":
            return script
        first = script[0][0].calls
        return [[Action(calls=(first[0], (name, {}), first[1])), *script[0][1:]], [call(name), *script[1]]]

    played, found = scores(change)
    assert errors(played[0]) == [told, told]
    assert [a.reached for a in played[0].turns[1].attempts] == [reached, True]
    assert all(one.success and one.recalled == one.reference_calls for one in found)
    assert found[0].made == found[0].reference_calls + 2
    assert played[0].turns[0].observed == {"notes": ["1", "2"]}


def test_a_world_that_cannot_say_what_it_shows_is_no_success():
    played, found = scores(lambda row, script: [[call("note", text="secret"), *turn] for turn in script] if row["id"] == "b"
                           else script)
    assert played[1].turns[0].observed is None
    assert [one.success for one in found] == [True, False, True]


def test_a_turn_without_calls_is_asked_rightly_when_a_question_comes_and_nothing_is_called():
    _, found = scores(lambda row, script: script)
    assert [(one.asks, one.asked_rightly) for one in found] == [(0, 0), (0, 0), (1, 1)]
    _, found = scores(lambda row, script: [[Action(malformed="{"), *turn] for turn in script])
    assert [(one.asks, one.asked_rightly, one.success) for one in found] == [(0, 0, True), (0, 0, True), (1, 0, True)]
    _, found = scores(lambda row, script: [[*turn[:-1], Action(content="no")] for turn in script])
    assert [(one.asks, one.asked_rightly, one.success) for one in found] == [(0, 0, True), (0, 0, True), (1, 0, True)]
    _, found = scores(lambda row, script: [[call("note", text="1"), *script[0]], *script[1:]])
    assert [one.success for one in found] == [False, False, False]


def test_a_row_whose_own_calls_break_the_world_is_an_error():
    for name in ("hang", "die"):
        broken = marked([row("x", [(name, {})])])
        with pytest.raises(MagnetError) as caught:
            scores(lambda row, script: [[]], broken)
        assert caught.value.diagnostics[0].code == "MG602"
