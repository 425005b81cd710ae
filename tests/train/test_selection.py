"""Checkpoints are chosen by what they do, and a run that stops and goes on chooses as one that does not."""

import json

import pytest
import torch
from accelerate import PartialState
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import load_file
from small import furthest, weights

from magnetc.agent.reference import drawn_rows
from magnetc.models.load import load_model
from magnetc.train.run import stages
from magnetc.train.run.folder import StageFolder
from magnetc.train.run.selection import Look, choose, looks_in
from magnetc.train.run.settings import LoraSettings, MDPOSettings, SelectSettings, TrainSettings
from magnetc.train.run.stages import Stage

pytestmark = pytest.mark.train

shares = st.integers(0, 4).map(lambda quarters: quarters / 4)
looks = st.lists(st.tuples(shares, shares), min_size=1, max_size=8).map(lambda found: [
    Look(step=10 * number, success=success, recall=recall, precision=0.0) for number, (success, recall) in enumerate(found)])


@given(looks, shares)
def test_what_is_chosen(found, least):
    chosen = choose(found, least)
    able = [look for look in found if look.recall >= least]
    assert chosen in found
    if not able:
        assert chosen is found[0]
    for look in able:
        assert chosen.recall >= least
        assert chosen.success >= look.success
        if look.success == chosen.success:
            assert chosen.recall >= look.recall
        if (look.success, look.recall) == (chosen.success, chosen.recall):
            assert chosen.step >= look.step


@given(st.lists(st.text(max_size=5), unique=True, max_size=12), st.integers(0, 15), st.randoms())
def test_the_same_rows_are_drawn_in_whatever_order_they_come(ids, count, order):
    rows = [{"id": id} for id in ids]
    drawn = drawn_rows(rows, count)
    assert len(drawn) == min(count, len(rows))
    order.shuffle(rows)
    assert drawn_rows(rows, count) == drawn


class Arena:
    """Says what each step did, remembers the weights that it was shown, and may stop the run at a step."""

    def __init__(self, planned, stop=None):
        self.planned, self.stop = planned, stop
        self.shown = {}

    def look(self, model, step):
        if step == self.stop:
            raise KeyboardInterrupt
        self.shown[step] = weights(model)
        success, recall = self.planned[step]
        return Look(step=step, success=success, recall=recall, precision=0.5)


@pytest.fixture
def run(data, base, tmp_path):
    PartialState(cpu=True)

    def go(arena, name="run", lora=None):
        settings = TrainSettings(base=str(base), lora=lora, select=SelectSettings(every=2, recall_margin=0.1),
                                 mdpo=MDPOSettings(steps=8, batch=2, lr=1e-2, schedule="constant", warmup=0.0))
        said = []
        stage = Stage(name="mdpo", start=str(base), folder=StageFolder(tmp_path / name), settings=settings, chat=data.chat,
                      arena=arena, announce=said.append, bar=False)
        stages.mdpo(stage, data.encoded[:6], [])
        return stage.folder, [line for line in said if "keeping" in line]

    return go


def saved(folder):
    return load_file(folder.model / "model.safetensors")


def played(folder):
    return [(look.step, look.success, look.recall) for look in looks_in(folder.read_history())]


PLAN = {0: (0.2, 0.5), 2: (0.4, 0.6), 4: (0.6, 0.45), 6: (0.9, 0.3), 8: (0.6, 0.44)}
"""Step 6 succeeds most, but recalls too little; step 4 is the best of the others."""


def test_the_best_that_still_recalls_is_kept(base, run):
    arena = Arena(PLAN)
    folder, said = run(arena)
    assert played(folder) == [(step, *figures) for step, figures in PLAN.items()]
    assert [entry["step"] for entry in folder.read_history() if "loss" in entry] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert furthest(arena.shown[0], weights(load_model(base))) == 0
    assert furthest(saved(folder), {name: arena.shown[4][name] for name in saved(folder)}) == 0
    assert furthest(arena.shown[4], arena.shown[6]) > 0
    assert said == ["mdpo: keeping step 4: success 60.0%, recall 45.0%"]
    assert [path.name for path in folder.folder.glob("best*")] == ["best-4"]
    assert json.loads((folder.best(4) / "look.json").read_text())["success"] == 0.6
    assert not list(folder.folder.glob("checkpoint-*"))


@pytest.mark.parametrize("plan", [
    pytest.param(dict.fromkeys(PLAN, (0.5, 0.5)) | {8: (0.4, 0.5)}, id="ties go to the later"),
    pytest.param({0: (0.5, 0.5)} | dict.fromkeys((2, 4, 6, 8), (0.9, 0.39)), id="none is able"),
    pytest.param({0: (0.5, 0.5)} | dict.fromkeys((2, 4, 6, 8), (0.4, 0.9)), id="none is better"),
])
def test_ties_and_the_start(base, run, plan):
    arena = Arena(plan)
    folder, said = run(arena)
    best = 6 if plan[6] == (0.5, 0.5) else 0
    expected = arena.shown[best] if best else weights(load_model(base))
    assert furthest(saved(folder), {name: expected[name] for name in saved(folder)}) == 0
    assert f"keeping step {best}" in said[0]
    assert ("no later checkpoint did better" in said[0]) == (not best)


@pytest.mark.parametrize("lora", [None, LoraSettings(rank=2)])
@pytest.mark.parametrize("stop", [4, 6, 8])
def test_looks_survive_a_resume(run, lora, stop):
    whole, _ = run(Arena(PLAN), "whole", lora)
    stopped = Arena(PLAN, stop)
    with pytest.raises(KeyboardInterrupt):
        run(stopped, "stopped", lora)
    again = Arena(PLAN)
    folder, said = run(again, "stopped", lora)
    assert sorted({*stopped.shown, *again.shown}) == list(PLAN)
    assert not {*stopped.shown} & {*again.shown}
    assert played(folder) == played(whole)
    assert said[0].startswith("mdpo: keeping step 4")
    assert furthest(saved(folder), saved(whole)) == 0


def test_weights_are_kept_until_a_checkpoint_knows_better_ones(run):
    """A run that stops after step 4 was looked at, and before its checkpoint was written, may find step 4 to be worse."""
    arena = Arena(PLAN)
    save = torch.save

    def interrupted(value, place, *others, **options):
        if "checkpoint-4" in str(place):
            raise KeyboardInterrupt
        return save(value, place, *others, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch, "save", interrupted)
        with pytest.raises(KeyboardInterrupt):
            run(arena)
    worse = Arena(PLAN | {4: (0.0, 0.0), 8: (0.0, 0.0)})
    folder, said = run(worse)
    assert sorted(worse.shown) == [4, 6, 8]
    assert said[0].startswith("mdpo: keeping step 2:")
    assert furthest(saved(folder), {name: arena.shown[2][name] for name in saved(folder)}) == 0
