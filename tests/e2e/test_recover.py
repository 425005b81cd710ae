"""Conversations in which something is refused: slips are untrained history that leaves no trace, and nobody can fake one."""

import asyncio
import json
import shutil
from copy import deepcopy

import pytest
from dataset import RECIPES, failing, forge, magnetc, rows, verify
from scripted import Scripted, marked, script_of

from magnetc.agent.play import play
from magnetc.agent.score import score
from magnetc.build.opened import open_output
from magnetc.diagnostics import Sink

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def recovered(own_home, tmp_path_factory):
    folder = shutil.copytree(RECIPES / "counter", tmp_path_factory.mktemp("recover") / "counter")
    spec = folder / "counter.magnet"
    spec.write_text(spec.read_text().replace("operations {", "operations {\n  recover(slip=0.9, most=2)", 1))
    out = folder.parent / "out"
    result = magnetc("build", folder, "--trust", "--paths", 60, "-o", out)
    assert result.exit_code == 0, result.output
    return out


def slips(row):
    return row["certificate"].get("slips", {})


def messages(row):
    return row.get("messages") or row["prompt"] + row["chosen"]


def of(row, call):
    """The message of a call, and the result of it."""
    conversation = messages(row)
    at = next(i for i, m in enumerate(conversation) if any(c["id"] == call for c in m.get("tool_calls", ())))
    result = next(m for m in conversation if m.get("tool_call_id") == call)
    return conversation[at], json.loads(result["content"])


def test_every_proof_holds(recovered):
    assert verify(recovered)["failures"] == []


def test_a_slip_errs_untrained_and_is_repaired_by_a_trained_call(recovered):
    seen, skipped, twice = 0, 0, 0
    for row in rows(recovered, "sft/"):
        for call, entry in slips(row).items():
            message, result = of(row, call)
            repair, right = of(row, entry["repair"])
            assert message["weight"] == 0
            assert len(message["tool_calls"]) == 1
            assert "error" in result
            assert "error" not in right
            assert repair["weight"] == 1 or row["messages"][-1]["weight"] == 1
            assert call not in row["certificate"]["arguments"]
            seen += 1
            skipped += "at" not in entry
        count = [entry["repair"] for entry in slips(row).values()]
        assert all(count.count(repair) <= 2 for repair in count)
        assert bool(count) <= any(tag.startswith("recover.slip@") for tag in row["tags"]["operations"])
        twice += len(count) > len(set(count))
    assert seen > 30
    assert skipped
    assert twice


def test_a_copy_slips_as_its_base_does(recovered):
    made = {}
    for row in rows(recovered, "sft/"):
        if not row["tags"]["copy_of"]:
            made[row["id"]] = [of(row, call)[0]["tool_calls"] for call in slips(row)]
    copies = [row for row in rows(recovered, "sft/") if row["tags"]["copy_of"] and row["tags"]["copy_of"] in made and slips(row)]
    assert copies
    for row in copies:
        assert [of(row, call)[0]["tool_calls"] for call in slips(row)] == made[row["tags"]["copy_of"]]


def test_pairs_have_slips_before_their_fault_alone(recovered):
    behind = 0
    for row in rows(recovered, "preference/"):
        shared = {c["id"] for m in row["prompt"] for c in m.get("tool_calls", ())}
        assert set(slips(row)) <= shared
        behind += bool(slips(row))
        assert not any(m["weight"] for m in row["rejected"] if m["role"] == "assistant")
    assert behind


def without_slips(row, script):
    """What the agent of the row does, its slips aside."""
    kept = [m for m in row["messages"] if not any(made["id"] in slips(row) for made in m.get("tool_calls", ()))]
    return script_of({"messages": kept})


def test_the_right_calls_alone_succeed(recovered):
    """A slip need not be repeated, and is no failure where it is repaired."""
    opened = open_output(recovered, Sink(), trust=True)
    data = marked(list(rows(recovered, "sft/")))

    async def body(policy):
        pool = opened.pool(1)
        try:
            return [score(one, opened.spec) for one in await play(data, policy, pool, opened.spec, opened.states)]
        finally:
            await pool.close()

    found = asyncio.run(body(Scripted(data, without_slips)))
    assert all(one.success and one.recalled == one.reference_calls == one.made for one in found)
    again = asyncio.run(body(Scripted(data)))
    assert all(one.success and one.recalled == one.reference_calls for one in again)
    assert sum(one.made - one.reference_calls for one in again) == sum(
        sum(bool(of(row, call)[0]["weight"] or of(row, entry["repair"])[0]["weight"]) for call, entry in slips(row).items()) for row in data)


def changed(row):
    """Ways to make a slip pass for what it is not, or something else for a slip."""
    for call, entry in slips(row).items():
        for at, message in enumerate(row["messages"]):
            if any(made["id"] == call for made in message.get("tool_calls", ())):
                copy = deepcopy(row)
                copy["messages"][at]["weight"] = 1
                yield copy
        copy = deepcopy(row)
        del copy["certificate"]["slips"][call]
        yield copy
        for other in (call, "call_77", *row["certificate"]["arguments"]):
            if other != entry["repair"]:
                copy = deepcopy(row)
                copy["certificate"]["slips"][call]["repair"] = other
                yield copy
        for at in ("/card", None):
            copy = deepcopy(row)
            copy["certificate"]["slips"][call].update(at=at)
            yield copy
    for call, entries in row["certificate"]["arguments"].items():
        copy = deepcopy(row)
        copy["certificate"].setdefault("slips", {})[call] = {"repair": call, "at": next(iter(entries), "")}
        yield copy
        copy = deepcopy(copy)
        del copy["certificate"]["arguments"][call]
        yield copy


def test_nobody_fakes_a_slip(recovered, tmp_path):
    def change(row):
        return changed(row) if "messages" in row else ()

    ids = forge(recovered, tmp_path / "out", change)
    found = failing(tmp_path / "out")
    assert len(ids) > 100
    assert [each for each in ids if not found.get(each, set()) & {2, 3}] == []
