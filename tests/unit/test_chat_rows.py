"""Rows as tokens: what is trained is exactly what the agent says, after exactly what it sees when it is used."""

import re
from collections import Counter
from copy import deepcopy

import pytest

pytest.importorskip("transformers")

import chat_families as families

from magnetc.diagnostics import MagnetError
from magnetc.models.chat import Chat
from magnetc.train.encode.rows import encode_row

pytestmark = pytest.mark.train

CASES = [*((family, {}) for family in (*families.FAMILIES, "scratch")), ("qwen3", {"enable_thinking": False})]
ONE_SEQUENCE = {"qwen2_5", "llama3_1", "llama3_2", "hermes", "scratch"}


@pytest.fixture(params=CASES, ids=lambda case: case[0] + "".join(case[1]))
def case(request):
    family, options = request.param
    return family, Chat(families.tokenizer(family), options)


def trained_parts(chat, row):
    """(part, span, position in the prepared messages) of everything that is trained."""
    prepared = chat.prepare(row["messages"])
    for part in encode_row(row, chat):
        seen = Counter()
        for span in part.messages:
            yield part, span, span_position(chat, row, prepared, part, span, seen)


def span_position(chat, row, prepared, part, span, seen):
    """Where the span's message is; of a message that the template split, the one whose call it shows."""
    positions = [j for j, origin in enumerate(prepared.origins) if origin == span.index]
    seen[span.index] += 1
    return positions[seen[span.index] - 1]


def test_trained_tokens_are_the_agents_words_and_end_of_turn(case):
    family, chat = case
    think = "<think>\n\n</think>\n\n" if family == "qwen3" and not chat.options else ""
    for row in families.ROWS:
        prepared = chat.prepare(row["messages"])
        for part, span, position in trained_parts(chat, row):
            positions = [j for j, origin in enumerate(prepared.origins) if origin == span.index]
            call = positions.index(position) if len(positions) > 1 else None
            ids = [made["id"] for made in prepared.messages[position].get("tool_calls", ())]
            expected = families.said(family, row["messages"][span.index], call=call, ids=ids)
            text = chat.tokenizer.decode(part.input_ids[span.start : span.end])
            assert text == think + expected + families.STOP[family]


def test_thoughts_are_trained_where_the_template_knows_them():
    """Qwen3's shows the thoughts of the turn that is said: each trained message is in a sequence in which its own stands before it."""
    chat = Chat(families.tokenizer("qwen3"), {})
    count = 0
    for row in families.ROWS:
        messages = [{**message, "reasoning_content": f"Thought {index}."} if message["role"] == "assistant" else message
                    for index, message in enumerate(row["messages"])]
        for part in encode_row({**row, "messages": messages}, chat):
            for span in part.messages:
                assert chat.tokenizer.decode(part.input_ids[span.start : span.end]).startswith(f"<think>\nThought {span.index}.\n</think>\n\n")
                count += 1
    assert count == sum(bool(message.get("weight")) for row in families.ROWS for message in row["messages"])


def test_trained_tokens_are_read_back_as_the_rows_calls(case):
    _, chat = case
    for row in families.ROWS:
        said = {}
        for part, span, position in trained_parts(chat, row):
            parsed = chat.read(part.input_ids[span.start : span.end])
            assert parsed.malformed == ""
            said.setdefault(span.index, []).append((position, parsed))
        for index, parsed in said.items():
            message = row["messages"][index]
            in_order = [item for _, item in sorted(parsed, key=lambda pair: pair[0])]
            assert [call for item in in_order for call in item.calls] == families.calls(message)
            assert in_order[0].content == message["content"]


def test_what_precedes_is_what_the_model_sees(case):
    _, chat = case
    for row in families.ROWS:
        prepared = chat.prepare(row["messages"])
        tools = chat._tools(row["tools"])
        for part, span, position in trained_parts(chat, row):
            history = list(prepared.messages[:position])
            seen = chat.tokenizer.apply_chat_template(
                history, tools=tools, add_generation_prompt=True, tokenize=True, **chat.options)
            assert part.input_ids[: span.start] == list(seen["input_ids"])


def test_each_message_is_trained_once_or_never(case):
    family, chat = case
    for row in families.ROWS:
        parts = encode_row(row, chat)
        trained = Counter(span.index for part in parts for span in part.messages)
        split = chat.demands.one_call
        assert trained == {
            k: max(len(message.get("tool_calls", ())), 1) if split else 1
            for k, message in enumerate(row["messages"]) if message.get("weight")
        }
        for part in parts:
            inside = {t for span in part.messages for t in range(span.start, span.end)}
            assert [float(t in inside) for t in range(len(part))] == part.weights
        names = [row["id"]] if len(parts) == 1 else [f"{row['id']}#{n}" for n in range(1, len(parts) + 1)]
        assert [part.id for part in parts] == names
        if family in ONE_SEQUENCE:
            assert len(parts) == 1
        if family == "mistral":
            assert len(parts) == len({span.turn for part in parts for span in part.messages})


def test_parallel_calls_and_french_are_among_the_rows():
    assert any(len(m.get("tool_calls", ())) > 1 and m["weight"] for row in families.ROWS for m in row["messages"])
    assert {row["tags"]["locale"] for row in families.ROWS} == {"en", "fr"}
    assert any(m.get("weight") == 0 and m.get("tool_calls") for row in families.ROWS for m in row["messages"])


def test_a_row_that_trains_nothing_has_no_sequence():
    row = {"id": "a", "messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Yes", "weight": 0}], "tools": "[]"}
    assert encode_row(row, Chat(families.tokenizer("qwen2_5"))) == []


QWEN = "{%- for m in messages %}%s{%- endfor %}"
MESSAGE = "{{ '<|im_start|>' + m.role + '\n' + m.content }}{% for c in m.tool_calls or [] %}{{ c.function | tojson }}{% endfor %}"
TOOLS = "{% for t in tools or [] %}{{ t | tojson }}{% endfor %}"
HEADER = "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
BROKEN = {
    "no generation prompt": TOOLS + QWEN.replace("%s", MESSAGE + "{{ '<|im_end|>\n' }}"),
    "no end of turn": TOOLS + QWEN.replace("%s", MESSAGE.replace("<|im_start|>", "# ") + "\n") + HEADER.replace("<|im_start|>", "# "),
    "another header": TOOLS + QWEN.replace("%s", MESSAGE + "{{ '<|im_end|>' }}") + HEADER.replace("assistant", "assistant:"),
    "no words": TOOLS + QWEN.replace("%s", MESSAGE.replace("m.content", "m.content[:3]") + "{{ '<|im_end|>' }}") + HEADER,
    "no system": "{{ raise_exception('System role not supported') if messages[0].role == 'system' }}" + TOOLS,
}


@pytest.mark.parametrize("problem", BROKEN)
def test_a_template_that_cannot_be_masked_is_MG713(problem):
    special, added = families.QWEN
    chat = Chat(families.bpe(special, added, BROKEN[problem]))
    words = [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Hello"},
             {"role": "assistant", "content": "Good morning", "weight": 1}]
    for row in ({"id": "a", "messages": words, "tools": families.ROWS[0]["tools"]}, families.ROWS[0]):
        with pytest.raises(MagnetError, match="MG713") as raised:
            encode_row(row, chat)
        assert raised.value.diagnostics[0].help


def test_mended_the_broken_templates_work():
    special, added = families.QWEN
    text = TOOLS + QWEN.replace("%s", MESSAGE + "{{ '<|im_end|>' }}") + HEADER
    assert all(len(encode_row(row, Chat(families.bpe(special, added, text)))) == 1 for row in families.ROWS[:3])


def test_a_slip_is_read_and_not_trained(case):
    """An untrained call in the middle of a turn stands before what is trained, with its result."""
    _, chat = case
    tried = 0
    for original in families.ROWS:
        row = deepcopy(original)
        messages = row["messages"]
        agent = [i for i, m in enumerate(messages) if m["role"] == "assistant"]
        slip = next((i for i in agent if messages[i]["weight"] and messages[i].get("tool_calls")), None)
        if slip is None:
            continue
        after = slip + 1 + len(messages[slip]["tool_calls"])
        messages[slip]["weight"], messages[after]["weight"] = 0, 1
        parts = encode_row(row, chat)
        assert {span.index for part in parts for span in part.messages} == {i for i in agent if messages[i]["weight"]}
        result = re.search(r"\w{4,}", messages[slip + 1]["content"])[0]
        assert any(result in chat.tokenizer.decode(part.input_ids) for part in parts if after in {span.index for span in part.messages})
        tried += 1
    assert tried


def test_words_in_place_of_calls_are_trained(case):
    """A conversation that is one refusal, and small talk between two turns: what `no_tool` makes."""
    _, chat = case
    row = families.ROWS[0]
    start = next(i for i, m in enumerate(row["messages"]) if m["role"] == "user")
    refusal = {"role": "assistant", "content": "I have no tool to hold seats.", "weight": 1}
    alone = {**row, "messages": [*row["messages"][: start + 1], refusal]}
    (part,) = encode_row(alone, chat)
    assert [span.index for span in part.messages] == [start + 1]
    second = next(i for i, m in enumerate(row["messages"]) if m["role"] == "user" and i > start)
    talk = [{"role": "user", "content": "What a day."}, {"role": "assistant", "content": "It sounds like a lot.", "weight": 1}]
    longer = {**row, "messages": [*row["messages"][:second], *talk, *row["messages"][second:]]}
    trained = {span.index for part in encode_row(longer, chat) for span in part.messages}
    assert trained == {i for i, m in enumerate(longer["messages"]) if m.get("weight")}
    assert second + 1 in trained
