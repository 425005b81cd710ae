"""The fast loss is the slow one: value and gradients, in float64, for every model family and way to attend."""

import random

import pytest
import torch
import torch.nn.functional as F
from slow import random_pair, slow_loss, tiny_model

from magnetc.train.preference.loss import Objective, Totals, credited, mdpo_loss
from magnetc.train.preference.pack import apart, joined, shared
from magnetc.train.scoring import tree_attention
from magnetc.train.scoring.log_probs import log_prob, score, scoring_head

pytestmark = pytest.mark.train

OBJECTIVES = {"plain": Objective(), "floor": Objective(beta=0.7, preference=0.5, floor=5.0),
              "preference alone": Objective(beta=0.3, likelihood=0.0)}


def scores(model, rows, attention):
    found = []
    for row in rows:
        beside = tree_attention.arguments(row.documents, attention, torch.device("cpu")) if attention else {}
        inputs = {"input_ids": row.input_ids, "position_ids": row.position_ids, **beside}
        found.append(score(model, scoring_head(model), inputs, row.scored.predictors, row.scored.targets))
    return torch.cat(found), joined([row.scored for row in rows])


def fast_loss(model, reference, pairs, objective, attention):
    rows = (shared if attention else apart)(pairs)
    for each in (model, reference):
        tree_attention.prepare(each, attention or "mask")
    with torch.no_grad():
        sums = torch.stack(credited(*scores(reference, rows, attention), len(pairs)), 1)
    log_probs, scored = scores(model, rows, attention)
    totals = Totals(likelihood=scored.likelihood.sum().clamp(min=1), pairs=len(pairs))
    return mdpo_loss(log_probs, scored, sums, objective, totals).loss


def gradients(model):
    return {name: parameter.grad.clone() for name, parameter in model.named_parameters() if parameter.grad is not None}


def assert_equal(model, slow, fast, within=1e-9):
    slow.backward()
    expected = gradients(model)
    model.zero_grad()
    fast.backward()
    found = gradients(model)
    assert abs(slow.item() - fast.item()) < within
    assert found.keys() == expected.keys()
    scale = max(gradient.abs().max() for gradient in expected.values())
    for name, gradient in expected.items():
        assert (found[name] - gradient).abs().max() < 1e-6 * max(scale, 1e-3), name


@pytest.mark.parametrize("attention", ["blocks", "mask", None])
@pytest.mark.parametrize("family", ["qwen2", "qwen3", "llama"])
@pytest.mark.parametrize("objective", OBJECTIVES)
def test_equal_to_two_sequences(family, attention, objective):
    draw = random.Random(f"{family} {attention} {objective}")
    model, reference = tiny_model(family, seed=1), tiny_model(family, seed=2)
    pairs = [random_pair(draw, i) for i in range(3)]
    slow = slow_loss(model, reference, pairs, OBJECTIVES[objective])
    assert_equal(model, slow, fast_loss(model, reference, pairs, OBJECTIVES[objective], attention))


def test_equal_with_an_untied_head_and_gradient_checkpointing():
    draw = random.Random(5)
    model, reference = tiny_model(seed=1, tied=False), tiny_model(seed=2, tied=False)
    pairs = [random_pair(draw, i) for i in range(2)]
    slow = slow_loss(model, reference, pairs, Objective())
    model.train()
    model.gradient_checkpointing_enable()
    assert_equal(model, slow, fast_loss(model, reference, pairs, Objective(), "blocks"))


def test_flex_attention_sees_what_the_mask_says():
    draw = random.Random(3)
    model = tiny_model(dtype=torch.float32)
    rows = shared([random_pair(draw, i, longest=40) for i in range(3)], every=True)
    found = []
    with torch.no_grad():
        for attention in ("mask", "flex"):
            tree_attention.prepare(model, attention)
            found.append(scores(model, rows, attention)[0])
    assert torch.allclose(*found, atol=1e-5)


@pytest.mark.parametrize("kept", [0, 3 * 16 * 97, 1 << 20])
@pytest.mark.parametrize("trained", ["hidden", "hidden weight", "hidden weight bias", "bias", "weight"])
def test_log_prob_is_that_of_the_full_head(monkeypatch, trained, kept):
    monkeypatch.setattr("magnetc.train.scoring.log_probs.LOGITS", 16 * 97)
    drawn = torch.Generator().manual_seed(4)
    given = {name: torch.randn(shape, generator=drawn, dtype=torch.float64).requires_grad_(name in trained.split())
             for name, shape in (("hidden", (100, 8)), ("weight", (97, 8)), ("bias", (97,)))}
    targets, upstream = torch.randint(97, (100,), generator=drawn), torch.randn(100, generator=drawn, dtype=torch.float64)
    full = F.linear(*given.values()).log_softmax(-1).gather(1, targets[:, None])[:, 0]
    asked = [each for each in given.values() if each.requires_grad]
    expected = torch.autograd.grad(full, asked, upstream)
    found = log_prob(*given.values(), targets, kept)
    assert torch.allclose(found, full, atol=1e-12)
    for _ in range(2):  # what was kept is used up the first time
        for own, other in zip(torch.autograd.grad(found, asked, upstream, retain_graph=True), expected):
            assert torch.allclose(own, other, atol=1e-10)


def test_the_head_is_chunked_without_a_trace(monkeypatch):
    draw = random.Random(9)
    pairs = [random_pair(draw, i, longest=60) for i in range(4)]
    model, reference = tiny_model(seed=1), tiny_model(seed=2)
    whole = fast_loss(model, reference, pairs, Objective(), "blocks")
    monkeypatch.setattr("magnetc.train.scoring.log_probs.LOGITS", 16 * 97)
    assert_equal(model, whole, fast_loss(model, reference, pairs, Objective(), "blocks"))


def test_generation_is_as_before_under_our_attention():
    model = tiny_model(dtype=torch.float32)
    prompt = torch.tensor([[5, 7, 11, 13]])
    expected = model.generate(prompt, max_new_tokens=8, do_sample=False)
    tree_attention.prepare(model, "blocks")
    assert model.generate(prompt, max_new_tokens=8, do_sample=False).equal(expected)
