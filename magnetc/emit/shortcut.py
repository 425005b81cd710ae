"""What tells the sides of preference pairs apart without being read: a model that finds it learns that, and nothing of tools.

A logistic model on four features of the agent's faulty turn guesses which side is the chosen one; each pair by a model of the others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

FEATURES = ("length", "calls", "a question", "any call")
"""Characters that the agent says and gives as arguments, how many calls it makes, whether it asks, whether it calls."""

FEWEST = 50
"""Pairs below which nothing is said: chance alone would tell them apart."""

FOLDS = 5


@dataclass(slots=True)
class Shortcut:
    """Sides of pairs, as features alone."""

    sides: list[tuple[Sequence[float], Sequence[float]]] = field(default_factory=list)

    def add(self, pair: Mapping[str, Any]) -> None:
        self.sides.append((_features(pair["chosen"]), _features(pair["rejected"])))

    def auc(self) -> float | None:
        """The chance that a chosen side is taken for more chosen than a rejected one, to three digits: 0.5 is a guess. None for few pairs."""
        if len(self.sides) < FEWEST:
            return None
        sides = np.array(self.sides, dtype=float).reshape(-1, 2, len(FEATURES))
        spread = sides.std(axis=(0, 1))
        scaled = (sides - sides.mean(axis=(0, 1))) / np.where(spread > 0, spread, 1.0)
        fold = np.arange(len(scaled)) % FOLDS
        scores = np.empty(scaled.shape[:2])
        for each in range(FOLDS):
            scores[fold == each] = scaled[fold == each] @ _fitted(scaled[fold != each])
        return round(_area(scores[:, 0], scores[:, 1]), 3)

    def telling(self) -> dict[str, float]:
        """The same by one feature at a time, whichever way it points."""
        sides = np.array(self.sides, dtype=float).reshape(-1, 2, len(FEATURES))
        areas = (_area(sides[:, 0, index], sides[:, 1, index]) for index in range(len(FEATURES)))
        return {name: round(max(area, 1 - area), 3) for name, area in zip(FEATURES, areas)}


def _features(side: Sequence[Mapping[str, Any]]) -> tuple[float, ...]:
    end = next((index for index, message in enumerate(side) if message["role"] == "user"), len(side))
    said = [message for message in side[:end] if message["role"] == "assistant"]
    calls = [call["function"]["arguments"] for message in said for call in message.get("tool_calls", ())]
    words = "".join(message["content"] for message in said)
    return float(len(words) + sum(map(len, calls))), float(len(calls)), float("?" in words or "？" in words), float(bool(calls))


def _fitted(sides: np.ndarray) -> np.ndarray:
    """Weights of a logistic model with a ridge of 1, of sides (pairs, 2, features), the chosen first.

    The sides are told apart by the sign of what the weights give: features are centred and both sides as many, so that it needs no offset.
    """
    from scipy.optimize import minimize
    from scipy.special import expit, log_expit

    signed = np.concatenate([sides[:, 0], -sides[:, 1]])

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        margins = signed @ weights
        return -log_expit(margins).sum() + weights @ weights / 2, -signed.T @ expit(-margins) + weights

    return minimize(loss, np.zeros(signed.shape[1]), jac=True, method="L-BFGS-B").x


def _area(chosen: np.ndarray, rejected: np.ndarray) -> float:
    """The area under the ROC curve: the share of (chosen, rejected) in which the chosen scores higher, ties by half."""
    from scipy.stats import rankdata

    ranks = rankdata(np.concatenate([chosen, rejected]))
    return float((ranks[: len(chosen)].sum() - len(chosen) * (len(chosen) + 1) / 2) / (len(chosen) * len(rejected)))
