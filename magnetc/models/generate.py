"""What an agent says next, for many conversations at once, of a model that may be in training."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from magnetc.models.chat import Chat
from magnetc.models.continued import continued
from magnetc.models.dialects import Parsed
from magnetc.models.drawn import Draw, Drawn
from magnetc.models.prefixes import Prefixes

Conversation = tuple[Sequence[Mapping[str, Any]], str]
"""Messages in the form of the rows, and the offered tools as JSON text."""

PADDED = {"cpu": 16_384}
"""By kind of device, the tokens that go through a model together, padding and what may be said with them: on a processor each step reads and copies all of
them, and one long prompt among short ones makes them all long."""

PADDED_ELSEWHERE = 65_536
"""On a GPU, whose memory holds the keys and values of all of them."""


class Generator:
    """Says the agent's next message of conversations as `model` would, taking the likeliest token each time or drawing.

    The same model and conversations give the same messages. `model` is a causal language model of transformers, with
    adapters or not, wrapped for training or not; its modes are put back after each use, and no random number is drawn.

    Args:
        most_tokens: Of one message. One that does not end by then is read as it stands.
        prefixes: What the model has read before, where its weights do not change (`prefixes.py`).
        batch: Prompts that go through the model together, at the most: those of like length, and fewer where they are long (PADDED).
    """

    def __init__(self, model: Any, chat: Chat, *, most_tokens: int = 256, batch: int = 16, prefixes: Prefixes | None = None):
        self._model, self._chat, self._prefixes = _unwrapped(model), chat, prefixes
        self._most, self._batch = most_tokens, batch
        tokenizer = chat.tokenizer
        self._stops = list(chat.stops) or [tokenizer.eos_token_id]
        self._pad = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else self._stops[0]
        self._window = getattr(self._model.config, "max_position_embeddings", None)

    def answer(self, conversations: Sequence[Conversation], draws: Sequence[Draw] = ()) -> list[Parsed]:
        """The next message of each conversation, in order; an empty one where the model's window has no room for it.

        `draws`: how each is drawn; without them the likeliest token is taken each time.

        Raises:
            MagnetError: MG713 when the chat template refuses a conversation.
        """
        prompts = [self._chat.encode(self._chat.render(messages, tools, generation=True)) for messages, tools in conversations]
        return [self._chat.read(said) for said in self.complete(prompts, draws)]

    def complete(self, prompts: Sequence[Sequence[int]], draws: Sequence[Draw] = ()) -> list[list[int]]:
        """The ids that follow each prompt, up to the first that ends a message, which is left out."""
        said: list[list[int]] = [[] for _ in prompts]
        room = None if self._window is None else self._window - self._most
        fitting = [index for index, prompt in enumerate(prompts) if prompt and (room is None or len(prompt) <= room)]
        fitting.sort(key=lambda index: len(prompts[index]))
        with _acting(self._model):
            for chosen in self._batches(fitting, prompts):
                drawn = [Drawn([draws[index] for index in chosen])] if draws else []
                made = continued(self._model, [prompts[index] for index in chosen], most=self._most, stops=self._stops, pad=self._pad,
                                 scores=drawn, prefixes=self._prefixes)
                for index, ids in zip(chosen, made):
                    said[index] = ids
        return said

    def _batches(self, ranked: Sequence[int], prompts: Sequence[Sequence[int]]) -> Iterator[list[int]]:
        """Prompts by number, the shortest first, cut into what goes through the model together."""
        room = PADDED.get(next(self._model.parameters()).device.type, PADDED_ELSEWHERE)
        chosen: list[int] = []
        for index in ranked:
            if chosen and (len(chosen) == self._batch or (len(chosen) + 1) * (len(prompts[index]) + self._most) > room):
                yield chosen
                chosen = []
            chosen.append(index)
        if chosen:
            yield chosen


def _unwrapped(model: Any) -> Any:
    """The model that can generate, inside what wraps it for training on several devices."""
    while not hasattr(model, "generate") and hasattr(model, "module"):
        model = model.module
    return model


@contextmanager
def _acting(model: Any) -> Iterator[None]:
    """The model without dropout and with its cache; after the body each module is in the mode that it was in."""
    modes = [(module, module.training) for module in model.modules()]
    cached = getattr(model.config, "use_cache", None)
    model.eval()
    if cached is not None:
        model.config.use_cache = True
    try:
        yield
    finally:
        for module, mode in modes:
            module.training = mode
        if cached is not None:
            model.config.use_cache = cached
