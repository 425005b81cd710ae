"""Where a preference acts: the tokens of both sides of a pair, and what each weighs.

| credit | on the chosen side | on the rejected side |
|---|---|---|
| `span` | of the message at fault, what differs | the same |
| `message` | the message in its place (Step-DPO) | the message at fault |
| `turn` | that, and the later actions of the user's turn | the message at fault |
| `rest` | every action from the fault on (M-DPO; with a discount by turn, DMPO) | the same |

An agent that has gone wrong once goes on rightly: it copies the ids of its own wrong world, sums up what it was told, makes
amends. Such tokens differ from the chosen side's because of the fault and are no fault themselves, so only `rest`, which is
there to compare with the literature, pushes them down.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

import torch

from magnetc.train.encode.tokenized import CreditSpan, TokenizedPair
from magnetc.train.preference.pack import PairExample, Part

CREDITS = ("span", "message", "turn", "rest")


def with_credit(pair: TokenizedPair, credit: str, discount: float | None = None) -> PairExample:
    """The pair with its weights.

    Args:
        pair: The tokens, and where the agent's messages stand.
        credit: One of CREDITS.
        discount: γ of DMPO (arXiv 2406.14868 §4): the j-th of T messages after the fault weighs
            γʲ (1 - γ^(T-j)) / (1 - γ^T), or (T - j) / T when γ is 1.
    """
    marks = _marks(pair, credit)
    sides = []
    for ids, spans, own, likelihood in (
        (pair.chosen_ids, pair.chosen_spans, marks[0], pair.chosen_weights),
        (pair.rejected_ids, pair.rejected_spans, marks[1], [0.0] * len(pair.rejected_ids)),
    ):
        weights = _discounts(spans, discount)
        sides.append(_part(ids, likelihood, spans, {at: weights[at] for at in own}))
    differing = differing_tokens(pair)
    for part, found in zip(sides, differing):
        part.span[sorted(found)] = True
    prompt = _part(pair.prompt_ids, pair.prompt_weights, (), {})
    return PairExample(id=pair.id, fault=pair.fault, prompt=prompt, chosen=sides[0], rejected=sides[1])


def _part(ids: Sequence[int], likelihood: Sequence[float], spans: Sequence[CreditSpan], credit: dict[int, float]) -> Part:
    part = Part(ids=torch.tensor(ids, dtype=torch.long), likelihood=torch.tensor(likelihood, dtype=torch.float32),
                credit=torch.zeros(len(ids)), span=torch.zeros(len(ids), dtype=torch.bool),
                agent=torch.zeros(len(ids), dtype=torch.bool))
    for span in spans:
        part.agent[span.start : span.end] = True
    for at, weight in credit.items():
        part.credit[at] = weight
    return part


def _marks(pair: TokenizedPair, credit: str) -> tuple[set[int], set[int]]:
    """Indices of the tokens that carry credit, on the chosen and on the rejected side."""
    if credit == "span":
        return differing_tokens(pair)
    sides = (pair.chosen_spans, pair.rejected_spans)
    if credit == "rest":
        chosen, rejected = (set(_tokens(spans)) for spans in sides)
        return chosen, rejected
    chosen, rejected = (set(_tokens(_root(spans))) for spans in sides)
    if credit == "turn":
        chosen.update(_tokens(span for span in pair.chosen_spans if span.credit and not span.turn))
    return chosen, rejected


def differing_tokens(pair: TokenizedPair) -> tuple[set[int], set[int]]:
    """Of the messages at fault, the tokens that stand on one side only.

    Where the sides part, both of their tokens count, whatever they are: leaving a call out shows in nothing but the token
    that ends the message too early.
    """
    chosen, rejected = (list(_tokens(_root(spans))) for spans in (pair.chosen_spans, pair.rejected_spans))
    found = set(chosen), set(rejected)
    texts = ([ids[at] for at in own] for ids, own in ((pair.chosen_ids, chosen), (pair.rejected_ids, rejected)))
    for block in SequenceMatcher(None, *texts, autojunk=False).get_matching_blocks():
        found[0].difference_update(chosen[block.a : block.a + block.size])
        found[1].difference_update(rejected[block.b : block.b + block.size])
    found[0].update(chosen[:1])
    found[1].update(rejected[:1])
    return found


def _root(spans: Sequence[CreditSpan]) -> list[CreditSpan]:
    return [span for span in spans if span.root]


def _tokens(spans: Iterator[CreditSpan] | Sequence[CreditSpan]) -> Iterator[int]:
    return (at for span in spans for at in range(span.start, span.end))


def _discounts(spans: Sequence[CreditSpan], discount: float | None) -> dict[int, float]:
    """By token, what its message weighs."""
    total = len(spans)
    weights: dict[int, float] = {}
    for number, span in enumerate(spans):
        if discount is None:
            weight = 1.0
        elif discount == 1:
            weight = (total - number) / total
        else:
            weight = discount**number * (1 - discount ** (total - number)) / (1 - discount**total)
        weights.update(dict.fromkeys(range(span.start, span.end), weight))
    return weights
