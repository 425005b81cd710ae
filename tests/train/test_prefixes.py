"""What a model has read is not read again, and it says the same."""

import random
from functools import wraps

import pytest
import torch
from transformers import MambaConfig, MambaForCausalLM

from magnetc.models.continued import continued
from magnetc.models.generate import PADDED, Generator
from magnetc.models.prefixes import LEAST, Prefixes

pytestmark = pytest.mark.train
PAD = 0


def prompts(generator, most=9, longest=300):
    return [[generator.randrange(3, 60) for _ in range(generator.randrange(20, longest))] for _ in range(generator.randrange(1, most))]


@pytest.mark.parametrize("seed", range(6))
def test_conversations_that_go_on_are_said_alike(data, seed, monkeypatch):
    """Some go on, some change in their middle, some end and others begin; now and then the memory is too small."""
    generator, model = random.Random(seed), data.model().eval()
    read = []
    forward = model.forward

    @wraps(forward)
    def counting(*args, input_ids, **more):
        read.append(input_ids.shape[1])
        return forward(*args, input_ids=input_ids, **more)

    known = Prefixes(most_bytes=200_000 if seed == 5 else 1 << 26)
    asked = prompts(generator)
    for _ in range(5):
        plain = continued(model, asked, most=10, stops=[1], pad=PAD)
        with monkeypatch.context() as patch:
            patch.setattr(model, "forward", counting)
            assert continued(model, asked, most=10, stops=[1], pad=PAD, prefixes=known) == plain
        asked = [[*before, *said, *(generator.randrange(3, 60) for _ in range(generator.randrange(1, 40)))] for before, said in zip(asked, plain)]
        cut = generator.randrange(len(asked))
        asked[cut] = asked[cut][: generator.randrange(1, len(asked[cut]))] + [7] * generator.randrange(1, 30)
        asked += prompts(generator, 3)
        generator.shuffle(asked)
    assert known._held <= known._most
    assert known._held == sum(each.bytes for each in known._known.values())
    assert read


def test_only_what_is_new_is_read(data, monkeypatch):
    model, known = data.model().eval(), Prefixes()
    first = [5] * 200
    (said,) = continued(model, [first], most=4, stops=[], pad=PAD, prefixes=known)
    widths, forward = [], model.forward

    @wraps(forward)
    def counting(*args, input_ids, **more):
        widths.append(input_ids.shape[1])
        return forward(*args, input_ids=input_ids, **more)

    monkeypatch.setattr(model, "forward", counting)
    continued(model, [[*first, *said, 9, 9]], most=4, stops=[], pad=PAD, prefixes=known)
    assert widths[0] == 3, "the last that was said was not read, and two more"
    assert len(known._known) == 1, "what goes on stands in place of what it goes on from"
    continued(model, [[5] * (LEAST - 1)], most=1, stops=[], pad=PAD, prefixes=known)
    assert widths[4] == LEAST - 1, "little is read again"


def test_of_models_that_carry_a_state_nothing_is_kept():
    model = MambaForCausalLM(MambaConfig(vocab_size=64, hidden_size=16, num_hidden_layers=2, state_size=4)).eval()
    known = Prefixes()
    asked = [[5] * 90, [6] * 70]
    for _ in range(2):
        assert continued(model, asked, most=4, stops=[], pad=PAD, prefixes=known) == continued(model, asked, most=4, stops=[], pad=PAD)
    assert not known._known


def test_long_prompts_go_through_in_smaller_batches(data, monkeypatch):
    model = data.model().eval()
    widths = []
    monkeypatch.setattr("magnetc.models.generate.continued", lambda _, prompts, **__: widths.append([len(each) for each in prompts]) or [[] for _ in prompts])
    monkeypatch.setitem(PADDED, "cpu", 400)
    Generator(model, data.chat, most_tokens=20, batch=4).complete([[5] * length for length in (10, 300, 20, 30, 40, 50, 90, 120)])
    assert widths == [[10, 20, 30, 40], [50, 90], [120], [300]]
    assert torch.is_grad_enabled()
