"""Several prompts continued at once by a causal language model, padded on the left."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from inspect import signature
from typing import Any

from magnetc.extras import required
from magnetc.models.prefixes import Prefix, Prefixes

Hook = Callable[..., Any]
"""(ids so far, scores of the next) to scores, or to which rows have ended: tensors."""


def continued(model: Any, prompts: Sequence[Sequence[int]], *, most: int, stops: Sequence[int], pad: int, scores: Sequence[Hook] = (),
              ended: Sequence[Hook] = (), prefixes: Prefixes | None = None) -> list[list[int]]:
    """The ids that follow each prompt, at most `most`, up to the first of `stops`, which is left out.

    The likeliest is taken each time, of the scores as the hooks `scores` leave them; a hook of `ended` says which rows need no more. What is
    in `prefixes` is not read again, and what is read is kept there.
    """
    torch, transformers = required("torch", "transformers")
    known = prefixes.found(prompts) if prefixes else [None] * len(prompts)
    device = next(model.parameters()).device
    ids, mask, past = _laid_out(prompts, [0 if each is None else each[1] for each in known], pad)
    # What a model's own generation config says of sampling and penalties fills what is left open here.
    greedy = transformers.GenerationConfig(
        max_new_tokens=most, do_sample=False, num_beams=1, temperature=1.0, top_p=1.0, top_k=50,
        repetition_penalty=1.0, no_repeat_ngram_size=0, min_new_tokens=0, use_cache=True, eos_token_id=list(stops) or None,
        pad_token_id=pad, bos_token_id=None, return_dict_in_generate=True)
    cache = _cache(known, past) if past else None
    with torch.no_grad():
        made = model.generate(input_ids=ids.to(device), attention_mask=mask.to(device), generation_config=greedy,
                              logits_processor=transformers.LogitsProcessorList(scores),
                              stopping_criteria=transformers.StoppingCriteriaList(ended), **({_cache_name(model): cache} if cache else {}))
    lines = made.sequences[:, ids.shape[1] :].tolist()
    said = [line[: next((place for place, id in enumerate(line) if id in stops), len(line))] for line in lines]
    if prefixes:
        _keep(prefixes, prompts, said, known, mask, getattr(made, "cache", None) or made.past_key_values)
    return said


def _cache_name(model: Any) -> str:
    """What the installed version of transformers calls it."""
    return "cache" if "cache" in signature(model.forward).parameters else "past_key_values"


def _laid_out(prompts: Sequence[Sequence[int]], read: Sequence[int], pad: int) -> tuple[Any, Any, int]:
    """Ids and mask of the prompts, and the width of what has been read: that and what is to be read are padded on the left, each by itself."""
    (torch,) = required("torch")
    past, width = max(read), max(len(prompt) - own for prompt, own in zip(prompts, read))
    ids, mask = [], []
    for prompt, own in zip(prompts, read):
        before, after = past - own, width - (len(prompt) - own)
        ids.append([pad] * before + list(prompt[:own]) + [pad] * after + list(prompt[own:]))
        mask.append([0] * before + [1] * own + [0] * after + [1] * (len(prompt) - own))
    return torch.tensor(ids), torch.tensor(mask), past


def _cache(known: Sequence[tuple[Prefix, int] | None], past: int) -> Any:
    """The keys and values of what has been read, padded on the left to `past` tokens."""
    (transformers,) = required("transformers")
    layers = next(each[0].layers for each in known if each is not None)
    cache = transformers.DynamicCache()
    for number, layer in enumerate(layers):
        both = []
        for side, like in enumerate(layer):
            whole = like.new_zeros((len(known), like.shape[0], past, like.shape[2]))
            for row, each in enumerate(known):
                if each is not None:
                    whole[row, :, past - each[1] :] = each[0].layers[number][side][:, : each[1]]
            both.append(whole)
        cache.update(*both, number)
    return cache


def _keep(prefixes: Prefixes, prompts: Sequence[Sequence[int]], said: Sequence[Sequence[int]], known: Sequence[tuple[Prefix, int] | None], mask: Any,
          cache: Any) -> None:
    """Remember each row's prompt and what followed, as far as the model has read it: not the last token that it said."""
    layers = [(layer.keys, layer.values) for layer in getattr(cache, "layers", ()) if getattr(layer, "keys", None) is not None]
    width = mask.shape[1]
    whole = [keys.dim() == 4 and keys.shape[2] >= width for keys, _ in layers]
    if not whole or not all(whole) or len(layers) < len(cache.layers):   # some look back a little only, or carry a state
        return
    for row, (prompt, own, begun) in enumerate(zip(prompts, said, known)):
        more = min(len(own), layers[0][0].shape[2] - width)
        places = [*mask[row].nonzero().flatten().tolist(), *range(width, width + more)]
        prefixes.keep([*prompt, *own[:more]], [(keys[row][:, places], values[row][:, places]) for keys, values in layers],
                      None if begun is None else begun[0])
