"""The model that acts in a world or a benchmark: a checkpoint on this machine, or one behind an endpoint."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from magnetc.agent.endpoint_policy import EndpointPolicy
from magnetc.agent.model_policy import ModelPolicy, Sampling
from magnetc.agent.policy import Policy
from magnetc.build.checkpoint_model import load_checkpoint
from magnetc.build.model_names import model_names
from magnetc.engine.journal import NAME, Journal
from magnetc.ir.checkpoint import Checkpoint
from magnetc.ir.endpoint import Endpoint
from magnetc.models.chat import Chat
from magnetc.models.prefixes import Prefixes
from magnetc.teachers.ask import Asker
from magnetc.teachers.openai.client import OpenAIClient


@dataclass(frozen=True, slots=True, kw_only=True)
class ActingModel:
    """Which model acts, how its messages are drawn, and how long one may be, in tokens."""

    model: Endpoint | Checkpoint
    sampling: Sampling = field(default_factory=Sampling)
    most_tokens: int = 512

    def name(self, folder: Path) -> str:
        """What results call the model: a checkpoint's folder with a digest of its files, an endpoint's model. `folder`: what paths are seen from.

        Raises:
            MagnetError: MG712 for a folder that is not there.
        """
        return model_names(self.model, folder)("")


@dataclass(frozen=True, slots=True, kw_only=True)
class Acting:
    """A policy at work. `batch` conversations are best asked about together, in `lanes` of which none waits for another; `counts` says how
    an endpoint's answers fared (`EndpointPolicy`), and is empty for a checkpoint, whose model and chat template are `loaded`."""

    policy: Policy
    batch: int
    lanes: int
    counts: Counter[str]
    loaded: tuple[Any, Chat] | None = None


@asynccontextmanager
async def acting(chosen: ActingModel, folder: Path) -> AsyncIterator[Acting]:
    """Make the model ready to act. What an endpoint says is in the journal of `folder`, and is asked for once.

    Raises:
        MagnetError: MG507 for a journal, MG509 where a key is missing; MG710, MG712, MG713 for a checkpoint.
    """
    model, how = chosen.model, chosen.sampling
    if isinstance(model, Checkpoint):
        loaded, chat = load_checkpoint(model, model.model, folder)
        # Elsewhere reading is fast, and memory is for the batch.
        prefixes = Prefixes() if next(loaded.parameters()).device.type == "cpu" else None
        policy = ModelPolicy(loaded, chat, most_tokens=chosen.most_tokens, batch=model.batch, sampling=how, prefixes=prefixes)
        yield Acting(policy=policy, batch=model.batch, lanes=1, counts=Counter(), loaded=(loaded, chat))
        return
    decoding: dict[str, Any] = {"temperature": how.temperature, "max_tokens": chosen.most_tokens}
    decoding |= {"top_p": how.top_p} if how.top_p < 1 else {}
    decoding |= {"top_k": how.top_k} if how.top_k else {}
    with Journal(folder / NAME) as journal:
        async with OpenAIClient(model) as client:
            hosted = EndpointPolicy(Asker(client, journal), decoding)
            yield Acting(policy=hosted, batch=1, lanes=model.concurrency, counts=hosted.counts)


def template_options(text: str) -> str:
    """What is passed to a chat template, as canonical JSON of an object. Raises ValueError where `text` states none."""
    value = json.loads(text)
    if not isinstance(value, dict):
        raise ValueError("it is no JSON object")
    return json.dumps(value, sort_keys=True)
