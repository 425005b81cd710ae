"""Conversations in which a call comes to nothing: the user changes their mind once it is made, or the world refuses what they want.
Both calls are right and trained, what is between them is proven, and nobody can fake either."""

import asyncio
import json
import shutil
from copy import deepcopy

import pytest
from dataset import RECIPES, failing, forge, magnetc, rows, verify
from scripted import Scripted, marked
from tampering import put

from magnetc.agent.play import play
from magnetc.agent.score import score
from magnetc.build.opened import open_output
from magnetc.diagnostics import Sink
from magnetc.ir.json import wire

pytestmark = pytest.mark.slow

CHANGES = {
    "operations {": "operations {\n  correct(before=0, after=0.6)\n  recover(slip=0, environment=0.9)",
    "  forbid cancel_seats before book_seats\n": "",
    "at most 2 of book_seats": "at most 4 of book_seats",
    "at most 1 of cancel_seats": "at most 3 of cancel_seats",
}


@pytest.fixture(scope="module")
def amended(own_home, tmp_path_factory):
    folder = shutil.copytree(RECIPES / "counter", tmp_path_factory.mktemp("amended") / "counter")
    spec = folder / "counter.magnet"
    text = spec.read_text()
    for old, new in CHANGES.items():
        assert old in text
        text = text.replace(old, new, 1)
    spec.write_text(text)
    out = folder.parent / "out"
    result = magnetc("build", folder, "--trust", "--paths", 60, "-o", out)
    assert result.exit_code == 0, result.output
    return out


def messages(row):
    return row.get("messages") or row["prompt"] + row["chosen"]


def of(row, call):
    """A call by its id: tool, arguments, result, whether it is trained, and its user turn."""
    conversation = messages(row)
    at = next(i for i, m in enumerate(conversation) if any(c["id"] == call for c in m.get("tool_calls", ())))
    function = next(c["function"] for c in conversation[at]["tool_calls"] if c["id"] == call)
    result = next(json.loads(m["content"]) for m in conversation if m.get("tool_call_id") == call)
    turn = sum(m["role"] == "user" for m in conversation[:at]) - 1
    return function["name"], json.loads(function["arguments"]), result, conversation[at]["weight"], turn


def undone(row):
    """(attempt, repair, pointer) of each call that the user took back."""
    return [(entry["superseded"]["call"], call, pointer) for call, entries in row["certificate"]["arguments"].items()
            for pointer, entry in entries.items() if "superseded" in entry]


def denied(row):
    return [(attempt, entry["repair"], entry["at"]) for attempt, entry in row["certificate"].get("denied", {}).items()]


def users(row):
    return [m["content"] for m in messages(row) if m["role"] == "user"]


def test_every_proof_holds(amended):
    assert verify(amended)["failures"] == []


def test_what_is_asked_anew_differs_in_one_value(amended):
    seen, tools, locales, answers = 0, set(), set(), 0
    for row in rows(amended, "sft/"):
        for attempt, repair, pointer in (*undone(row), *denied(row)):
            name, before, _, weight, turn = of(row, attempt)
            again, after, result, trained, later = of(row, repair)
            assert name == again
            assert {key for key in before if before[key] != after[key]} == {pointer[1:]}
            assert later == turn + 1
            assert "error" not in result
            assert weight == trained == 1 or "miss_func" in row["id"]
            seen += 1
            tools.add(name)
            locales.add(row["tags"]["locale"])
            answers += "miss_params" in row["id"]
    assert seen > 40
    assert answers
    assert tools == {"find_shows", "book_seats"}
    assert locales == {"en", "fr"}


def test_what_the_user_takes_back_is_undone(amended):
    calls = 0
    for row in rows(amended, "sft/"):
        for attempt, repair, pointer in undone(row):
            name, _, result, _, turn = of(row, attempt)
            assert "error" not in result
            assert any(tag.startswith("correct.after@") for tag in row["tags"]["operations"])
            entry = row["certificate"]["arguments"][repair][pointer]
            assert entry["said"] in users(row)[turn + 1]
            made = [c["id"] for m in row["messages"] for c in m.get("tool_calls", ())]
            between = made[made.index(attempt) + 1 : made.index(repair)]
            if name == "find_shows":
                assert between == []
                continue
            (undo,) = between
            assert of(row, undo)[0] == "cancel_seats"
            assert of(row, undo)[1] == {"booking_id": result["booking_id"]}
            calls += 1
    assert calls > 5


def test_what_the_world_refuses_is_reported_in_its_own_words(amended):
    seen = 0
    for row in rows(amended, "sft/"):
        for attempt, _, _ in denied(row):
            error = of(row, attempt)[2]["error"]
            at = next(i for i, m in enumerate(row["messages"]) if m.get("tool_call_id") == attempt)
            report = row["messages"][at + 1]
            assert error.rstrip(".") in report["content"]
            assert report["content"].endswith("?")
            assert row["certificate"]["replies"][str(at + 1)] == [{"said": error.rstrip("."), "call": attempt, "at": "/error"}]
            assert row["messages"][at + 2]["role"] == "user"
            assert any(tag.startswith("recover.environment@") for tag in row["tags"]["operations"])
            seen += 1
    assert seen > 5


def test_a_copy_does_as_its_base_does(amended):
    bases = {row["id"]: row for row in rows(amended, "sft/") if not row["tags"]["copy_of"]}
    copies = [row for row in rows(amended, "sft/") if (undone(row) or denied(row)) and row["tags"]["copy_of"] in bases]
    assert copies
    for row in copies:
        base = bases[row["tags"]["copy_of"]]
        for attempt, repair, _ in (*undone(row), *denied(row)):
            assert [of(row, call)[:3] for call in (attempt, repair)] == [of(base, call)[:3] for call in (attempt, repair)]


def test_pairs_go_wrong_where_a_user_asks_anew(amended):
    """Nothing undone, the old value kept, another tool: and no pair goes wrong in a turn that the world refuses anyway."""
    kinds = set()
    for row in rows(amended, "preference/"):
        for _, repair, _ in (*undone(row), *denied(row)):
            if row["fault"]["turn"] == of(row, repair)[4]:
                kinds.add(row["fault"]["kind"])
        for attempt, _, _ in denied(row):
            assert row["fault"]["turn"] != of(row, attempt)[4]
            assert any(c["id"] == attempt for m in row["prompt"] for c in m.get("tool_calls", ()))
    assert "wrong_value" in kinds
    assert kinds & {"missing_call", "stopped_early", "wrong_order"}


def test_the_row_played_again_succeeds(amended):
    """A right call that is refused is one to make: whoever makes all calls of a row recalls them all."""
    opened = open_output(amended, Sink(), trust=True)
    data = marked([row for row in rows(amended, "sft/") if undone(row) or denied(row)])

    async def body():
        pool = opened.pool(1)
        try:
            return [score(one, opened.spec) for one in await play(data, Scripted(data), pool, opened.spec, opened.states)]
        finally:
            await pool.close()

    found = asyncio.run(body())
    assert all(one.success and one.recalled == one.reference_calls == one.made for one in found)


def edited(row, call, pointer, value):
    """The row with another value in a call."""
    copy = deepcopy(row)
    for message in copy["messages"]:
        for made in message.get("tool_calls", ()):
            if made["id"] == call:
                given = json.loads(made["function"]["arguments"])
                put(given, (pointer[1:],), value)
                made["function"]["arguments"] = wire(given)
    return copy


def certified(row, call, pointer, **change):
    """The row with another entry for an argument; None takes a key out."""
    copy = deepcopy(row)
    entry = copy["certificate"]["arguments"][call][pointer]
    entry.update(change)
    for key in [key for key, value in change.items() if value is None]:
        del entry[key]
    return copy


def changed(row):
    """Ways to keep the old value, to leave out what stands between, or to certify what is not so."""
    given = {(call, pointer): entry for call, entries in row["certificate"]["arguments"].items() for pointer, entry in entries.items()}
    for attempt, repair, pointer in undone(row):
        before, entry = of(row, attempt)[1][pointer[1:]], row["certificate"]["arguments"][attempt][pointer]
        kept = edited(row, repair, pointer, before)
        yield kept
        for source in ({"said": entry["said"]}, {"said": entry["said"], "superseded": None},
                       {"said": entry["said"], "user": entry["user"], "superseded": None, "again": True}):
            yield certified(kept, repair, pointer, **source)
        yield certified(row, repair, pointer, superseded=None)
        yield certified(row, repair, pointer, again=True)
        for other in (repair, "call_77", *(call for call, _ in given if call != attempt)):
            yield certified(row, repair, pointer, superseded={"call": other})
    for attempt, repair, pointer in denied(row):
        copy = deepcopy(row)
        del copy["certificate"]["denied"][attempt]
        yield copy
        for change in ({"repair": "call_77"}, {"repair": attempt}, {"at": "/show_id"}, {"at": ""}):
            copy = deepcopy(row)
            copy["certificate"]["denied"][attempt].update(change)
            yield copy
        yield certified(row, repair, pointer, user=0)
        yield certified(row, repair, pointer, again=True)
        copy = deepcopy(row)
        copy["certificate"].setdefault("slips", {})[attempt] = copy["certificate"]["denied"].pop(attempt)
        yield copy
    for (call, pointer), entry in given.items():
        if "superseded" not in entry and "user" in entry and not entry.get("again"):
            copy = deepcopy(row)
            copy["certificate"].setdefault("denied", {})[call] = {"repair": call, "at": pointer}
            yield copy
            earlier = [other for other, _ in given if other != call]
            yield from (certified(row, call, pointer, superseded={"call": other}) for other in earlier[:1])


def without_undo(row):
    """The conversation without the call that undoes another, and all that the certificate says of it."""
    for attempt, repair, _ in undone(row):
        made = [c["id"] for m in row["messages"] for c in m.get("tool_calls", ())]
        for undo in made[made.index(attempt) + 1 : made.index(repair)]:
            copy = deepcopy(row)
            copy["messages"] = [m for m in copy["messages"] if m.get("tool_call_id") != undo
                                and [c["id"] for c in m.get("tool_calls", ())] != [undo]]
            del copy["certificate"]["arguments"][undo]
            yield copy


def test_nobody_fakes_an_amendment(amended, tmp_path):
    ids = forge(amended, tmp_path / "out", lambda row: changed(row) if "messages" in row else ())
    found = failing(tmp_path / "out")
    assert len(ids) > 200
    assert [each for each in ids if not found.get(each, set()) & {2, 3, 5}] == []


def test_nothing_is_left_standing(amended, tmp_path):
    ids = forge(amended, tmp_path / "out", lambda row: without_undo(row) if "messages" in row else ())
    found = failing(tmp_path / "out")
    assert len(ids) > 5
    assert [each for each in ids if 2 not in found.get(each, set())] == []
