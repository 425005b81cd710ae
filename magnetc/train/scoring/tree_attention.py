"""Attention over a row of trees: documents side by side, each a prompt that two continuations share.

A row holds `(prompt, chosen, rejected)` token counts for each document, in that order and without padding. A token sees what
is before it in its own document, and a rejected token sees no chosen one: two sequences in the place of one, their prompt
computed once. A document without a rejected side is a plain causal sequence, so packed SFT rows use this too.

Three ways to compute it, equal to rounding:

- `blocks`: two sequences a document, prompt and chosen as one causal block, rejected against prompt and itself. On a GPU in
  half precision one kernel takes all of a row, else SDPA is called for each. No mask of the whole row is made, and the causal
  kernels do no work above the diagonal.
- `flex`: one FlexAttention call with a BlockMask of the row (CUDA).
- `mask`: one SDPA call with the mask written out, (1, 1, tokens, tokens): for models that take a mask but no attention
  function of ours.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from inspect import signature
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import sdpa_mask

BLOCKS, FLEX = "magnetc_blocks", "magnetc_flex"
"""The names under which transformers knows `blocks` and `flex`."""

ATTENTIONS = ("blocks", "flex", "mask")


class Document(NamedTuple):
    """Tokens of a document: `prompt` first, then `chosen`, then `rejected`."""

    prompt: int
    chosen: int
    rejected: int = 0

    @property
    def length(self) -> int:
        return self.prompt + self.chosen + self.rejected


def positions(documents: Sequence[Document]) -> Tensor:
    """Position of each token of a row, (1, tokens): both sides go on where their prompt ends."""
    parts = [part for made in documents for part in (
        torch.arange(made.prompt + made.chosen), torch.arange(made.prompt, made.prompt + made.rejected))]
    return torch.cat(parts)[None]


def _blocks(module: nn.Module, query: Tensor, key: Tensor, value: Tensor, attention_mask: Tensor | None,
            dropout: float = 0.0, scaling: float | None = None, documents: Sequence[Document] | None = None,
            **others: Any) -> tuple[Tensor, None]:
    """An attention function of transformers: (1, heads, tokens, width) -> (1, tokens, heads, width).

    Without `documents` (generation, say) it is SDPA as transformers calls it.
    """
    if documents is None:
        return sdpa_attention_forward(module, query, key, value, attention_mask, dropout=dropout, scaling=scaling, **others)
    if value.dtype in (torch.float16, torch.bfloat16) and not dropout and packs(value.device):
        return _packed(query, key, value, documents, scaling), None
    groups = query.shape[1] // key.shape[1]
    if query.is_cuda and groups > 1:
        # With fewer heads of keys and a mask, or in float32, SDPA has no kernel but the one that writes all scores out.
        key, value, groups = key.repeat_interleave(groups, 1), value.repeat_interleave(groups, 1), 1
    options: dict[str, Any] = {"scale": scaling, "dropout_p": dropout, "enable_gqa": groups > 1}
    attended, start = [], 0
    for made in documents:
        fork, end = start + made.prompt + made.chosen, start + made.length
        trunk = slice(start, fork)
        attended.append(F.scaled_dot_product_attention(query[:, :, trunk], key[:, :, trunk], value[:, :, trunk],
                                                       is_causal=True, **options))
        if made.rejected:
            seen = [torch.cat([whole[:, :, start : start + made.prompt], whole[:, :, fork:end]], 2) for whole in (key, value)]
            mask = torch.ones(made.rejected, made.prompt + made.rejected, dtype=torch.bool, device=query.device)
            attended.append(F.scaled_dot_product_attention(query[:, :, fork:end], *seen, attn_mask=mask.tril(made.prompt),
                                                           **options))
        start = end
    return torch.cat(attended, 2).transpose(1, 2).contiguous(), None


def _packed(query: Tensor, key: Tensor, value: Tensor, documents: Sequence[Document], scaling: float | None) -> Tensor:
    """`blocks` in one call of a kernel for sequences of unequal lengths; (1, tokens, heads, width).

    Queries stand as they are: prompt and chosen one sequence, rejected the next. Of keys and values the prompt is repeated in
    front of the rejected side, and causal counts from the end of a sequence.
    """
    from torch.nn.attention.varlen import varlen_attn

    # Autocast leaves what the rotary embedding made in float32.
    query, key, value = (whole[0].transpose(0, 1).to(value.dtype) for whole in (query, key, value))
    sizes = [size for made in documents for size in made]
    order = [at for first in range(0, len(sizes), 3) for at in _sequences(first, sizes)]
    key, value = (torch.cat([parts[at] for at in order]) for parts in (key.split(sizes), value.split(sizes)))
    starts, most = _starts(tuple(documents), query.device)
    grouped: dict[str, Any] = {"enable_gqa": True} if "enable_gqa" in signature(varlen_attn).parameters else {}
    found = varlen_attn(query, key, value, *starts, *most, scale=scaling, window_size=(-1, 0), **grouped)
    assert isinstance(found, Tensor)
    return found[None]


def _sequences(first: int, sizes: Sequence[int]) -> list[int]:
    """Of a document whose prompt is part `first` of its row, the parts that are keys of its two sequences, or of its one."""
    trunk = [first, first + 1]
    return [*trunk, first, first + 2] if sizes[first + 2] else trunk


@lru_cache(maxsize=4)
def _starts(documents: tuple[Document, ...], device: torch.device) -> tuple[tuple[Tensor, Tensor], tuple[int, int]]:
    """Where the sequences of `_packed` begin, of queries and of keys, with where the last ends; and the longest of each."""
    lengths = [pair for made in documents for pair in (
        (made.prompt + made.chosen, made.prompt + made.chosen), (made.rejected, made.prompt + made.rejected)) if pair[0]]
    ends = torch.tensor([(0, 0), *lengths]).cumsum(0).to(device, torch.int32)
    return (ends[:, 0].contiguous(), ends[:, 1].contiguous()), (max(own for own, _ in lengths), max(all for _, all in lengths))


def _flex(module: nn.Module, query: Tensor, key: Tensor, value: Tensor, attention_mask: Any, dropout: float = 0.0,
          scaling: float | None = None, **others: Any) -> tuple[Tensor, Tensor | None]:
    """An attention function of transformers: FlexAttention under a BlockMask, else (generation, say) SDPA."""
    if attention_mask is None or isinstance(attention_mask, Tensor):
        return sdpa_attention_forward(module, query, key, value, attention_mask, dropout=dropout, scaling=scaling, **others)
    from transformers.integrations.flex_attention import flex_attention_forward

    # Autocast leaves what the rotary embedding made in float32, and FlexAttention wants one dtype.
    query, key = query.to(value.dtype), key.to(value.dtype)
    return flex_attention_forward(module, query, key, value, attention_mask, scaling=scaling, **others)


for _name, _function in ((BLOCKS, _blocks), (FLEX, _flex)):
    AttentionInterface.register(_name, _function)
    AttentionMaskInterface.register(_name, sdpa_mask)


def supported(model: nn.Module) -> bool:
    """Whether a row of trees means to this model what its sequences mean: every layer attends to all that is before it."""
    config = model.config.get_text_config()  # pyright: ignore[reportCallIssue, reportAttributeAccessIssue]
    kinds = set(getattr(config, "layer_types", None) or ["full_attention"])
    window = getattr(config, "sliding_window", None) if getattr(config, "use_sliding_window", True) else None
    takes = getattr(model, "_supports_attention_backend", False) or getattr(model, "_supports_sdpa", False)
    return kinds == {"full_attention"} and not window and bool(takes)


def choose(model: nn.Module, asked: str, device: torch.device) -> str:
    """How this model attends to rows of trees; `asked` is one of ATTENTIONS or `auto`."""
    if asked != "auto":
        return asked
    if not getattr(model, "_supports_attention_backend", False):
        return "mask"
    if packs(device):
        return "blocks"
    is_offered = device.type == "cuda" and getattr(model, "_supports_flex_attn", False)
    return "flex" if is_offered and flex_works(device) else "blocks"


@lru_cache(maxsize=4)
def flex_works(device: torch.device) -> bool:
    """Whether FlexAttention, as this machine compiles it, sees what the mask says: forward and backward, once a process."""
    from torch.nn.attention.flex_attention import flex_attention

    return _works(device, lambda q, k, v: torch.compile(flex_attention)(  # pyright: ignore[reportArgumentType]
        q, k, v, block_mask=_block_mask(PROBE, device), enable_gqa=True))


@lru_cache(maxsize=4)
def packs(device: torch.device) -> bool:
    """Whether `_packed` runs on this device and sees what the mask says: forward and backward, once a process."""
    return device.type == "cuda" and _works(device, lambda q, k, v: _packed(q, k, v, PROBE, None).transpose(1, 2))


PROBE = (Document(200, 60, 40), Document(30, 100, 90), Document(20, 30))

DEVIATION = 0.03
"""How far bfloat16 may be from float32; one token seen too many is further."""


def _works(device: torch.device, attend: Callable[[Tensor, Tensor, Tensor], Tensor]) -> bool:
    tokens = sum(made.length for made in PROBE)
    drawn = torch.randn(8 * 64 * tokens, generator=torch.Generator().manual_seed(0)).to(device)
    drawn = drawn.to(torch.bfloat16).view(8, tokens, 64)[None].split([4, 2, 2], 1)
    mask = tree_mask(PROBE).to(device)
    try:
        # It may be asked for in the midst of a forward: without gradients, or under autocast.
        with torch.enable_grad(), torch.autocast(device.type, enabled=False):
            found = _derived(attend, drawn)
            expected = _derived(lambda q, k, v: F.scaled_dot_product_attention(q, k, v, attn_mask=mask, enable_gqa=True),
                                [whole.float() for whole in drawn])
    except (RuntimeError, NotImplementedError, ImportError, TypeError, ValueError):
        return False
    return all((own - other).norm() < DEVIATION * other.norm() for own, other in zip(found, expected))


def _derived(attend: Callable[[Tensor, Tensor, Tensor], Tensor], inputs: Sequence[Tensor]) -> list[Tensor]:
    query, key, value = own = [whole.clone().requires_grad_() for whole in inputs]
    attended = attend(query, key, value)
    return [attended.detach(), *torch.autograd.grad(attended.square().sum(), own)]


def prepare(model: nn.Module, attention: str) -> None:
    """Switch the model to an attention: it still generates as before."""
    name = {"blocks": BLOCKS, "flex": FLEX, "mask": "sdpa"}[attention]
    model.set_attn_implementation(name)  # pyright: ignore[reportCallIssue]


def arguments(documents: Sequence[Document], attention: str, device: torch.device) -> dict[str, Any]:
    """What a model's forward takes beside the tokens and their positions."""
    if attention == "blocks":
        # A mask of four dimensions is passed on as it is, so that transformers makes none of its own.
        return {"attention_mask": torch.zeros(1, 1, 1, 1, device=device), "documents": tuple(documents)}
    if attention == "flex":
        return {"attention_mask": _block_mask(tuple(documents), device)}
    return {"attention_mask": tree_mask(documents).to(device)}


def tree_mask(documents: Sequence[Document]) -> Tensor:
    """Which token sees which, (1, 1, tokens, tokens), bool."""
    document, side = _labels(documents)
    seen = torch.ones(len(side), len(side), dtype=torch.bool).tril()
    seen &= document[:, None] == document[None]
    return (seen & ~((side[:, None] == 2) & (side[None] == 1)))[None, None]


def _labels(documents: Sequence[Document]) -> tuple[Tensor, Tensor]:
    """Of each token, the index of its document and its side: 0 prompt, 1 chosen, 2 rejected."""
    document = torch.repeat_interleave(torch.arange(len(documents)), torch.tensor([made.length for made in documents]))
    lengths = torch.tensor([list(made) for made in documents]).flatten()
    return document, torch.repeat_interleave(torch.arange(3).repeat(len(documents)), lengths)


@lru_cache(maxsize=4)
def _block_mask(documents: tuple[Document, ...], device: torch.device) -> Any:
    from torch.nn.attention.flex_attention import create_block_mask

    document, side = (labels.to(device) for labels in _labels(documents))

    def sees(batch: Tensor, head: Tensor, query: Tensor, key: Tensor) -> Tensor:
        crosses = (side[query] == 2) & (side[key] == 1)
        return (query >= key) & (document[query] == document[key]) & ~crosses

    tokens = len(side)
    return create_block_mask(sees, None, None, tokens, tokens, device=device)
