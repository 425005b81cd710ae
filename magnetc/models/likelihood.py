"""How likely a model is to say a message: log-probabilities of what is not generated but given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from magnetc.extras import required
from magnetc.models.chat import Chat
from magnetc.models.segments import shared

Said = tuple[Sequence[Mapping[str, Any]], str, Mapping[str, Any]]
"""Messages in the form of the rows, the offered tools as JSON text, and the agent's message that follows."""


def log_likelihoods(model: Any, chat: Chat, said: Sequence[Said], *, batch: int = 16) -> list[float | None]:
    """The mean log-probability of a token of each message, in nats, after the messages before it; None where the model's window has no room.

    The message ends with the token that ends it, where the chat template writes one.

    Raises:
        MagnetError: MG713 when the chat template refuses a conversation.
    """
    texts = [_encoded(chat, *each) for each in said]
    window = getattr(model.config, "max_position_embeddings", None)
    fitting = sorted((index for index, (before, own) in enumerate(texts) if before and own and (window is None or len(before) + len(own) <= window)),
                     key=lambda index: sum(map(len, texts[index])))
    found: list[float | None] = [None] * len(said)
    for start in range(0, len(fitting), batch):
        chosen = fitting[start : start + batch]
        for index, value in zip(chosen, _means(model, [texts[index] for index in chosen])):
            found[index] = value
    return found


def _encoded(chat: Chat, messages: Sequence[Mapping[str, Any]], tools: str, message: Mapping[str, Any]) -> tuple[list[int], list[int]]:
    """Ids of what stands before the message, and of the message."""
    before, whole = chat.render(messages, tools, generation=True), chat.render([*messages, message], tools)
    ids = chat.encode(whole)
    start = shared(chat.encode(before), ids)
    end = next((place + 1 for place in range(start, len(ids)) if ids[place] in chat.stops), len(ids))
    return ids[:start], ids[start:end]


def _means(model: Any, texts: Sequence[tuple[list[int], list[int]]]) -> list[float]:
    (torch,) = required("torch")
    width = max(len(before) + len(own) for before, own in texts)
    ids = torch.zeros((len(texts), width), dtype=torch.long)
    mask = torch.zeros_like(ids)
    for row, (before, own) in enumerate(texts):
        ids[row, : len(before) + len(own)] = torch.tensor([*before, *own])
        mask[row, : len(before) + len(own)] = 1
    device = next(model.parameters()).device
    means = []
    with torch.no_grad():
        scores = model(input_ids=ids.to(device), attention_mask=mask.to(device)).logits
        for row, (before, own) in enumerate(texts):   # only what is asked for in float32: of whole texts a large vocabulary fills any memory
            shares = scores[row, len(before) - 1 : len(before) + len(own) - 1].float().log_softmax(dim=-1)
            means.append(shares.gather(1, torch.tensor(own, device=device).unsqueeze(1)).mean().item())
    return means
