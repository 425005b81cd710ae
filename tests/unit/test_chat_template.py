"""What a template demands, ends messages with and writes calls as is found by rendering; encoding is the plain call's."""

import json

import pytest

pytest.importorskip("transformers")

import chat_families as families

from magnetc.diagnostics import MagnetError
from magnetc.models.chat import Chat
from magnetc.models.dialects import HERMES, LLAMA3_JSON, MISTRAL
from magnetc.models.prepare import Demands

pytestmark = pytest.mark.train

EVERY = [*families.FAMILIES, "scratch"]
NAMES = {"mistral": MISTRAL, "llama3_1": LLAMA3_JSON, "llama3_2": LLAMA3_JSON}
DEMANDS = {"mistral": Demands(short_ids=True), "llama3_1": Demands(one_call=True), "llama3_2": Demands(one_call=True)}
PLAIN_CHAT = """{%- for m in messages %}{{ '<|im_start|>' + m.role + '\n' + m.content + '<|im_end|>\n' }}{%- endfor %}
{%- if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{%- endif %}"""


@pytest.mark.parametrize("family", EVERY)
def test_demands_stops_and_dialect(family):
    chat = Chat(families.tokenizer(family))
    assert chat.demands == DEMANDS.get(family, Demands())
    assert chat.tokenizer.convert_ids_to_tokens(list(chat.stops)) == [families.STOP[family]]
    assert chat.dialect == NAMES.get(family, HERMES)


@pytest.mark.parametrize("family", EVERY)
def test_encoding_by_segments_is_the_plain_call(family):
    chat = Chat(families.tokenizer(family))
    texts = [chat.render(row["messages"], row["tools"]) for row in families.ROWS]
    texts += [text[1:-7] for text in texts]
    for text in texts:
        assert chat.encode(text) == chat.tokenizer(text, add_special_tokens=False)["input_ids"]
    assert chat._encoder.segmented


@pytest.mark.parametrize("scheme", ["always", "first"])
def test_a_tokenizer_that_marks_beginnings_is_called_on_whole_texts(scheme):
    special, added = families.MISTRAL
    chat = Chat(families.bpe(special, added, families.template("mistral"), metaspace=scheme))
    for row in families.ROWS:
        text = chat.render(row["messages"], row["tools"])
        assert chat.encode(text) == chat.tokenizer(text, add_special_tokens=False)["input_ids"]
    assert chat._encoder.segmented == (scheme == "always")


@pytest.mark.parametrize("family", EVERY)
def test_arguments_are_encoded_once_and_our_keys_are_gone(family):
    chat = Chat(families.tokenizer(family))
    row = families.ROWS[0]
    text = chat.render(row["messages"], row["tools"])
    assert '\\"' not in text.partition("[/AVAILABLE_TOOLS]")[2] or family.startswith("llama")
    assert "weight" not in text
    for message in row["messages"]:
        for name, given in families.calls(message):
            assert f'"{name}"' in text
            assert json.dumps(given, ensure_ascii=False) in text or family == "scratch"


@pytest.mark.parametrize("family", EVERY)
def test_prepared_messages_trace_back(family):
    chat = Chat(families.tokenizer(family))
    for row in families.ROWS:
        prepared = chat.prepare(row["messages"])
        for message, origin in zip(prepared.messages, prepared.origins):
            source = row["messages"][origin]
            assert (message["role"], message["content"]) == (source["role"], source["content"])
            assert len(message.get("tool_calls", ())) <= len(source.get("tool_calls", ()))
        assert set(prepared.origins) == set(range(len(row["messages"])))
        before = [k for k, message in enumerate(row["messages"]) if message["role"] != "tool"]
        for k in before:
            beginning = chat.prepare(row["messages"][:k])
            assert beginning.messages == prepared.messages[: len(beginning.messages)]


def test_generated_tokens_are_read_up_to_the_end_of_turn():
    chat = Chat(families.tokenizer("qwen2_5"))
    text = '<think>\nHm.\n</think>\nOne moment.\n<tool_call>\n{"name": "f", "arguments": {"a": 1}}\n</tool_call><|im_end|>\n<|im_start|>'
    parsed = chat.read(chat.encode(text))
    assert (parsed.content, parsed.calls, parsed.malformed, parsed.reasoning) == ("One moment.", (("f", {"a": 1}),), "", "Hm.")


def test_options_reach_the_template():
    chat = Chat(families.tokenizer("qwen3"), {"enable_thinking": False})
    assert chat.render([{"role": "user", "content": "Hi"}], "", generation=True).endswith("<think>\n\n</think>\n\n")


@pytest.mark.parametrize(("text", "used"), [
    (None, lambda chat: chat),
    (PLAIN_CHAT, lambda chat: chat.demands),
    (PLAIN_CHAT, lambda chat: chat.dialect),
    ("{{ raise_exception('no') }}", lambda chat: chat.render([{"role": "user", "content": "Hi"}], "")),
    ("{{ messages[0].content }}{% for t in tools or [] %}{{ t.function.name }}{% endfor %}{{ messages[1].tool_calls }}",
     lambda chat: chat.dialect),
])
def test_a_template_that_does_not_do_is_MG713(text, used):
    special, added = families.QWEN
    with pytest.raises(MagnetError, match="MG713"):
        used(Chat(families.bpe(special, added, text)))
