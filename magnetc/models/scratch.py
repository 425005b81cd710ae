"""A small base made from nothing: a tokenizer trained on a data set's own texts, and an untrained model."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from magnetc.extras import required
from magnetc.models.chat import Chat
from magnetc.source.resources import resource

SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
MARKS = ("<tool_call>", "</tool_call>", "<tool_response>", "</tool_response>")
"""Added tokens that are text: decoding keeps them."""
_CODE = re.compile(r"(\b[A-Z0-9]{5,}\b)")
_SPLIT = re.compile("|".join(map(re.escape, SPECIAL + MARKS)))


@dataclass(frozen=True, slots=True, kw_only=True)
class ScratchSettings:
    """Sizes of a base from nothing. As they stand it has 0.65 million parameters; `positions` is its longest sequence."""

    vocabulary: int = 2048
    hidden: int = 128
    layers: int = 3
    heads: int = 4
    kv_heads: int = 4
    intermediate: int = 160
    positions: int = 4096
    seed: int = 0


def scratch_texts(rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Rows as the scratch template renders them, to train its tokenizer on: SFT rows, or the chosen side of pairs."""
    chat = Chat(scratch_tokenizer((), 0))
    for row in rows:
        messages = row["messages"] if "messages" in row else [*row["prompt"], *row["chosen"]]
        yield chat.render(messages, row["tools"])


def scratch_tokenizer(texts: Iterable[str], vocabulary: int) -> Any:
    """A byte-level BPE tokenizer of at most `vocabulary` tokens, its template `specs/std/chat/scratch.jinja`.

    It is Qwen2's own kind, trained anew: whoever loads the model by its config gets that kind, and with it the way Qwen2
    divides text into words, whatever the saved tokenizer says. Each digit is a token of its own, so that a model can copy a
    number it has never seen. The 256 bytes and the added tokens are always there, whatever `vocabulary` says; the same texts
    give the same tokenizer.

    Raises:
        MagnetError: MG710 without the extra `train`.
    """
    tokenizers, transformers = required("tokenizers", "transformers")
    kind = transformers.Qwen2Tokenizer
    untrained = kind().backend_tokenizer
    backend = tokenizers.Tokenizer(tokenizers.models.BPE())
    backend.normalizer, backend.pre_tokenizer = untrained.normalizer, untrained.pre_tokenizer
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=max(vocabulary - len(MARKS), 0),
        special_tokens=list(SPECIAL),
        initial_alphabet=sorted(tokenizers.pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    backend.train_from_iterator((piece for text in texts for piece in _pieces(text)), trainer)
    model = json.loads(backend.to_str())["model"]
    tokenizer = kind(
        vocab=model["vocab"],
        merges=[tuple(merge) for merge in model["merges"]],
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        additional_special_tokens=["<|im_start|>"],
        clean_up_tokenization_spaces=False,
    )
    tokenizer.add_tokens([tokenizers.AddedToken(mark, special=False, normalized=False) for mark in MARKS])
    tokenizer.chat_template = resource("specs", "std", "chat", "scratch.jinja").read_text(encoding="utf-8")
    return tokenizer


def _pieces(text: str) -> Iterator[str]:
    """What merges are learned from: text between added tokens, and each character of a code alone.

    Codes are random: a merge learned from some would only make others harder to copy.
    """
    for piece in _SPLIT.split(text):
        for part in _CODE.split(piece):
            yield from part if _CODE.fullmatch(part) else [part]


def scratch_model(settings: ScratchSettings, tokenizer: Any) -> Any:
    """An untrained `Qwen2ForCausalLM` in float32 with tied embeddings for `tokenizer`; the same settings, the same weights.

    Raises:
        MagnetError: MG710 without the extra `train`.
    """
    torch, transformers = required("torch", "transformers")
    config = transformers.Qwen2Config(
        vocab_size=len(tokenizer),
        hidden_size=settings.hidden,
        num_hidden_layers=settings.layers,
        num_attention_heads=settings.heads,
        num_key_value_heads=settings.kv_heads,
        intermediate_size=settings.intermediate,
        max_position_embeddings=settings.positions,
        tie_word_embeddings=True,
        initializer_range=0.06,  # from Qwen2's 0.02 so narrow a model takes several times as long to look back
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(settings.seed)
        return transformers.Qwen2ForCausalLM(config)
