"""The base from nothing: a compact template with prefix parity, a tokenizer that can spell codes, a seeded model."""

import json

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

import chat_families as families

from magnetc.models.chat import Chat
from magnetc.models.scratch import (
    MARKS,
    SPECIAL,
    ScratchSettings,
    scratch_model,
    scratch_texts,
    scratch_tokenizer,
)

pytestmark = pytest.mark.train


@pytest.fixture(scope="module")
def tokenizer():
    return families.tokenizer("scratch")


def test_the_same_texts_give_the_same_tokenizer(tokenizer):
    texts = list(scratch_texts((*families.ROWS, *families.PAIRS)))
    assert scratch_tokenizer(texts, 1500).get_vocab() == tokenizer.get_vocab()
    assert len(tokenizer) <= 1500
    assert {*SPECIAL, *MARKS} <= set(tokenizer.get_vocab())


def test_it_survives_saving(tokenizer, tmp_path):
    tokenizer.save_pretrained(tmp_path)
    scratch_model(ScratchSettings(vocabulary=1500, hidden=16, layers=1), tokenizer).save_pretrained(tmp_path)
    from magnetc.models.load import load_chat

    chat = load_chat(tmp_path)
    text = chat.render(families.ROWS[0]["messages"], families.ROWS[0]["tools"])
    assert chat.encode(text) == Chat(tokenizer).encode(text)
    assert tokenizer.decode(chat.encode(text)) == text


@pytest.mark.parametrize("text", ["4071", "FBCX36", "B0GEFK", "KRBKH8", "2026-03-12", "½ ☕ né"])
def test_codes_and_numbers_are_spelt(tokenizer, text):
    ids = tokenizer(text, add_special_tokens=False)["input_ids"]
    assert tokenizer.decode(ids) == text
    if text.isascii():
        assert [tokenizer.decode([id]) for id in ids] == list(text)


def test_tools_are_listed_in_one_line_each(tokenizer):
    full = {"type": "object", "properties": {"a": {"$ref": "#/$defs/x"}}, "required": [], "$defs": {"x": {"type": "string"}}}
    short = {"type": "object", "properties": {"city": {"type": "string"}, "day": {"type": "string", "format": "date"}},
             "required": ["city"]}
    tools = [{"type": "function", "function": {"name": name, "description": 'Say "é".', "parameters": parameters}}
             for name, parameters in (("f", full), ("g", short), ("h", {"type": "object", "properties": {}}))]
    text = Chat(tokenizer).render([{"role": "user", "content": "Hi"}], json.dumps(tools))
    lines = text.partition("Tools:\n")[2].partition("<|im_end|>")[0].splitlines()
    assert [json.loads(line) for line in lines] == [
        tools[0]["function"],
        {"name": "g", "description": 'Say "é".', "parameters": {"city": "string", "day": short["properties"]["day"]},
         "optional": ["day"]},
        {"name": "h", "description": 'Say "é".', "parameters": {}},
    ]


def test_the_model_is_seeded_and_as_small_as_it_says(tokenizer):
    import torch

    before = torch.random.get_rng_state()
    models = [scratch_model(ScratchSettings(seed=seed), tokenizer) for seed in (1, 1, 2)]
    assert torch.equal(before, torch.random.get_rng_state())
    same, again, other = ([p.detach() for p in model.parameters()] for model in models)
    assert all(map(torch.equal, same, again))
    assert not all(map(torch.equal, same, other))
    beside = sum(p.numel() for p in models[0].parameters()) - len(tokenizer) * 128
    assert beside + 2048 * 128 == pytest.approx(650_000, rel=0.05)
    assert models[0].config.eos_token_id == tokenizer.eos_token_id
    assert models[0].lm_head.weight is models[0].model.embed_tokens.weight
