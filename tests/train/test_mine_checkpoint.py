"""A checkpoint as the student that is mined, and how likely it is to say what a row says."""

import asyncio
import json

import pytest
import torch
from dataset import magnetc, rows, verify
from small import QUICK, changed

from magnetc.agent.model_policy import ModelPolicy, Sampling
from magnetc.agent.policy import Request
from magnetc.models.likelihood import log_likelihoods

pytestmark = pytest.mark.train


def test_a_likelihood_is_the_mean_of_the_tokens_own(data):
    model = data.model().eval()
    said = [(row["prompt"], row["tools"], row["rejected"][0]) for row in data.pairs[:7]]
    found = log_likelihoods(model, data.chat, said, batch=3)
    assert log_likelihoods(model, data.chat, said[::-1], batch=7)[::-1] == pytest.approx(found, abs=1e-4)
    for (prompt, tools, message), value in zip(said, found):
        ids = data.chat.encode(data.chat.render([*prompt, message], tools))
        start = len(data.chat.encode(data.chat.render(prompt, tools, generation=True)))
        end = next(place for place in range(start, len(ids)) if ids[place] in data.chat.stops)
        with torch.no_grad():
            scores = model(input_ids=torch.tensor([ids])).logits[0].log_softmax(-1)
        own = [scores[place - 1, ids[place]].item() for place in range(start, end + 1)]
        assert value == pytest.approx(sum(own) / len(own), abs=1e-4)
    model.config.max_position_embeddings = 10
    assert log_likelihoods(model, data.chat, said) == [None] * len(said)


def test_what_is_drawn_depends_on_the_request_alone(data):
    model, requests = data.model(), [Request(messages=row["prompt"], tools=row["tools"], sample=1) for row in data.pairs[:6]]

    async def act(asked, temperature=1.0, batch=2):
        policy = ModelPolicy(model, data.chat, most_tokens=12, batch=batch, sampling=Sampling(temperature=temperature))
        return await policy.act(asked)

    first = asyncio.run(act(requests))
    assert asyncio.run(act(requests[::-1], batch=5))[::-1] == first
    other = [Request(messages=each.messages, tools=each.tools, sample=2) for each in requests]
    assert asyncio.run(act(other)) != first
    assert asyncio.run(act(requests, temperature=0.0)) == asyncio.run(act(other, temperature=0.0))


def test_mining_goes_from_a_trained_stage_to_the_next(library, tmp_path, monkeypatch):
    """SFT, then what the student does wrong, then mDPO on that: each step by the command line."""
    monkeypatch.chdir(tmp_path)
    result = magnetc("train", library, "-o", "run", "--stage", "sft", "--trust", *changed(*QUICK, "sft.epochs=12"))
    assert result.exit_code == 0, result.output
    command = ("mine", library, "--model", "run/final", "-n", 2, "--max-tokens", 120, "--trust", "--json", "--likely", 0.5, "--conversations", 8)
    result = magnetc(*command, "-o", "mined")
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert told["rollouts"] == 2 * told["turns"] > 0
    assert told["model"].startswith("final@")
    assert verify(tmp_path / "mined")["failures"] == []
    before = {row["id"]: row for row in rows(library, "preference/train")}
    kept = [row["id"] for row in rows(tmp_path / "mined", "preference/train") if row["id"] in before]
    assert len(kept) == round(0.5 * len(before)) == len(before) - told["unlikely"]
    again = magnetc(*command, "-o", "again")
    assert again.exit_code == 0, again.output
    assert list(rows(tmp_path / "again")) == list(rows(tmp_path / "mined"))
    result = magnetc(*command, "-o", "hard", "--hardest", 0.5)
    assert result.exit_code == 0, result.output
    hard = json.loads(result.stdout)
    assert (hard["conversations"], hard["loss"]) == (told["conversations"] // 2, told["loss"])
    assert 0 < told["loss"]["mean"] < 7
    assert min(told["loss"]["dependency"].values()) <= told["loss"]["mean"] <= max(told["loss"]["dependency"].values())
    result = magnetc("train", "mined", "-o", "next", "--stage", "mdpo", "--trust", *changed(*QUICK[1:], "base=run/final"))
    assert result.exit_code == 0, result.output
    assert (tmp_path / "next/final/config.json").is_file()


@pytest.mark.parametrize("option", ["--likely", "--hardest"])
def test_an_endpoint_tells_no_likelihood(option, library, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = magnetc("mine", library, "-o", "mined", "--model", "m", "--endpoint", "http://127.0.0.1:9/v1", "--trust", option, 0.5, "-n", 1,
                     "--timeout", 1)
    assert result.exit_code == 1
    assert "MG626" in result.output
