"""The preference loss as the formulas say it: two sequences a pair, full logits, one token at a time. And random pairs."""

import random

import torch
import torch.nn.functional as F
from transformers import (
    LlamaConfig,
    LlamaForCausalLM,
    Qwen2Config,
    Qwen2ForCausalLM,
    Qwen3Config,
    Qwen3ForCausalLM,
)

from magnetc.train.preference.pack import PairExample, Part

VOCABULARY = 97
FAMILIES = {"qwen2": (Qwen2Config, Qwen2ForCausalLM), "qwen3": (Qwen3Config, Qwen3ForCausalLM),
            "llama": (LlamaConfig, LlamaForCausalLM)}


def tiny_model(family="qwen2", dtype=torch.float64, seed=0, tied=True):
    torch.manual_seed(seed)
    config, kind = FAMILIES[family]
    extra = {"head_dim": 8} if family == "qwen3" else {}
    return kind(config(vocab_size=VOCABULARY, hidden_size=32, intermediate_size=48, num_hidden_layers=2,
                       num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=512,
                       tie_word_embeddings=tied, **extra)).to(dtype)


def random_pair(draw: random.Random, number=0, longest=12):
    def part(size, credited, likely=True):
        agent = [draw.random() < 0.7 for _ in range(size)]
        weights = [float(likely and own and draw.random() < 0.6) for own in agent]
        credit = [own * draw.choice([0.0, 0.5, 1.0]) * credited for own in agent]
        return Part(ids=torch.tensor([draw.randrange(VOCABULARY) for _ in range(size)]),
                    likelihood=torch.tensor(weights), credit=torch.tensor(credit),
                    span=torch.tensor([value > 0.6 for value in credit]), agent=torch.tensor(agent))

    return PairExample(id=f"pair-{number}", fault=draw.choice(["wrong_value", "missing_call"]),
                       prompt=part(draw.randint(1, longest), 0), chosen=part(draw.randint(1, longest), 1),
                       rejected=part(draw.randint(1, longest), 1, likely=False))


def log_prob(model, ids, at):
    """log π of the token at `at`, from a forward of everything before it."""
    logits = model(input_ids=torch.tensor([ids[:at]])).logits[0, -1]
    return logits.log_softmax(-1)[ids[at]]


def side_sum(model, prompt, part, weights):
    ids = [*prompt.ids.tolist(), *part.ids.tolist()]
    start = len(prompt)
    return sum((weight * log_prob(model, ids, start + i) for i, weight in enumerate(weights.tolist()) if weight),
               start=torch.zeros((), dtype=torch.float64))


def slow_loss(model, reference, pairs, objective):
    """L of one optimiser step over `pairs`."""
    preference, likelihood, weights = [], [], 0.0
    for pair in pairs:
        gains = []
        for part in (pair.chosen, pair.rejected):
            with torch.no_grad():
                before = side_sum(reference, pair.prompt, part, part.credit)
            gains.append(side_sum(model, pair.prompt, part, part.credit) - before)
        margin = objective.beta * (gains[0] - gains[1])
        if objective.floor is not None:
            margin = margin - objective.beta * objective.floor * F.relu(-gains[0])
        preference.append(-F.logsigmoid(margin))
        ids = [*pair.prompt.ids.tolist(), *pair.chosen.ids.tolist()]
        own = [*pair.prompt.likelihood.tolist(), *pair.chosen.likelihood.tolist()]
        likelihood += [-weight * log_prob(model, ids, at) for at, weight in enumerate(own) if weight and at]
        weights += sum(own[1:])
    total = torch.stack(likelihood).sum() / max(weights, 1) if likelihood else 0.0
    return objective.likelihood * total + objective.preference * torch.stack(preference).mean()
