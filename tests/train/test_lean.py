"""What is done for the sake of a GPU's time and memory changes no value and no gradient."""

import copy
import random

import pytest
import torch
import torch.nn.functional as F
from slow import FAMILIES, random_pair, slow_loss, tiny_model
from test_exact import assert_equal, fast_loss, gradients
from torch import nn

from magnetc.train.preference.loss import Objective
from magnetc.train.scoring import tree_attention
from magnetc.train.scoring.lean import lean
from magnetc.train.scoring.log_probs import log_prob
from magnetc.train.scoring.tree_attention import Document

pytestmark = pytest.mark.train


def replaced(model):
    return sum("forward" in vars(module) for module in model.modules())


@pytest.mark.parametrize("family", FAMILIES)
def test_lean_forwards_are_equal_to_the_model_s_own(family):
    draw = random.Random(family)
    model, reference = tiny_model(family, seed=1), tiny_model(family, seed=2)
    pairs = [random_pair(draw, i) for i in range(3)]
    slow = slow_loss(model, reference, pairs, Objective())
    lean(model)
    assert replaced(model) == 2 * (3 + 2 * (family == "qwen3")) + 1
    # The models' own norms compute in float32, whatever the model.
    assert_equal(model, slow, fast_loss(model, reference, pairs, Objective(), "blocks"), within=1e-7)


def test_under_autocast_the_gradient_is_as_near_to_float32_as_without():
    ids = torch.randint(97, (1, 40), generator=torch.Generator().manual_seed(0))

    def found(prepared, narrow):
        model = tiny_model(dtype=torch.float32)
        if prepared:
            lean(model)
        with torch.autocast("cpu", torch.bfloat16, enabled=narrow):
            loss = model(input_ids=ids, labels=ids).loss
        loss.backward()
        return torch.cat([gradient.flatten() for gradient in gradients(model).values()])

    exact = found(False, False)
    distances = [(found(prepared, True) - exact).norm() / exact.norm() for prepared in (False, True)]
    assert 0 < distances[1] < 1.2 * distances[0] < 0.05


def test_a_copy_of_a_lean_model_has_its_own_weights():
    model = tiny_model()
    lean(model)
    other = copy.deepcopy(model)
    with torch.no_grad():
        other.model.norm.weight.zero_()
    ids = torch.tensor([[5, 7]])
    assert other(input_ids=ids).logits.abs().max() == 0 < model(input_ids=ids).logits.abs().max()


class CentredRMSNorm(nn.RMSNorm):
    """Gemma's: the weight is what it differs from one by."""

    def forward(self, x):
        return F.rms_norm(x, self.normalized_shape, 1 + self.weight, self.eps)


def test_what_computes_something_else_is_left_alone():
    model = tiny_model()
    model.model.norm = CentredRMSNorm(32, eps=1e-6).double()
    model.model.layers[0].mlp.act_fn = nn.GELU()
    lean(model)
    assert "forward" not in vars(model.model.norm)
    assert "forward" not in vars(model.model.layers[0].mlp)
    assert replaced(model) == 5


@pytest.mark.parametrize("before", [None, 2.0])
def test_the_head_s_gradient_may_go_straight_into_grad(before):
    drawn = torch.Generator().manual_seed(4)
    hidden, weight = (torch.randn(shape, generator=drawn, dtype=torch.float64) for shape in ((100, 8), (97, 8)))
    targets = torch.randint(97, (100,), generator=drawn)
    found = []
    for into_grad in (False, True):
        own = nn.Parameter(weight.clone())
        own.grad = None if before is None else torch.full_like(weight, before)
        (log_prob(hidden, own, None, targets, into_grad=into_grad).sum() + own.square().sum()).backward()
        found.append(own.grad)
    assert torch.allclose(*found, atol=1e-12)


def varlen(query, key, value, starts, key_starts, most, most_keys, *, scale=None, window_size=None):
    """torch's `varlen_attn` under a causal window, which only a GPU has, by its documentation."""
    assert window_size == (-1, 0)
    found = []
    for i in range(len(starts) - 1):
        own, seen = slice(starts[i], starts[i + 1]), slice(key_starts[i], key_starts[i + 1])
        q, k, v = (part.transpose(0, 1)[None] for part in (query[own], key[seen], value[seen]))
        assert q.shape[2] <= most
        assert k.shape[2] <= most_keys
        mask = torch.ones(q.shape[2], k.shape[2], dtype=torch.bool).tril(k.shape[2] - q.shape[2])
        found.append(F.scaled_dot_product_attention(q, k, v, attn_mask=mask, scale=scale, enable_gqa=True)[0].transpose(0, 1))
    return torch.cat(found)


@pytest.mark.parametrize("documents", [[(20, 6, 4), (3, 10, 9)], [(5, 7)], [(2, 3, 4), (4, 6), (1, 1, 1)]])
def test_packed_attention_sees_what_the_mask_says(monkeypatch, documents):
    monkeypatch.setattr("torch.nn.attention.varlen.varlen_attn", varlen)
    monkeypatch.setattr(tree_attention, "packs", lambda device: True)
    row = tuple(Document(*sizes) for sizes in documents)
    tokens = sum(made.length for made in row)
    drawn = torch.Generator().manual_seed(0)
    inputs = [torch.randn(1, heads, tokens, 8, generator=drawn).bfloat16().requires_grad_() for heads in (4, 2, 2)]
    expected = F.scaled_dot_product_attention(*inputs, attn_mask=tree_attention.tree_mask(row), enable_gqa=True)
    found, _ = tree_attention._blocks(nn.Module(), *inputs, None, documents=row)
    upstream = torch.randn(found.shape, generator=drawn).bfloat16()
    for own, other in zip((found, *torch.autograd.grad(found, inputs, upstream)),
                          (expected.transpose(1, 2), *torch.autograd.grad(expected.transpose(1, 2), inputs, upstream))):
        assert (own.float() - other.float()).norm() < 0.01 * other.float().norm()


def test_a_kernel_is_taken_only_where_it_sees_what_the_mask_says():
    mask = tree_attention.tree_mask(tree_attention.PROBE)

    def attend(seen):
        return lambda q, k, v: F.scaled_dot_product_attention(q, k, v, attn_mask=seen, enable_gqa=True)

    wrong = mask.clone()
    wrong[0, 0, 260:300, 200:260] = True  # a rejected side that sees the chosen one
    assert tree_attention._works(torch.device("cpu"), attend(mask))
    assert not tree_attention._works(torch.device("cpu"), attend(wrong))
    assert not tree_attention._works(torch.device("cpu"), attend(mask.roll(1, -1)))
    assert not tree_attention.packs(torch.device("cpu"))
