"""Chat templates of several model families on tiny tokenizers, rows to render with them, and what agents say there."""

import json
from functools import cache
from importlib.util import find_spec
from pathlib import Path

FOLDER = Path(__file__).parent / "chat"
QWEN = (("<|endoftext|>", "<|im_start|>", "<|im_end|>"), ("<tool_call>", "</tool_call>", "<think>", "</think>"))
LLAMA = (("<|begin_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eom_id|>", "<|python_tag|>", "<|eot_id|>"), ())
MISTRAL = (("<s>", "[INST]", "[/INST]", "[AVAILABLE_TOOLS]", "[/AVAILABLE_TOOLS]", "[TOOL_CALLS]", "[TOOL_RESULTS]",
            "[/TOOL_RESULTS]", "</s>"), ())
FAMILIES = {"qwen2_5": QWEN, "qwen3": QWEN, "llama3_1": LLAMA, "llama3_2": LLAMA, "mistral": MISTRAL, "hermes": QWEN}
STOP = {"qwen2_5": "<|im_end|>", "qwen3": "<|im_end|>", "llama3_1": "<|eot_id|>", "llama3_2": "<|eot_id|>",
        "mistral": "</s>", "hermes": "<|im_end|>", "scratch": "<|im_end|>"}


def read(name):
    return tuple(json.loads(line) for line in (FOLDER / f"{name}.jsonl").read_text(encoding="utf-8").splitlines())


ROWS = read("rows")
PAIRS = read("pairs")


def template(family):
    own = FOLDER / f"{family}.jinja"
    if own.exists():
        return own.read_text(encoding="utf-8")
    trl = find_spec("trl")
    assert trl is not None
    return (Path(trl.origin).parent / "chat_templates" / f"{family}.jinja").read_text(encoding="utf-8")


@cache
def tokenizer(family):
    """Byte-level BPE of 1,000 tokens with the family's added tokens and template; `scratch` is our own."""
    if family == "scratch":
        from magnetc.models.scratch import scratch_texts, scratch_tokenizer

        return scratch_tokenizer(scratch_texts((*ROWS, *PAIRS)), 1500)
    special, added = FAMILIES[family]
    return bpe(special, added, template(family))


def bpe(special, added, text, *, metaspace=None):
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    backend = Tokenizer(models.BPE(unk_token="<unk>" if metaspace else None))
    if metaspace:
        backend.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme=metaspace)
        backend.decoder = decoders.Metaspace(prepend_scheme=metaspace)
        alphabet, special = [], ("<unk>", *special)
    else:
        backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        backend.decoder = decoders.ByteLevel()
        alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    texts = [json.dumps(row["messages"], ensure_ascii=False) + row["tools"] for row in ROWS]
    trainer = trainers.BpeTrainer(
        vocab_size=1000, special_tokens=list(special), initial_alphabet=alphabet, show_progress=False)
    backend.train_from_iterator(texts, trainer)
    made = PreTrainedTokenizerFast(
        tokenizer_object=backend, bos_token=special[1] if metaspace else special[0], eos_token=special[-1],
        clean_up_tokenization_spaces=False)
    made.add_tokens([AddedToken(token, special=False, normalized=False) for token in added])
    made.chat_template = text
    return made


def calls(message):
    """(name, arguments as an object) of a message's calls."""
    return [(call["function"]["name"], json.loads(call["function"]["arguments"])) for call in message.get("tool_calls", ())]


def said(family, message, *, call=None, ids=()):
    """What an agent says for `message` under a family's template, written down here once more; `call` is one of several."""
    made = [calls(message)[call]] if call is not None else calls(message)
    words = message["content"]
    if family in ("qwen2_5", "qwen3", "hermes"):
        blocks = [f'<tool_call>\n{{"name": "{name}", "arguments": {_spaced(given)}}}\n</tool_call>' for name, given in made]
        return "\n".join([*([words] if words else []), *blocks])
    if family.startswith("llama"):
        return "".join(f'{{"name": "{name}", "parameters": {_spaced(given)}}}' for name, given in made) or words
    if family == "mistral":
        entries = [f'{{"name": "{name}", "arguments": {_spaced(given)}, "id": "{id}"}}'
                   for (name, given), id in zip(made, ids)]
        return f"[TOOL_CALLS] [{', '.join(entries)}]" if made else " " + words
    return words + "".join(
        f'<tool_call>{{"name":"{name}","arguments":{json.dumps(given, ensure_ascii=False, separators=(",", ":"))}}}</tool_call>'
        for name, given in made)


def _spaced(value):
    return json.dumps(value, ensure_ascii=False)
