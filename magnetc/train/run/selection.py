"""Choosing a checkpoint by what it does: every so often the model plays validation conversations in their world.

The lowest loss is not the best agent: a model can become likelier to say the reference's words and worse at acting when its
own words are what it goes on from. So a checkpoint is chosen by executed success, among those whose call recall has not
fallen below that of the stage's start by more than a margin.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from transformers import TrainerCallback

from magnetc.agent.model_policy import ModelPolicy
from magnetc.agent.play import play
from magnetc.agent.score import score, summarize
from magnetc.build.opened import Opened
from magnetc.models.chat import Chat
from magnetc.train.run.folder import StageFolder, replace_folder, write_json

PREFIX = "play_"
"""Before the names of what a look found, in a trainer's history."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What a checkpoint did: shares of conversations that succeed, of reference calls made, of its calls that were right."""

    step: int
    success: float
    recall: float
    precision: float


def choose(looks: Sequence[Look], least_recall: float = 0.0) -> Look:
    """The look with the highest success whose recall is at least `least_recall`; of equals the higher recall, then the later.

    The first look (the stage's start) when none has that recall. `looks` is not empty.
    """
    able = [look for look in looks if look.recall >= least_recall] or [looks[0]]
    return max(able, key=lambda look: (look.success, look.recall, look.step))


def least_recall(looks: Sequence[Look], margin: float | None) -> float:
    """What a checkpoint must still recall: that of the stage's start less `margin`; nothing without one."""
    return 0.0 if margin is None else looks[0].recall - margin


@dataclass(frozen=True, slots=True, kw_only=True)
class Arena:
    """Validation conversations, and the world that they are played in."""

    opened: Opened
    rows: Sequence[Mapping[str, Any]]
    chat: Chat
    most_tokens: int = 256

    def look(self, model: Any, step: int) -> Look:
        """Let `model` play all rows."""
        total = summarize(score(played, self.opened.spec) for played in asyncio.run(self._play(model))).total
        return Look(step=step, success=total.success_rate or 0.0, recall=total.call_recall or 0.0,
                    precision=total.call_precision or 0.0)

    async def _play(self, model: Any) -> Any:
        pool = self.opened.pool(1)
        policy = ModelPolicy(model, self.chat, most_tokens=self.most_tokens, batch=32)
        try:
            return await play(self.rows, policy, pool, self.opened.spec, self.opened.states)
        finally:
            await pool.close()


class Selector(TrainerCallback):
    """Looks at a model every `every` steps (None: four times), at its start and end, and keeps the best weights in `folder`.

    Looks go into the trainer's history, so that a resumed run knows those before it. Weights that are best no longer are
    kept until a checkpoint knows of the better ones: a run that is killed before goes on from the checkpoint's looks.
    """

    def __init__(self, arena: Arena, every: int | None, folder: StageFolder, margin: float | None,
                 log: Callable[[dict[str, float]], None], is_main: bool):
        self.arena, self.every, self.folder, self.margin = arena, every, folder, margin
        self.log, self.is_main = log, is_main
        self.looks: list[Look] = []

    def on_train_begin(self, args: Any, state: Any, control: Any, **others: Any) -> None:
        self.every = self.every or max(1, -(-state.max_steps // 4))
        self.looks = looks_in(state.log_history)
        if not self.looks:
            self._look(others["model"], state.global_step, control)

    def on_step_end(self, args: Any, state: Any, control: Any, **others: Any) -> None:
        assert self.every
        if state.global_step % self.every == 0 or state.global_step >= state.max_steps:
            self._look(others["model"], state.global_step, control)

    def on_save(self, args: Any, state: Any, control: Any, **others: Any) -> None:
        if self.is_main:
            self.folder.keep_best(self.chosen().step)

    def chosen(self) -> Look:
        return choose(self.looks, least_recall(self.looks, self.margin))

    def _look(self, model: Any, step: int, control: Any) -> None:
        if any(look.step == step for look in self.looks):
            return
        if self.is_main:
            look = self.arena.look(model, step)
        else:
            look = Look(step=step, success=0.0, recall=0.0, precision=0.0)
        self.looks.append(look)
        asked = control.should_log
        self.log({PREFIX + name: value for name, value in asdict(look).items()})
        control.should_log = asked  # what is logged now does not answer for the step's loss
        if self.is_main and step and self.chosen().step == step:
            self._keep(model, look)

    def _keep(self, model: Any, look: Look) -> None:
        model = getattr(model, "module", model)
        place = self.folder.best(look.step)
        partial = place.with_name(place.name + ".partial")
        shutil.rmtree(partial, ignore_errors=True)
        model.save_pretrained(partial)
        write_json(partial / "look.json", asdict(look))
        replace_folder(partial, place)


def looks_in(history: Sequence[Mapping[str, Any]]) -> list[Look]:
    """The looks of a trainer's history, oldest first."""
    names = tuple(Look.__dataclass_fields__)
    found = [{name: entry[PREFIX + name] for name in names} for entry in history if PREFIX + "success" in entry]
    return [Look(**{**values, "step": int(values["step"])}) for values in found]
