"""Several prompts continued at once by a causal language model, padded on the left."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from magnetc.extras import required

Hook = Callable[..., Any]
"""(ids so far, scores of the next) to scores, or to which rows have ended: tensors."""


def continued(model: Any, prompts: Sequence[Sequence[int]], *, most: int, stops: Sequence[int], pad: int, scores: Sequence[Hook] = (),
              ended: Sequence[Hook] = ()) -> list[list[int]]:
    """The ids that follow each prompt, at most `most`, up to the first of `stops`, which is left out.

    The likeliest is taken each time, of the scores as the hooks `scores` leave them; a hook of `ended` says which rows need no more.
    """
    torch, transformers = required("torch", "transformers")
    width = max(map(len, prompts))
    ids = torch.tensor([[pad] * (width - len(prompt)) + list(prompt) for prompt in prompts])
    mask = torch.tensor([[0] * (width - len(prompt)) + [1] * len(prompt) for prompt in prompts])
    # What a model's own generation config says of sampling and penalties fills what is left open here.
    greedy = transformers.GenerationConfig(
        max_new_tokens=most, do_sample=False, num_beams=1, temperature=1.0, top_p=1.0, top_k=50,
        repetition_penalty=1.0, no_repeat_ngram_size=0, min_new_tokens=0, use_cache=True, eos_token_id=list(stops) or None,
        pad_token_id=pad, bos_token_id=None, return_dict_in_generate=False)
    device = next(model.parameters()).device
    with torch.no_grad():
        made = model.generate(input_ids=ids.to(device), attention_mask=mask.to(device), generation_config=greedy,
                              logits_processor=transformers.LogitsProcessorList(scores),
                              stopping_criteria=transformers.StoppingCriteriaList(ended))
    lines = made[:, width:].tolist()
    return [line[: next((place for place, id in enumerate(line) if id in stops), len(line))] for line in lines]
