"""Conversations in which nothing is to be called: proven, like their twins but for what is said, and nothing else passes."""

import asyncio
import json
import shutil
from collections import Counter
from copy import deepcopy
from pathlib import Path

import pytest
import yaml
from dataset import LIBRARY, failing, forge, magnetc, rows, verify
from scripted import Scripted, call, marked

from magnetc.agent.play import play
from magnetc.agent.score import score
from magnetc.build.opened import open_output
from magnetc.diagnostics import Sink
from magnetc.distill.proofs.prover import Prover
from magnetc.tools.worlds.world import Levels

pytestmark = pytest.mark.slow

TRAVEL = Path(__file__).parents[2] / "examples" / "travel"
KINDS = ("near", "none", "chitchat", "context", "value")


@pytest.fixture(scope="module")
def abstaining(own_home, tmp_path_factory):
    folder = shutil.copytree(TRAVEL, tmp_path_factory.mktemp("no_tool") / "travel", ignore=shutil.ignore_patterns("out*"))
    graph = folder / "graph.magnet"
    chances = ", ".join(f"{kind}=0.6" for kind in KINDS)
    graph.write_text(graph.read_text().replace("split(miss_func=0.12, miss_params=0.2)", f"no_tool({chances})", 1))
    out = folder.parent / "out"
    result = magnetc("build", folder, "--trust", "--paths", 60, "-o", out)
    assert result.exit_code == 0, result.output
    return out


@pytest.fixture(scope="module")
def conversations(abstaining):
    return {row["id"]: row for row in rows(abstaining, "sft/")}


def abstention(row):
    """(index of the message, its entry) of the row's one abstention."""
    ((index, entry),) = row["certificate"]["abstains"].items()
    return int(index), entry


def copies(conversations, kind=""):
    """(copy, its twin) of each row of a kind."""
    found = [row for row in conversations.values() if f".no_tool.{kind}" in row["id"]]
    return [(row, conversations[row["tags"]["copy_of"]]) for row in found]


def offered(row):
    return [tool["function"]["name"] for tool in json.loads(row["tools"])]


def spoken(row):
    """Messages without what training adds."""
    return [{k: v for k, v in message.items() if k != "weight"} for message in row["messages"]]


def test_every_proof_holds(abstaining):
    assert verify(abstaining)["failures"] == []


def test_every_kind_is_there_in_both_languages_and_trained(conversations):
    counts = Counter((abstention(row)[1]["kind"], row["tags"]["locale"]) for row, _ in copies(conversations))
    assert {kind for kind, _ in counts} == set(KINDS)
    assert min(sum(counts[kind, locale] for locale in ("en", "fr")) for kind in KINDS) >= 8
    assert min(sum(counts[kind, locale] for kind in KINDS) for locale in ("en", "fr")) >= 15
    for row, _ in copies(conversations):
        index, entry = abstention(row)
        assert row["messages"][index]["weight"] == 1
        assert row["id"] == f"{row['tags']['base']}.no_tool.{entry['kind']}"


def test_refusals_differ_from_their_twins_in_the_tool_alone(conversations):
    for kind in ("near", "none"):
        for row, twin in copies(conversations, kind):
            index, entry = abstention(row)
            assert spoken(row)[:index] == spoken(twin)[:index]
            assert len(row["messages"]) == index + 1
            withheld = row["certificate"]["refused"][str(index)]
            assert {call["call"] for call in entry["would"]} <= set(withheld)
            kept = [name for name in offered(twin) if name not in withheld]
            assert [name for name in offered(row) if name in kept] == kept
            assert len(set(offered(row)) - set(kept)) <= 1
            right = [m for m in twin["messages"][index:] if m.get("weight")]   # a slip goes before it
            calls = [json.loads(c["function"]["arguments"]) for m in right for c in m.get("tool_calls", ())]
            assert [call["arguments"] for call in entry["would"]] == calls[: len(entry["would"])]


def test_an_impossible_value_is_all_that_is_said_otherwise(conversations):
    for row, twin in copies(conversations, "value"):
        index, entry = abstention(row)
        assert spoken(row)[: index - 1] == spoken(twin)[: index - 1]
        assert offered(row) == offered(twin)
        mine, theirs = row["messages"][index - 1]["content"], twin["messages"][index - 1]["content"]
        before, said, after = mine.partition(entry["said"])
        assert said
        start = next((i for i, (a, b) in enumerate(zip(mine, theirs)) if a != b), len(before))
        assert start >= len(before) - len("of the "), (mine, theirs)
        assert theirs.endswith(after[-8:])


def test_small_talk_and_questions_asked_again_are_put_in_between(conversations):
    for kind in ("chitchat", "context"):
        for row, twin in copies(conversations, kind):
            index, _ = abstention(row)
            mine = spoken(row)
            assert mine[: index - 1] + mine[index + 1 :] == spoken(twin)
            assert offered(row) == offered(twin)


def test_what_is_answered_from_the_context_was_asked_before(conversations):
    for row, _ in copies(conversations, "context"):
        index, entry = abstention(row)
        made = [c["id"] for m in row["messages"][: index - 1] for c in m.get("tool_calls", ())]
        assert set(entry["calls"]) < set(made), "another call stands between"
        assert row["certificate"]["replies"][str(index)]


def test_no_pair_is_made_of_them(abstaining):
    assert not [row["id"] for row in rows(abstaining, "preference/") if ".no_tool." in row["id"]]


CHANGES = {
    "beside the tool that would do": lambda row, entry, at, twin: row.update(tools=twin["tools"]),
    "for another tool": lambda row, entry, at, twin: row["certificate"]["refused"].update({str(at): ["get_profile_picture"]}),
    "with other arguments": lambda row, entry, at, twin: [c["arguments"].update(dict.fromkeys(c["arguments"], "nowhere"))
                                                                   for c in entry["would"]],
    "by no call": lambda row, entry, at, twin: entry.update(would=[]),
    "with an argument that there is not": lambda row, entry, at, twin: entry["would"][0]["arguments"].update(color="red"),
}
VALUES = {
    "that the type allows": lambda row, entry, at, twin: entry.update(value=allowed(twin, entry)),
    "that nobody says": lambda row, entry, at, twin: entry.update(said="three hundred"),
    "of another parameter": lambda row, entry, at, twin: entry.update(at="/nothing"),
    "beside another one that is no better": lambda row, entry, at, twin: entry["says"].append("the moon"),
    "of a tool that is not offered": lambda row, entry, at, twin: entry.update(call="get_nothing"),
}
ANSWERS = {
    "out of no result": lambda row, entry, at, twin: entry.update(calls=["call_77"]),
    "out of nothing": lambda row, entry, at, twin: entry.update(calls=[]),
    "that is not certified": lambda row, entry, at, twin: row["certificate"]["replies"].update({str(at): []}),
    "in other words": lambda row, entry, at, twin: row["messages"][at].update(content=row["messages"][at]["content"].replace(
        row["certificate"]["replies"][str(at)][0]["said"], "something else")),
    "with a number of its own": lambda row, entry, at, twin: row["messages"][at].update(content=row["messages"][at]["content"] + " It is 12."),
}
TALK = {"with a number": lambda row, entry, at, twin: row["messages"][at].update(content="It will be 25 degrees.")}
ANY = {
    "uncertified": lambda row, entry, at, twin: row["certificate"].pop("abstains"),
    "elsewhere": lambda row, entry, at, twin: row["certificate"].update(abstains={"1": entry}),
    "for another reason": lambda row, entry, at, twin: entry.update(kind=KINDS[(KINDS.index(entry["kind"]) + 1) % len(KINDS)]),
    "for no reason": lambda row, entry, at, twin: entry.update(kind="mood"),
}
OF_KIND = {"near": CHANGES, "none": CHANGES, "value": VALUES, "context": ANSWERS, "chitchat": TALK}


def allowed(twin, entry):
    """The value that the twin has in its place."""
    calls = [json.loads(c["function"]["arguments"]) for m in twin["messages"] for c in m.get("tool_calls", ())
             if c["function"]["name"] == entry["call"]]
    return next(arguments[entry["at"][1:]] for arguments in calls if entry["at"][1:] in arguments)


def test_a_changed_abstention_fails(abstaining, conversations, tmp_path):
    names = {}

    def changed(row):
        if "abstains" not in row["certificate"]:
            return
        kind, twin = abstention(row)[1]["kind"], conversations[row["tags"]["copy_of"]]
        for number, (name, change) in enumerate({**ANY, **OF_KIND[kind]}.items()):
            copy = deepcopy(row)
            at, entry = abstention(copy)
            change(copy, entry, at, twin)
            if copy != row:
                names[f"{row['id']}#{len([n for n in names if n.startswith(row['id'])])}"] = (kind, name, number)
                yield copy

    ids = forge(abstaining, tmp_path / "out", changed)
    assert {(kind, name) for kind, name, _ in names.values()} >= {(k, n) for k in KINDS for n in (*ANY, *OF_KIND[k])}
    found = failing(tmp_path / "out")
    assert [(one, names[one]) for one in ids if not found.get(one, set()) & {0, 2, 3, 6}] == []


def test_play_counts_whoever_calls_nothing(abstaining, conversations):
    opened = open_output(abstaining, Sink(), trust=True)
    data = marked([row for row, _ in copies(conversations)][:40])

    async def scores(policy):
        pool = opened.pool(1)
        try:
            return [score(one, opened.spec) for one in await play(data, policy, pool, opened.spec, opened.states)]
        finally:
            await pool.close()

    def eager(row, script):
        return [turn if any(action.calls for action in turn) else [call("get_profile"), *turn] for turn in script]

    right, wrong = asyncio.run(scores(Scripted(data))), asyncio.run(scores(Scripted(data, eager)))
    assert all(one.success and one.silent == 1 and one.acted_wrongly == 0 for one in right)
    assert all(one.acted_wrongly == 1 for one in wrong)
    assert all(any(name.startswith("no_tool.") for name in one.operations) for one in right)


WAYS = {
    "renew_loan": {"renew_longer": ("writes", {"loan_id": "LoanId", "weeks": "Weeks"}, {"title": "Title", "due": "Day"},
                                    "return self.renew_loan(loan_id, weeks)")},
    "opening_hours": {"branch_hours": ("reads", {"branch": "Branch", "day": "Day"}, {"opens": "string", "closes": "string"},
                                       "return self.opening_hours(branch, day)")},
    "return_book": {"loan_code": ("reads", {"loan_id": "LoanId"}, {"code": "Code"}, "return {'code': 'X' + loan_id}"),
                    "close_loan": ("writes", {"code": "Code"}, {"title": "Title", "returned": "boolean"},
                                   "return self.return_book(code[1:])")},
}
"""By a tool, others that do what it does: in one call, or in two."""


@pytest.mark.parametrize("withheld", [*WAYS])
def test_nothing_is_declined_beside_a_tool_that_does_it(tmp_path, own_home, withheld):
    folder = shutil.copytree(LIBRARY, tmp_path / "recipe")
    tools, types = (yaml.safe_load((folder / name).read_text()) for name in ("tools.yaml", "types.yaml"))
    types["types"]["Code"] = {"base": "string", "minted": True}
    (folder / "types.yaml").write_text(yaml.safe_dump(types, sort_keys=False))
    world = (folder / "world.py").read_text()
    for name, (effect, parameters, returns, body) in WAYS[withheld].items():
        tools["tools"][name] = {"description": "The same, by another name.", "effect": effect, "returns": returns,
                                "parameters": {key: {"type": kind} for key, kind in parameters.items()}}
        world += f"\n    def {name}(self, {', '.join(parameters)}):\n        {body}\n"
    (folder / "tools.yaml").write_text(yaml.safe_dump(tools, sort_keys=False))
    (folder / "world.py").write_text(world)
    paths = yaml.safe_load((folder / "paths.yaml").read_text())
    paths["paths"]["loan"]["within"] = ["find_books", "borrow_book", "renew_loan", "return_book", "opening_hours"]
    (folder / "paths.yaml").write_text(yaml.safe_dump(paths, sort_keys=False))
    (folder / "operations.yaml").write_text("kind: operations\noperations: [{no_tool: {near: 1, none: 0, chitchat: 0, context: 0, value: 0}}]\n")
    result = magnetc("build", folder, "--trust", "--paths", 80, "-o", tmp_path / "out", "--json")
    assert result.exit_code == 0, result.output
    refused = Counter(tool for row in rows(tmp_path / "out", "sft/") for tools in row["certificate"]["refused"].values() for tool in tools)
    assert refused
    assert withheld not in refused
    dropped = json.loads(result.stdout)["dropped"]
    assert any("declines what " + " and ".join(f"`{name}`" for name in WAYS[withheld]) in reason for reason in dropped)


def test_a_world_that_only_repeats_what_was_recorded_proves_no_abstention(abstaining, conversations):
    opened = open_output(abstaining, Sink(), trust=True)
    row = json.loads(json.dumps(next(copy for copy, _ in copies(conversations, "near"))))

    async def check():
        world = await opened.start()
        world.levels = Levels(reset="none", replay="recorded")
        row["certificate"]["world"]["replay"] = "recorded"
        try:
            return await Prover(opened.spec, opened.states).certify(row, world)
        finally:
            await world.close()

    assert {failure.proof for failure in asyncio.run(check())} == {6}
