"""`final/`: the trained model as a server takes it, and how to serve it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from magnetc.emit.markdown import page
from magnetc.models.chat import Chat
from magnetc.train.run.folder import replace_folder
from magnetc.train.run.settings import TrainSettings


def write_final(place: Path, model: Path, chat: Chat, settings: TrainSettings, manifest: Mapping[str, Any],
                stages: Sequence[str], play: Mapping[str, Mapping[str, Any]]) -> None:
    """Copy the last stage's model to `place` with its stop tokens and SERVE.md.

    Args:
        model: A folder with merged weights, tokenizer and chat template.
        play: By stage, what the kept checkpoint did: step, success, recall.
    """
    from transformers import GenerationConfig

    partial = place.with_name(place.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    shutil.copytree(model, partial, ignore=shutil.ignore_patterns("look.json", "training_args.bin"))
    pad = chat.tokenizer.pad_token_id
    GenerationConfig(eos_token_id=list(chat.stops), pad_token_id=chat.stops[0] if pad is None else pad,
                     do_sample=False).save_pretrained(partial)
    (partial / "SERVE.md").write_text(_serving(chat, settings, manifest, stages, play), encoding="utf-8")
    replace_folder(partial, place)


def _serving(chat: Chat, settings: TrainSettings, manifest: Mapping[str, Any], stages: Sequence[str],
             play: Mapping[str, Mapping[str, Any]]) -> str:
    return page(
        "serve", name=manifest["name"], description=manifest.get("description", ""),
        base=settings.base if isinstance(settings.base, str) else "a model from nothing",
        dataset=f"{manifest['name']} {manifest['recipe_version']}", stages=stages, play=play,
        conversations=settings.select.conversations if settings.select else 0, dialect=chat.dialect.name,
        vllm=chat.dialect.vllm, sglang=chat.dialect.sglang, kwargs=json.dumps(chat.options) if chat.options else "",
        stops=[chat.tokenizer.convert_ids_to_tokens(stop) for stop in chat.stops])
