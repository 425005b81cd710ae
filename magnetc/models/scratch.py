"""A small base made from nothing: a tokenizer trained on a data set's own texts, and an untrained model."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from magnetc.models.chat import Chat
from magnetc.models.load import required
from magnetc.source.resources import resource

SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
MARKS = ("<tool_call>", "</tool_call>", "<tool_response>", "</tool_response>")
"""Added tokens that are text: decoding keeps them."""
_SPLIT = re.compile("|".join(map(re.escape, SPECIAL + MARKS)))
_WORDS = (
    r"(?:system|user|assistant|tool)\n"
    r"|[0-9]|[A-Z](?=[A-Z0-9])|(?<=[A-Z0-9])[A-Z]"
    r"| ?[\p{L}\p{M}_]+| ?[^\s\p{L}\p{M}\p{N}_]+|\p{N}|\s+"
)
"""What no merge crosses: a header; digits and letters of codes, alone; words and names with underscores; the rest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScratchSettings:
    """Sizes of a base from nothing. As they stand it has 0.63 million parameters; `positions` is its longest sequence."""

    vocabulary: int = 2048
    hidden: int = 128
    layers: int = 3
    heads: int = 4
    kv_heads: int = 2
    intermediate: int = 192
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

    Each digit is a token of its own, so that a model can copy a number it has never seen. The 256 bytes and the added tokens
    are always there, whatever `vocabulary` says; the same texts give the same tokenizer.

    Raises:
        MagnetError: MG710 without the extra `train`.
    """
    tokenizers, transformers = required("tokenizers", "transformers")
    pre, byte_level = tokenizers.pre_tokenizers, tokenizers.pre_tokenizers.ByteLevel
    words = pre.Split(tokenizers.Regex(_WORDS), behavior="isolated")
    backend = tokenizers.Tokenizer(tokenizers.models.BPE())
    backend.pre_tokenizer = pre.Sequence([words, byte_level(add_prefix_space=False, use_regex=False)])
    backend.decoder = tokenizers.decoders.ByteLevel()
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=max(vocabulary - len(MARKS), 0),
        special_tokens=list(SPECIAL),
        initial_alphabet=sorted(byte_level.alphabet()),
        show_progress=False,
    )
    backend.train_from_iterator((piece for text in texts for piece in _SPLIT.split(text) if piece), trainer)
    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_object=backend,
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        clean_up_tokenization_spaces=False,
    )
    tokenizer.add_tokens([tokenizers.AddedToken(mark, special=False, normalized=False) for mark in MARKS])
    tokenizer.chat_template = resource("specs", "std", "chat", "scratch.jinja").read_text(encoding="utf-8")
    return tokenizer


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
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(settings.seed)
        return transformers.Qwen2ForCausalLM(config)
