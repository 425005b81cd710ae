"""Policies that act in the rows of a built dataset, free-running, and their scores."""

import asyncio
import json
from dataclasses import replace
from hashlib import sha256

import pytest
from dataset import rows
from scripted import Reactive, Scripted, call, marked, script_of

from magnetc.agent.play import play
from magnetc.agent.policy import Action
from magnetc.agent.score import score, summarize
from magnetc.build.opened import Opened, open_output
from magnetc.diagnostics import MagnetError, Sink


@pytest.fixture(scope="module")
def opened(library) -> Opened:
    found = open_output(library, Sink(), trust=True)
    assert found is not None
    assert not found.failures
    return found


@pytest.fixture(scope="module")
def data(library):
    return marked(list(rows(library, "sft/")))


def played(opened, data, policy, **options):
    async def body():
        pool = opened.pool(1)
        try:
            return await play(data, policy, pool, opened.spec, opened.states, **options)
        finally:
            await pool.close()

    return asyncio.run(body())


def scores(opened, data, policy, **options):
    return [score(one, opened.spec) for one in played(opened, data, policy, **options)]


def continued(row):
    """Whether earlier turns of the row are context: the second row of a miss_func copy."""
    first = next(m for m in row["messages"] if m["role"] == "assistant" and m.get("tool_calls"))
    return not first["weight"]


def test_who_does_what_the_row_does_succeeds(opened, data):
    found = scores(opened, data, Scripted(data))
    assert [one.row for one in found] == [row["id"] for row in data]
    assert all(one.success and one.recalled == one.reference_calls == one.made for one in found)
    assert any(one.asks for one in found)
    assert all(one.asked_rightly == one.asks and not one.exhausted and not one.malformed for one in found)
    total = summarize(found).total
    assert (total.success_rate, total.call_recall, total.call_precision, total.asked_rate) == (1.0, 1.0, 1.0, 1.0)


def test_rows_of_every_operation_are_among_them(opened, data):
    summary = summarize(scores(opened, data, Scripted(data)))
    assert {"merge", "insert.long", "split.miss_func", "split.miss_params"} <= set(summary.operations)
    assert set(summary.paths) == {"loan"}
    assert summary.document()["operations"]["merge"]["success_rate"] == 1.0


def test_turns_without_a_trained_message_before_the_first_are_context(opened, data):
    chosen = [row for row in data if continued(row)]
    assert chosen
    policy = Reactive(lambda request: Action(content="no"))
    for row, one in zip(chosen, played(opened, chosen, policy)):
        shown = next(r.messages for r in policy.seen if r.messages[0] == row["messages"][0])
        before = [{k: v for k, v in message.items() if k != "weight"} for message in row["messages"][: len(shown)]]
        assert shown == before
        calls = [c for m in before for c in m.get("tool_calls", ())]
        assert [made.function for made in one.before] == [c["function"]["name"] for c in calls]
        assert [made.result for made in one.before] == [json.loads(m["content"]) for m in before if m["role"] == "tool"]
        assert one.turns[0].number == sum(m["role"] == "user" for m in before) - 1
        found = score(one, opened.spec)
        assert not found.success
        assert found.recalled == found.made == 0 < found.reference_calls


@pytest.mark.parametrize("batch", [1, 3])
def test_conversations_know_nothing_of_each_other(opened, data, batch):
    policy = Scripted(data[:8])
    assert played(opened, data[:8], policy, batch=batch) == played(opened, data[:8], Scripted(data[:8]))
    assert max(policy.sizes) == batch


def test_one_wrong_argument_fails_its_conversation_alone(opened, data):
    at = {}

    def change(row, script):
        for turn in script:
            for index, action in enumerate(turn):
                if not at and not continued(row) and [name for name, _ in action.calls] == ["borrow_book"]:
                    at["row"], arguments = row["id"], action.calls[0][1]
                    turn[index] = call("borrow_book", **arguments | {"weeks": 2 if arguments["weeks"] == 6 else 6})
        return script

    found = scores(opened, data, Scripted(data, change))
    assert [one.row for one in found if not one.success] == [at["row"]]
    assert [one.row for one in found if one.recalled < one.reference_calls] == [at["row"]]
    assert sum(one.reference_calls - one.recalled for one in found) == 1


def test_redundant_reads_are_allowed(opened, data):
    read = call("opening_hours", branch="north", day="2026-05-05")
    found = scores(opened, data, Scripted(data, lambda row, script: [[read, *turn] for turn in script]))
    assert all(one.success and one.recalled == one.reference_calls for one in found)
    assert all(one.made > one.reference_calls and not one.asked_rightly for one in found)


def test_what_is_no_call_is_answered_with_an_error_and_the_conversation_goes_on(opened, data):
    deep = json.loads("[" * 200 + "]" * 200)
    nonsense = [
        call("find_bookz", topic="chess"), call("opening_hours", branch="north", day="soon"), call("opening_hours"),
        call("find_books", topic="chess", shelf=3), call("find_books", topic=float("nan")), call("\ud800", topic="\ud800"),
        call("find_books", topic=deep), Action(malformed='<tool_call>{"name": "find_b', content="\ud800"),
        Action(calls=(("return_book", {"loan_id": "LN0"}),), malformed="{"),
    ]
    policy = Scripted(data, lambda row, script: [[*nonsense, *turn] for turn in script])
    found = played(opened, data, policy, most_actions=20)
    texts = set()
    for one in found:
        for turn in one.turns:
            results = [json.loads(m["content"]) for m in turn.messages if m["role"] == "tool"]
            assert all(set(result) == {"error"} for result in results[:10])
            texts.update(result["error"] for result in results[:10])
            assert turn.malformed == 5
    assert {"unknown tool `find_bookz`", "malformed call", "there is no loan LN0", "`opening_hours`: `/day` is not a date",
            "`opening_hours`: `branch` is missing; `day` is missing",
            "`find_books`: there is no parameter `shelf`"} <= texts
    marks = [score(one, opened.spec) for one in found]
    assert all(one.success and one.recalled == one.reference_calls and not one.asked_rightly for one in marks)


def test_a_tool_that_the_row_does_not_offer_is_unknown(opened, data):
    row = next(row for row in data if len(json.loads(row["tools"])) < len(opened.spec.tools))
    offered = {tool["function"]["name"] for tool in json.loads(row["tools"])}
    name = next(tool.name for tool in opened.spec.tools if tool.name not in offered)
    policy = Reactive(lambda r: Action() if r.messages[-1]["role"] == "tool" else call(name))
    (one,) = played(opened, [row], policy)
    assert {a.result["error"] for turn in one.turns for a in turn.attempts} == {f"unknown tool `{name}`"}
    assert not any(turn.made for turn in one.turns)


def test_one_that_never_answers_is_stopped(opened, data):
    policy = Reactive(lambda request: call("opening_hours", branch="north", day="2026-05-05"))
    found = played(opened, data[:4], policy, most_actions=3)
    for one in found:
        for turn in one.turns:
            roles = [message["role"] for message in turn.messages]
            assert roles == ["user", *["assistant", "tool"] * 3, "assistant"]
            assert turn.exhausted
        mark = score(one, opened.spec)
        assert mark.exhausted == mark.turns
        assert not mark.success


def two_loans(opened, data):
    """A row in which two books are lent in one turn, and the loan of the first is renewed in the next."""
    row = next(row for row in data if not continued(row) and len(script_of(row)) > 1)
    at = row["certificate"]["world"]
    state = opened.states[at["initial"]]
    books, card = list(state["books"])[:2], state["profile"]["card"]
    first = "LN" + sha256(repr((at["seed"], "LN", state["minted"] + 1)).encode()).hexdigest()[:6].upper()
    lend = [("borrow_book", {"book_id": book, "card": card, "weeks": 3}) for book in books]
    steps = [[lend[0], lend[1]], [("renew_loan", {"loan_id": first, "weeks": 2})]]
    messages = [row["messages"][0]]
    for number, made in enumerate(steps):
        calls = [{"id": f"call_{number}{i}", "type": "function", "function": {"name": name, "arguments": json.dumps(given)}}
                 for i, (name, given) in enumerate(made)]
        messages += [{"role": "user", "content": f"turn {number}"},
                     {"role": "assistant", "content": "", "tool_calls": calls, "weight": 1},
                     {"role": "assistant", "content": "done", "weight": 0}]
    tools = "[" + ",".join(opened.spec.tool_texts.values()) + "]"
    return row | {"messages": messages, "tools": tools, "tags": row["tags"] | {"operations": []}}, lend


@pytest.mark.parametrize("renewed", [0, 1])
def test_values_minted_in_another_order_are_the_same_values(opened, data, renewed):
    row, lend = two_loans(opened, data)

    def answer(request):
        users = [m["content"] for m in request.messages if m["role"] == "user"]
        if request.messages[-1]["role"] != "user":
            return Action(content="done")
        if len(users) == 1:
            return Action(calls=(lend[1], lend[0]))  # the other way round
        results = [json.loads(m["content"]) for m in request.messages if m["role"] == "tool"]
        return call("renew_loan", loan_id=results[1 - renewed]["loan_id"], weeks=2)

    (found,) = scores(opened, [row], Reactive(answer))
    assert found.success == (renewed == 0)
    assert (found.reference_calls, found.recalled) == (3, 3 - renewed)
    assert found.operations == ("none",)


def test_a_default_may_be_said(opened, data):
    tools = [replace(tool, parameters=tuple(replace(p, default="") if p.name == "branch" and not p.required else p
                                            for p in tool.parameters)) for tool in opened.spec.tools]
    spec = replace(opened.spec, tools=tuple(tools))
    (one,) = played(opened, data[:1], Scripted(data[:1]))
    said = [replace(a, arguments={**a.arguments, "branch": ""}) if a.function == "find_books" else a
            for a in one.turns[0].attempts]
    one.turns[0].attempts[:] = said
    found = score(one, spec)
    assert found.recalled == found.reference_calls


def test_rows_that_cannot_be_played_are_named(opened, data):
    lost = data[0] | {"certificate": {"world": data[0]["certificate"]["world"] | {"initial": "0" * 32}}}
    for row in (lost, data[0] | {"messages": [{}]}, data[0] | {"tools": "["}, {"id": data[0]["id"]}):
        with pytest.raises(MagnetError) as caught:
            played(opened, [row], Scripted(data))
        (diagnostic,) = caught.value.diagnostics
        assert diagnostic.code == "MG621"
        assert data[0]["id"] in diagnostic.message


def test_a_row_without_trained_messages_counts_nowhere(opened, data):
    row = data[0] | {"messages": [m | ({"weight": 0} if "weight" in m else {}) for m in data[0]["messages"]]}
    (found,) = scores(opened, [row], Scripted([row]))
    assert found.turns == 0
    assert summarize([found]).total.success_rate is None
