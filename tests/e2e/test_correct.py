"""Conversations in which users change their mind: the call takes what they said last, and no certificate can say otherwise."""

import json
import shutil
from copy import deepcopy

import pytest
from dataset import RECIPES, failing, forge, magnetc, rows, verify
from tampering import put

from magnetc.ir.json import wire

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def corrected(own_home, tmp_path_factory):
    folder = shutil.copytree(RECIPES / "counter", tmp_path_factory.mktemp("correct") / "counter")
    spec = folder / "counter.magnet"
    spec.write_text(spec.read_text().replace("operations {", "operations {\n  correct(before=0.9)", 1))
    out = folder.parent / "out"
    result = magnetc("build", folder, "--trust", "--paths", 60, "-o", out)
    assert result.exit_code == 0, result.output
    return out


def taken_back(row):
    """(call, pointer, entry) of each argument that was corrected."""
    for call, entries in row["certificate"]["arguments"].items():
        for pointer, entry in entries.items():
            if "superseded" in entry:
                yield call, pointer, entry


def arguments(row, call):
    made = (c for m in row.get("messages") or row["prompt"] + row["chosen"] for c in m.get("tool_calls", ()))
    return json.loads(next(c for c in made if c["id"] == call)["function"]["arguments"])


def test_every_proof_holds(corrected):
    assert verify(corrected)["failures"] == []


def test_the_call_takes_what_was_said_last(corrected):
    answers = 0
    for row in rows(corrected, "sft/"):
        found = list(taken_back(row))
        assert len(found) <= 1
        for call, pointer, entry in found:
            users = [m["content"] for m in row["messages"] if m["role"] == "user"]
            words, old = users[entry["user"]], entry["superseded"]
            given = arguments(row, call)[pointer[1:]]
            assert given != old["value"]
            assert type(given) is type(old["value"])
            assert words.index(old["said"]) < words.rindex(entry["said"])
            assert any(tag.startswith("correct.before@") for tag in row["tags"]["operations"])
            answers += (row["tags"]["copy_of"] or "") != "" and "miss_params" in row["id"]
    assert answers
    assert sum(bool(list(taken_back(row))) for row in rows(corrected, "sft/")) > 30
    assert {row["tags"]["locale"] for row in rows(corrected, "sft/") if list(taken_back(row))} == {"en", "fr"}


def test_a_pair_may_take_what_was_taken_back(corrected):
    """The old value stands in the conversation: whoever takes it is wrong, and invents nothing."""
    kinds = set()
    for row in rows(corrected, "preference/"):
        old = {wire(entry["superseded"]["value"]): pointer for _, pointer, entry in taken_back(row)}
        made = [c for m in row["rejected"] for c in m.get("tool_calls", ())]
        given = json.loads(made[0]["function"]["arguments"]) if made else {}
        if any(wire(given.get(pointer[1:])) == value for value, pointer in old.items()):
            kinds.add(row["fault"]["kind"])
    assert "wrong_value" in kinds
    assert "invented_value" not in kinds


def changed(row):
    """Ways to make the call take the value that was taken back, or a certificate that says so."""
    for call, pointer, entry in taken_back(row):
        old = entry["superseded"]
        for at, message in enumerate(row["messages"]):
            for number, made in enumerate(message.get("tool_calls", ())):
                if made["id"] == call:
                    copy = deepcopy(row)
                    given = json.loads(made["function"]["arguments"])
                    put(given, (pointer[1:],), old["value"])
                    copy["messages"][at]["tool_calls"][number]["function"]["arguments"] = wire(given)
                    yield from certified(copy, call, pointer, entry)
        copy = deepcopy(row)
        del copy["certificate"]["arguments"][call][pointer]["superseded"]
        yield copy
        for change in ({"value": "x"}, {"said": "nothing"}, {"said": entry["said"]}, {"value": arguments(row, call)[pointer[1:]]}):
            copy = deepcopy(row)
            copy["certificate"]["arguments"][call][pointer]["superseded"].update(change)
            yield copy
    for call, entries in row["certificate"]["arguments"].items():
        for pointer, entry in entries.items():
            if "user" in entry and "superseded" not in entry:
                copy = deepcopy(row)
                copy["certificate"]["arguments"][call][pointer]["superseded"] = {"said": entry["said"], "value": 1}
                yield copy


def certified(row, call, pointer, entry):
    """The old value in the call, its first mention as the source: with the correction in the certificate, without, as if again."""
    old = entry["superseded"]
    for source in ({"user": entry["user"], "said": old["said"]}, {**entry, "said": old["said"]},
                   {"user": entry["user"], "said": old["said"], "again": True},
                   {**entry, "said": old["said"], "superseded": {"said": entry["said"], "value": arguments(row, call)[pointer[1:]]}}):
        copy = deepcopy(row)
        copy["certificate"]["arguments"][call][pointer] = source
        yield copy


def test_the_first_mention_fools_no_proof(corrected, tmp_path):
    ids = forge(corrected, tmp_path / "out", lambda row: changed(row) if "messages" in row else ())
    found = failing(tmp_path / "out")
    assert len(ids) > 100
    assert [each for each in ids if not found.get(each, set()) & {5}] == []
