"""A dataset in which every conversation shows invented names: it verifies, cannot be tampered with, and can be played."""

import asyncio
import json
import shutil
from itertools import count, islice

import pytest
import yaml
from dataset import LIBRARY, failing, files, forge, magnetc, rows, verify
from scripted import Reactive, Scripted, call, marked
from tampering import changed_arguments, changed_results, changed_shown, changed_structure

from magnetc.agent.play import play
from magnetc.agent.policy import Action
from magnetc.agent.score import score
from magnetc.build.opened import open_output
from magnetc.diagnostics import Sink
from magnetc.emit.exports.bfcl import write_conversation
from magnetc.emit.exports.sheet import Sheet
from magnetc.ir.presentation import Presentation, real_names
from magnetc.ir.shown import Shown

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def masked(own_home, tmp_path_factory):
    """The library with every conversation masked."""
    folder = shutil.copytree(LIBRARY, tmp_path_factory.mktemp("masked") / "recipe")
    path = folder / "operations.yaml"
    document = yaml.safe_load(path.read_text())
    document["operations"].append({"mask": {"p": 1}})
    path.write_text(yaml.safe_dump(document, sort_keys=False))
    out = folder.parent / "out"
    result = magnetc("build", folder, "--trust", "-o", out)
    assert result.exit_code == 0, result.output
    return out


@pytest.fixture(scope="module")
def opened(masked):
    return open_output(masked, Sink(), trust=True)


def played(opened, data, policy):
    async def body():
        pool = opened.pool(1)
        try:
            return await play(data, policy, pool, opened.spec, opened.states)
        finally:
            await pool.close()

    return asyncio.run(body())


def test_every_proof_holds(masked):
    assert verify(masked) == {"rows": len(list(rows(masked))), "failures": []}


def test_rows_show_invented_names_alone(masked, opened):
    real = set().union(*real_names(opened.spec)) - {"error"}
    for row in rows(masked):
        for message in row.get("messages") or row["prompt"] + row["chosen"] + row["rejected"]:
            for made in message.get("tool_calls", ()):
                assert made["function"]["name"] not in real
                assert not json.loads(made["function"]["arguments"]).keys() & real
            if message["role"] == "tool":
                assert message["name"] not in real
                assert not json.loads(message["content"]).keys() & real
        for tool in json.loads(row["tools"]):
            assert tool["function"]["name"] not in real
            assert not tool["function"]["parameters"]["properties"].keys() & real
        assert {name for entries in row["certificate"]["arguments"].values() for name in entries} <= {f"/{name}" for name in real}


def test_apart_from_names_it_is_the_same_dataset(masked, library, opened):
    plain = {row["id"]: row for row in rows(library, "sft/")}
    same = 0
    for row in rows(masked, "sft/"):
        read, other = ([Shown(opened.spec, Presentation.read(each["certificate"].get("shown", {}))).read_messages(each["messages"])]
                       for each in (row, plain.get(row["id"], row)))
        same += row["id"] in plain and read == other
    assert same >= 0.9 * len(plain)


def test_another_map_fails(masked, tmp_path):
    numbers = count()

    def some(row):
        return islice(changed_shown(row), next(numbers) % 3, None, 3)

    ids = forge(masked, tmp_path / "out", some)
    found = failing(tmp_path / "out")
    assert ids
    assert [each for each in ids if not found.get(each)] == []


@pytest.mark.parametrize("change", [changed_arguments, changed_results, changed_structure], ids=lambda change: change.__name__)
def test_another_row_fails(masked, tmp_path, change):
    numbers = count()

    def some(row):
        return islice(change(row), next(numbers) % 6, None, 6)

    ids = forge(masked, tmp_path / "out", some)
    found = failing(tmp_path / "out")
    assert ids
    assert [each for each in ids if not found.get(each)] == []


def test_who_does_what_the_rows_do_succeeds(masked, opened):
    data = marked(list(rows(masked, "sft/")))
    found = [score(one, opened.spec) for one in played(opened, data, Scripted(data))]
    assert all(one.success and one.recalled == one.reference_calls == one.made for one in found)


def test_real_names_are_unknown_to_the_player(masked, opened):
    (row,) = (row for row in islice(rows(masked, "sft/"), 1))
    reference = next(m for m in row["messages"] if m.get("tool_calls"))["tool_calls"][0]["function"]
    shown = Shown(opened.spec, Presentation.read(row["certificate"]["shown"]))
    real, given = shown.read_name(reference["name"]), json.loads(reference["arguments"])

    def answer(request):
        if request.messages[-1]["role"] == "tool":
            return Action(content="done")
        return Action(calls=((real, shown.read_arguments(real, given)), call(reference["name"], **{**given, "size": 3}).calls[0]))

    (one,) = played(opened, [row], Reactive(answer))
    first, second = one.turns[0].attempts[:2]
    assert first.result == {"error": f"unknown tool `{real}`"}
    assert second.result == {"error": f"`{reference['name']}`: there is no parameter `size`"}
    assert first.refused
    found = score(one, opened.spec)
    assert (found.recalled, found.made) == (0, 2 * len(one.turns))


def test_the_bfcl_export_has_the_real_names(masked, opened, tmp_path):
    tools = tuple(opened.spec.tool)
    for row in islice(rows(masked, "sft/"), 20):
        shown = Shown(opened.spec, Presentation.read(row["certificate"]["shown"]))
        offered = [shown.read_name(tool["function"]["name"]) for tool in json.loads(row["tools"])]
        plain = row | {"messages": shown.read_messages(row["messages"]), "tools": Shown(opened.spec).texts(offered),
                       "certificate": {}}
        written = []
        for each in (row, plain):
            with Sheet(tmp_path / f"{row['id']}-{len(written)}") as sheet:
                write_conversation([each], {"Library": {}}, opened.spec, sheet)
            written.append(files(sheet.folder))
        assert written[0] == written[1] != {}
        assert any(f"{name}(".encode() in text for name in tools for text in written[0].values())
