"""Replies of a model to many questions at once, each drawn by a number of its own: who else is in the batch plays no part."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from magnetc.diagnostics import Diagnostic, MagnetError
from magnetc.extras import required
from magnetc.models.chat import Chat
from magnetc.models.continued import continued
from magnetc.models.drawn import Drawn

_THINK = re.compile(r"\s*<think>.*?</think>\s*", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Messages, and how the reply to them is drawn (`Draw`). It ends after `most_tokens`, or before any of `stops`."""

    messages: Sequence[dict[str, str]]
    seed: int = 0
    temperature: float = 0.0
    top_p: float = 1.0
    top_k: int = 0
    most_tokens: int = 256
    stops: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A reply, without what the model thought aloud before it; the tokens of the question, and those that were generated."""

    text: str
    asked: int
    answered: int


class Sampler:
    """Answers questions with a causal language model of transformers, in the words of its chat template.

    A reply depends on its question, the model and the library alone, up to rounding: sums of a batch of another shape may
    differ in their last digits, and where two tokens are as good as equal another may be taken.
    """

    def __init__(self, model: Any, chat: Chat):
        self._model, self._chat = model.eval(), chat
        tokenizer = chat.tokenizer
        self._stops: list[int] = sorted({*chat.stops, *([] if tokenizer.eos_token_id is None else [tokenizer.eos_token_id])})
        self._pad: int = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else self._stops[0] if self._stops else 0
        self.window: int | None = getattr(model.config, "max_position_embeddings", None)

    def answer(self, questions: Sequence[Question], stopped: Callable[[], bool] = lambda: False) -> list[Said | None]:
        """The reply to each question, all in one batch; None where the model's window has no room for one.

        When `stopped` says so, generation ends within a token, with what there is.

        Raises:
            MagnetError: MG713 when the chat template refuses the messages, MG518 when memory does not suffice.
        """
        prompts = [self._chat.encode(self._chat.render(question.messages, "", generation=True)) for question in questions]
        limits = [min(question.most_tokens, (self.window or len(prompt) + question.most_tokens) - len(prompt))
                  for question, prompt in zip(questions, prompts)]
        fitting = [index for index, limit in enumerate(limits) if limit > 0]
        said: list[Said | None] = [None] * len(questions)
        if fitting:
            made = self._continued([prompts[index] for index in fitting], [questions[index] for index in fitting],
                                   [limits[index] for index in fitting], stopped)
            for index, ids in zip(fitting, made):
                said[index] = Said(text=self._text(ids, questions[index].stops), asked=len(prompts[index]), answered=len(ids))
        return said

    def _continued(self, prompts: Sequence[Sequence[int]], questions: Sequence[Question], limits: Sequence[int],
                   stopped: Callable[[], bool]) -> list[list[int]]:
        (torch,) = required("torch")
        drawn = [Drawn(questions)] if any(question.temperature > 0 for question in questions) else []
        ended = _Ended(limits, max(map(len, prompts)), stopped)
        try:
            made = continued(self._model, prompts, most=max(limits), stops=self._stops, pad=self._pad, scores=drawn, ended=[ended])
        except torch.OutOfMemoryError as error:
            raise MagnetError(Diagnostic(
                code="MG518", message=f"{len(prompts)} questions at once need more memory than the device has",
                notes=(str(error).partition("\n")[0],), help="lower `batch` of the recipe's teacher: what was answered is in the journal")) from error
        return [ids[:limit] for ids, limit in zip(made, limits)]

    def _text(self, ids: Sequence[int], stops: Sequence[str]) -> str:
        text = self._chat.tokenizer.decode(list(ids), skip_special_tokens=True)
        think = _THINK.match(text)
        text = text[think.end() :] if think else text
        return min((text.partition(stop)[0] for stop in stops if stop), key=len, default=text)


class _Ended:
    """Which rows have all the tokens that they may have, or all of them when nobody waits any more."""

    def __init__(self, limits: Sequence[int], width: int, stopped: Callable[[], bool]):
        (self._torch,) = required("torch")
        self._limits, self._width, self._stopped = limits, width, stopped

    def __call__(self, input_ids: Any, scores: Any, **_: Any) -> Any:
        made, stopped = input_ids.shape[1] - self._width, self._stopped()
        return self._torch.tensor([stopped or made >= limit for limit in self._limits], device=input_ids.device)
