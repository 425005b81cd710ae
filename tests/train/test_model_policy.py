"""A model that acts: random, tiny, and in the middle of training."""

import asyncio
import json

import peft
import pytest
import torch

from magnetc.agent.model_policy import ModelPolicy
from magnetc.agent.policy import Action, Request
from magnetc.models.chat import Chat
from magnetc.models.generate import Generator
from magnetc.models.scratch import ScratchSettings, scratch_model, scratch_texts, scratch_tokenizer

pytestmark = pytest.mark.train
TOOL = {"type": "function", "function": {"name": "find", "description": "Find.", "parameters": {
    "type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}}}
TOOLS = json.dumps([TOOL])
SIZES = ScratchSettings(vocabulary=300, hidden=32, layers=2, heads=2, kv_heads=1, intermediate=32, positions=512)


def conversation(length):
    return [{"role": "system", "content": "You find."}, {"role": "user", "content": "look " * length}]


REQUESTS = [Request(messages=conversation(length), tools=TOOLS) for length in (9, 1, 30, 4, 2)]


@pytest.fixture(scope="module")
def chat():
    rows = [{"messages": request.messages, "tools": TOOLS} for request in REQUESTS]
    return Chat(scratch_tokenizer(scratch_texts(rows), SIZES.vocabulary))


@pytest.fixture
def model(chat):
    made = scratch_model(SIZES, chat.tokenizer)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        for parameter in made.parameters():  # far from uniform, so that no likeliest token is one by a hair
            if parameter.dim() > 1:
                torch.nn.init.normal_(parameter, std=0.5)
    made.train()
    made.config.use_cache = False
    return made


def act(model, chat, requests=REQUESTS, **options):
    return asyncio.run(ModelPolicy(model, chat, most_tokens=12, **options).act(requests))


def test_acts_the_same_each_time_and_in_any_batch(model, chat):
    first = act(model, chat, batch=2)
    assert len(first) == len(REQUESTS)
    assert all(isinstance(action, Action) for action in first)
    assert len(set(first)) > 1
    assert act(model, chat, batch=2) == first
    assert act(model, chat, batch=1) == act(model, chat, batch=5) == first
    assert act(model, chat, REQUESTS[::-1], batch=3) == first[::-1]


def test_leaves_a_model_in_training_as_it_was(model, chat):
    model.model.layers[0].eval()
    model.generation_config.do_sample, model.generation_config.temperature = True, 5.0
    modes, weights = [m.training for m in model.modules()], [p.clone() for p in model.parameters()]
    drawn = torch.random.get_rng_state()
    act(model, chat)
    assert [m.training for m in model.modules()] == modes
    assert model.training
    assert model.config.use_cache is False
    assert model.generation_config.do_sample
    assert torch.equal(torch.random.get_rng_state(), drawn)
    assert all(torch.equal(a, b) and b.requires_grad and b.grad is None for a, b in zip(weights, model.parameters()))
    ids = torch.tensor([chat.encode("look")])
    model(input_ids=ids, labels=ids).loss.backward()


def test_restores_a_model_whose_generation_fails(model, chat):
    generator = Generator(model, chat)
    with pytest.raises(IndexError):
        generator.complete([[10**6]])
    assert model.training
    assert model.config.use_cache is False


def test_a_model_with_adapters_or_wrapped(model, chat):
    plain = act(model, chat)
    wrapped = torch.nn.Module()
    wrapped.module = model
    assert act(wrapped, chat) == plain
    adapted = peft.get_peft_model(model, peft.LoraConfig(r=2, target_modules=["q_proj"], task_type="CAUSAL_LM"))
    assert act(adapted, chat) == plain  # new adapters change nothing
    assert adapted.training


def test_a_message_ends_at_its_stop_and_at_the_limit(model, chat):
    generator = Generator(model, chat, most_tokens=12)
    prompts = [chat.encode(chat.render(r.messages, TOOLS, generation=True)) for r in REQUESTS]
    said = generator.complete(prompts)
    assert all(len(ids) <= 12 and not set(ids) & set(chat.stops) for ids in said)
    # A model that is made to end after the first token it says: the rest is not read.
    again = Generator(model, chat, most_tokens=12)
    again._stops = [said[0][1]]
    assert again.complete(prompts[:1]) == [said[0][: said[0].index(said[0][1])]]


def test_a_prompt_that_leaves_no_room_is_answered_by_nothing(model, chat):
    long = Request(messages=conversation(600), tools=TOOLS)
    assert act(model, chat, [long, REQUESTS[0]]) == [Action(), *act(model, chat, REQUESTS[:1])]
    assert act(model, chat, []) == []
