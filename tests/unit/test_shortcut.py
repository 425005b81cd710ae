"""What tells the sides of pairs apart without being read: what the measure sees, and what it does not."""

import json
import random

import pytest

from magnetc.emit.shortcut import FEWEST, Shortcut


def side(words, calls=0):
    messages = [{"role": "assistant", "content": "", "tool_calls": [{"function": {"name": "f", "arguments": json.dumps({"a": "x"})}}]}
                for _ in range(calls)]
    messages.append({"role": "assistant", "content": words})
    return [*messages, {"role": "user", "content": "And what about this? " * 50}, {"role": "assistant", "content": "Later? " * 90}]


def of(pairs):
    shortcut = Shortcut()
    for chosen, rejected in pairs:
        shortcut.add({"chosen": chosen, "rejected": rejected})
    return shortcut


def lengths(chance, more, count=400):
    return [(side("x" * (chance.randrange(20, 60) + more)), side("x" * chance.randrange(20, 60))) for _ in range(count)]


def test_sides_of_one_kind_are_a_guess():
    assert of(lengths(random.Random(1), 0)).auc() == pytest.approx(0.5, abs=0.06)


@pytest.mark.parametrize(("pairs", "feature"), [
    (lengths(random.Random(2), 200), "length"),
    ([(side("x", calls=1 + index % 2), side("x" * 45, calls=0)) for index in range(100)], "any call"),
    ([(side("x" * 15, calls=2), side("x" * 30, calls=1)) for _ in range(100)], "calls"),
    ([(side("xxx"), side("xx?")) for _ in range(100)], "a question"),
], ids=("length", "any call", "calls", "a question"))
def test_what_tells_them_apart_is_found(pairs, feature):
    shortcut = of(pairs)
    assert shortcut.auc() > 0.95
    assert shortcut.telling()[feature] > 0.95


def test_what_goes_both_ways_tells_nothing():
    pairs = lengths(random.Random(3), 200)
    assert of([pair if index % 2 else pair[::-1] for index, pair in enumerate(pairs)]).auc() < 0.6


def test_it_is_what_scikit_learn_finds():
    linear_model = pytest.importorskip("sklearn.linear_model")
    metrics = pytest.importorskip("sklearn.metrics")
    chance = random.Random(4)
    pairs = [(side("x" * chance.randrange(20, 90), calls=chance.randrange(3)), side("x" * chance.randrange(10, 70), calls=chance.randrange(3)))
             for _ in range(600)]
    shortcut = of(pairs)
    features = [row for both in shortcut.sides for row in both]
    model = linear_model.LogisticRegression(C=1.0, fit_intercept=False)
    mean, spread = [sum(column) / len(features) for column in zip(*features)], [1e-9 + max(column) for column in zip(*features)]
    scaled = [[(value - m) / s for value, m, s in zip(row, mean, spread)] for row in features]
    labels = [1, 0] * len(pairs)
    theirs = metrics.roc_auc_score(labels, model.fit(scaled, labels).decision_function(scaled))
    assert shortcut.auc() == pytest.approx(theirs, abs=0.02)


def test_of_few_pairs_nothing_is_said():
    assert of(lengths(random.Random(5), 200, FEWEST - 1)).auc() is None
    assert of(lengths(random.Random(5), 200, FEWEST)).auc() is not None
