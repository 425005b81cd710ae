"""Models behind an endpoint that act: messages with calls as servers state them, through the journal."""

import asyncio
import json

import pytest
from dataset import rows
from hypothesis import given
from hypothesis import strategies as st
from running import teacher

from magnetc.agent.endpoint_policy import read_message
from magnetc.agent.play import play
from magnetc.agent.score import score, summarize
from magnetc.build.acting import ActingModel, acting
from magnetc.build.opened import open_output
from magnetc.diagnostics import Sink
from magnetc.ir.endpoint import Endpoint
from magnetc.teachers.openai.dialects import reply_message


def played(library, folder, url, sample=0):
    opened = open_output(library, Sink(), trust=True)
    data, said = list(rows(library, "sft/")), []
    agent = ActingModel(model=Endpoint(model="student", url=url, concurrency=8))

    async def body():
        pool = opened.pool(1)
        try:
            async with acting(agent, folder) as at_work:
                found = await play(data, at_work.policy, pool, opened.spec, opened.states, batch=at_work.batch, lanes=at_work.lanes,
                                   sample=sample, acted=said.append)
                return summarize(score(one, opened.spec) for one in found).total, dict(at_work.counts), sum(said)
        finally:
            await pool.close()

    return asyncio.run(body())


def test_a_model_behind_an_endpoint_acts_and_is_asked_once(library, tmp_path):
    with teacher(agent=library, latency=0.02) as server:
        total, counts, said = played(library, tmp_path, server.url)
        assert total.conversations > 20
        assert total.success_rate == total.call_recall == 1.0
        assert said > total.conversations
        assert server.stats()["most under way"] > 4, "conversations wait apart"
        asked = server.stats()["requests"]
        assert counts["endpoint"] == asked
        again, counts, _ = played(library, tmp_path, server.url)
        assert again == total
        assert counts["journal"] >= asked
        assert server.stats()["requests"] == asked
        played(library, tmp_path, server.url, sample=1)
        assert server.stats()["requests"] == 2 * asked, "what is played again on purpose is asked again"


def test_mistakes_and_faults_of_an_endpoint_are_played(library, tmp_path):
    with teacher(agent=library, mistakes=0.4, faults=0.2, only=("429", "500", "cut", "truncated body", "no choices")) as server:
        total, _, _ = played(library, tmp_path, server.url)
    assert 0 < total.success_rate < 1
    assert total.malformed > 0
    assert total.call_recall < 1


def completion(message):
    return {"choices": [{"message": message}]}


def test_a_message_of_a_server_is_read_as_it_says():
    calls = [{"id": "a", "type": "function", "function": {"name": "find", "arguments": '{"n": 1}'}},
             {"id": "b", "type": "function", "function": {"name": "show", "arguments": {"n": 2}}},
             {"id": "c", "type": "function", "function": {"name": "list", "arguments": ""}},
             {"id": "d", "type": "function", "function": {"name": "find", "arguments": '{"n": '}}]
    action = read_message(reply_message(completion({"content": None, "reasoning_content": "well", "tool_calls": calls})))
    assert action.calls == (("find", {"n": 1}), ("show", {"n": 2}), ("list", {}))
    assert action.malformed == 'find {"n": '
    assert (action.content, action.reasoning) == ("", "well")
    assert read_message(reply_message(completion({"content": "No."}))).content == "No."
    for broken in ({"tool_calls": [{}]}, {"tool_calls": 7}, {"tool_calls": [{"function": {"name": 3}}]}, {"reasoning": []}, {"reasoning": 5}):
        with pytest.raises(ValueError, match="answer"):
            reply_message(completion({"content": "", **broken}) if broken != {"reasoning": []} else {})


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=8), lambda inner: st.lists(inner, max_size=3)
                    | st.dictionaries(st.sampled_from(["content", "tool_calls", "function", "name", "arguments", "reasoning", "x"]), inner, max_size=4),
                    max_leaves=12))
def test_any_message_is_read_or_refused(message):
    try:
        text = reply_message(completion(message))
    except ValueError:
        return
    action, said = read_message(text), json.loads(text)
    assert (action.content, action.reasoning) == (said["content"], said["reasoning_content"])
    assert len(action.calls) == sum(stated_object(arguments) for _, arguments in said["tool_calls"])
    assert bool(action.malformed) == (len(action.calls) < len(said["tool_calls"]))


def stated_object(text):
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False
