"""A checkpoint that answers prompt programs: loaded when it is first asked, and asked in batches."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from magnetc.build.model_names import checkpoint_place, model_names
from magnetc.diagnostics import MagnetError
from magnetc.extras import required
from magnetc.ir.checkpoint import Checkpoint
from magnetc.models.chat import Chat
from magnetc.models.load import load_model, load_tokenizer
from magnetc.models.sample import Question, Sampler
from magnetc.teachers.ask import Reply, Request, Unusable
from magnetc.teachers.batches import Batches
from magnetc.teachers.prompt_program import broken

DEFAULT_TOKENS = 256
"""The most tokens of a reply to a program that does not say."""


def checkpoint_model(checkpoint: Checkpoint, folder: Path) -> Batches:
    """The model of a recipe in `folder`. Nothing is loaded before a question is asked.

    Raises:
        MagnetError: when it is asked: MG710 without the extra `train`, MG712 for what cannot be loaded, MG713 for a chat template that does
            not do, MG518 for a batch that memory does not hold, MG420 for a program whose `decoding` cannot be followed.
    """
    samplers: dict[str, Sampler] = {}

    def say(requests: Sequence[Request], stopped: Callable[[], bool]) -> list[Reply | Unusable]:
        called = checkpoint.model_for(requests[0].program)
        if called not in samplers:
            samplers[called] = Sampler(*load_checkpoint(checkpoint, called, folder))
        sampler = samplers[called]
        answers = sampler.answer([_question(request, checkpoint) for request in requests], stopped)
        return [Reply(text=said.text.encode("utf-8", "replace").decode(), asked=said.asked, answered=said.answered) if said else
                Unusable(request.program, f"the question does not fit into the model's window of `{sampler.window}` tokens")
                for request, said in zip(requests, answers)]

    return Batches(model_names(checkpoint, folder), say, checkpoint.batch)


def load_checkpoint(checkpoint: Checkpoint, name: str, folder: Path) -> tuple[Any, Chat]:
    """The model called `name`, on its device, and its chat template; `folder` is what paths are seen from.

    Raises:
        MagnetError: MG710 without the extra `train`, MG712 for what cannot be loaded, MG713 for a tokenizer without a chat template.
    """
    (torch,) = required("torch")
    place = checkpoint_place(name, folder)
    at = str(place or name)
    revision = {"revision": checkpoint.revision} if checkpoint.revision and place is None else {}
    device = checkpoint.device if checkpoint.device != "auto" else "cuda" if torch.cuda.is_available() else "cpu"
    chat = Chat(load_tokenizer(at, **revision), json.loads(checkpoint.template))
    return load_model(at, dtype=checkpoint.dtype, device=device, **revision), chat


def _question(request: Request, checkpoint: Checkpoint) -> Question:
    """A request with the number that its reply is drawn by: the digest of all that it asks, of which try it is too."""
    decoding = request.decoding
    try:
        most = max(1, int(decoding.get("max_tokens", DEFAULT_TOKENS)))
        stops = decoding.get("stop") or ()
        return Question(messages=[dict(message) for message in request.messages], seed=int.from_bytes(request.key()[:8], "big"),
                        temperature=float(decoding.get("temperature", 1.0)), top_p=float(decoding.get("top_p", 1.0)),
                        top_k=max(0, int(decoding.get("top_k", 0))),
                        most_tokens=min(most, checkpoint.most_tokens or most), stops=(stops,) if isinstance(stops, str) else tuple(map(str, stops)))
    except (TypeError, ValueError, OverflowError) as error:
        raise MagnetError(broken(request.program, f"its `decoding` cannot be followed: {error}")) from error
