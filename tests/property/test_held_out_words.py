"""Held-out phrases: both parts can say all that the whole can, and no conversation to train on has what the other part has."""

from dataclasses import replace

import pytest
from dataset import LIBRARY, TRAVEL
from hypothesis import given, settings
from hypothesis import strategies as st

from magnetc.diagnostics import Sink
from magnetc.frontend import load
from magnetc.ir.spec import HeldOut
from magnetc.ir.template import slots
from magnetc.passes.fit import fit
from magnetc.passes.held_out_words import USER_FRAMES, held_out_words, is_said_apart
from magnetc.tools.importers import IMPORTERS

SPECS = {folder.name: load(folder, Sink(), IMPORTERS) for folder in (LIBRARY, TRAVEL)}


def holding(name, share, seed):
    spec = SPECS[name]
    return replace(spec, recipe=replace(spec.recipe, seed=seed, held_out=HeldOut(phrases=share)))


def phrases(spec):
    return {(template.chain, phrase.locale, phrase.mood, phrase.text) for template in spec.turns for phrase in template.phrases}


def sayable(spec):
    """What phrases say when all of their slots are the user's to give, and when only those are that they cannot leave out."""
    found = set()
    for template in spec.turns:
        for phrase in template.phrases:
            if phrase.weight > 0:
                names = frozenset(slot.name for slot in slots(phrase.parts))
                found.add((template.chain, phrase.locale, names if fit(phrase.parts, names, frozenset()) is not None else None))
    return found




@pytest.mark.parametrize("name", SPECS)
@given(share=st.floats(0.05, 0.5), seed=st.integers(0, 1 << 31))
@settings(max_examples=15, deadline=None)
def test_both_parts_can_say_all_that_the_whole_can(name, share, seed):
    spec = holding(name, share, seed)
    wording = held_out_words(spec)
    assert sayable(wording.known) == sayable(wording.apart) == sayable(spec)
    held = phrases(spec) - phrases(wording.known)
    assert held <= phrases(wording.apart)
    for part in (wording.known, wording.apart):
        for before, after in zip(spec.frames, part.frames):
            assert {(group, frame.style, frame.after) for group, frames in before.groups for frame in frames} == {
                (group, frame.style, frame.after) for group, frames in after.groups for frame in frames}
            assert all(before.of[group] == after.of[group] for group in before.of if group not in USER_FRAMES)


@given(seed=st.integers(0, 1 << 31))
@settings(max_examples=10, deadline=None)
def test_as_large_a_share_of_phrases_and_of_paths(seed):
    spec = holding("travel", 0.3, seed)
    wording = held_out_words(spec)
    alike = [frame for frames in spec.frames for group, frames_of in frames.groups if group in USER_FRAMES for frame in frames_of]
    left = [frame for frames in wording.known.frames for group, frames_of in frames.groups if group in USER_FRAMES for frame in frames_of]
    assert 0.6 < len(left) / len(alike) < 0.85
    apart = [is_said_apart(spec.recipe, f"trip-{number:06d}") for number in range(500)]
    assert 0.2 < sum(apart) / len(apart) < 0.4
    assert all((wording.of(f"trip-{number:06d}") is wording.apart) == said for number, said in enumerate(apart))


def test_nothing_is_drawn_where_nothing_is_held_out():
    assert held_out_words(SPECS["travel"]) is None
