"""An agent behind an endpoint that will not answer some requests: those are empty messages, unless it answers none at all."""

import asyncio
import json

import pytest

from magnetc.agent.endpoint_policy import REFUSALS, EndpointPolicy
from magnetc.agent.policy import Action, Request
from magnetc.diagnostics import Diagnostic
from magnetc.teachers.ask import Asker, Reply
from magnetc.teachers.openai.client import Refused

TOOLS = json.dumps([{"type": "function", "function": {"name": "look", "parameters": {"type": "object", "properties": {}}}}])


class Model:
    """Refuses messages of more than ten characters, with `status`."""

    def __init__(self, status=400):
        self.status = status

    def name(self, program):
        return "student"

    async def complete(self, request):
        if len(request.messages[-1]["content"]) > 10:
            raise Refused(self.status, Diagnostic(code="MG511", message="too long"))
        return Reply(text=json.dumps({"content": "Done.", "tool_calls": [], "reasoning_content": ""}))


class Nowhere:
    def get(self, request):
        return None

    def put(self, request, reply):
        pass


def act(lengths, status=400):
    policy = EndpointPolicy(Asker(Model(status), Nowhere()), {})

    async def all_of_them():
        return [(await policy.act([Request(messages=[{"role": "user", "content": "x" * length}], tools=TOOLS)]))[0] for length in lengths]

    return asyncio.run(all_of_them()), policy.counts


def test_a_request_that_is_too_long_is_an_empty_message_even_if_it_is_the_first():
    actions, counts = act([20, 20, 3, *[20] * REFUSALS, 4])
    assert [each.content for each in actions] == ["", "", "Done.", *[""] * REFUSALS, "Done."]
    assert actions[0] == Action()
    assert (counts["refused"], counts["answered"]) == (REFUSALS + 2, 2)


def test_an_endpoint_that_takes_nothing_is_told():
    with pytest.raises(Refused):
        act([20] * REFUSALS)
    act([20] * (REFUSALS - 1))


def test_a_refusal_that_is_of_no_single_request_is_told_at_once():
    with pytest.raises(Refused):
        act([3, 20], status=401)
