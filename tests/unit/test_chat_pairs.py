"""Pairs as tokens: a shared beginning, two sides that part at once, and every message of the agent on each."""

import pytest

pytest.importorskip("transformers")

import chat_families as families

from magnetc.models.chat import Chat
from magnetc.train.encode.conversation import Conversation
from magnetc.train.encode.pairs import encode_pair
from magnetc.train.encode.rows import encode_row

pytestmark = pytest.mark.train

EVERY = [*families.FAMILIES, "scratch"]
BREAKS = {"qwen3", "mistral"}
SIDES = ("chosen", "rejected")


@pytest.fixture(params=EVERY)
def family(request):
    return request.param


@pytest.fixture
def chat(family):
    return Chat(families.tokenizer(family))


def pairs(chat):
    return [(row, encode_pair(row, chat)) for row in families.PAIRS]


def ids(pair, side):
    return getattr(pair, f"{side}_ids")


def spans(pair, side):
    return getattr(pair, f"{side}_spans")


def test_sides_part_at_their_first_token(chat):
    for _, pair in pairs(chat):
        assert pair.chosen_ids
        assert pair.rejected_ids
        assert pair.chosen_ids[0] != pair.rejected_ids[0]
        assert len(pair) == len(pair.prompt_ids) + max(len(pair.chosen_ids), len(pair.rejected_ids))


def test_sides_begin_as_the_model_sees_them_at_the_fault(chat):
    for row, pair in pairs(chat):
        tools = chat._tools(row["tools"])
        history = list(chat.prepare(row["prompt"]).messages)
        seen = chat.tokenizer.apply_chat_template(history, tools=tools, add_generation_prompt=True, tokenize=True)
        assert pair.prompt_ids[: len(seen["input_ids"])] == list(seen["input_ids"])


def test_spans_are_the_agents_messages_from_the_fault_on(family, chat):
    for row, pair in pairs(chat):
        for k, side in enumerate(SIDES):
            talk = Conversation([*row["prompt"], *row[side]], row["tools"], chat)
            own = [j for j in talk.agent if talk.origins[j] >= len(row["prompt"])]
            shown = own[: len(own) - pair.left_out[k]]
            found = spans(pair, side)
            assert [span.index for span in found] == [talk.origins[j] - len(row["prompt"]) for j in shown][-len(found) :]
            for span, j in zip(reversed(found), reversed(shown)):
                said = talk.said(j)
                assert ids(pair, side)[span.start : span.end] == said[-(span.end - span.start) :]
                assert span.start == 0 or len(said) == span.end - span.start
            assert ids(pair, side)[-1] in chat.stops
            if family not in BREAKS:
                assert pair.left_out[k] == 0


def test_credit_is_the_rows_and_the_root_is_the_first_action(family, chat):
    for row, pair in pairs(chat):
        for side in SIDES:
            found = spans(pair, side)
            assert found[0].root
            assert found[0].credit == 1
            assert found[0].start == 0
            assert all(span.root == (span.index == found[0].index) for span in found)
            for span in found[1:]:
                assert span.credit == row[side][span.index]["credit"]
                assert span.turn == sum(m["role"] == "user" for m in row[side][: span.index])


def test_credit_defaults_to_the_faulty_turn(chat):
    for row in families.PAIRS:
        bare = {**row, **{side: [{k: v for k, v in m.items() if k != "credit"} for m in row[side]] for side in SIDES}}
        pair = encode_pair(bare, chat)
        assert all(span.credit == int(span.turn == 0) for side in SIDES for span in spans(pair, side))


def test_likelihood_is_the_chosen_sides_as_in_sft_rows(family, chat):
    for row, pair in pairs(chat):
        weights = pair.prompt_weights + pair.chosen_weights
        whole = pair.prompt_ids + pair.chosen_ids
        assert len(weights) == len(whole)
        if family in BREAKS:
            continue
        (sft,) = encode_row({"id": "a", "messages": [*row["prompt"], *row["chosen"]], "tools": row["tools"]}, chat)
        assert [k for k, weight in enumerate(weights) if weight] == [k for k, weight in enumerate(sft.weights) if weight]
        assert whole[: len(sft)] == sft.input_ids


def test_a_template_that_moves_tools_leaves_later_turns_out():
    left = {family: [encode_pair(row, Chat(families.tokenizer(family))).left_out for row in families.PAIRS] for family in BREAKS}
    assert any(chosen for chosen, _ in left["mistral"])
    assert all(chosen for (chosen, _), row in zip(left["qwen3"], families.PAIRS) if len(row["chosen"]) > 1)


def test_a_side_that_begins_the_other_keeps_a_token():
    special, added = families.QWEN
    text = """{%- for m in messages %}{{ m.role + ': ' + m.content }}{% if m.role == 'assistant' %}<|im_end|>{% endif %}{%- endfor %}
{%- if add_generation_prompt %}assistant: {% endif %}"""
    agent = {"role": "assistant", "content": "Yes", "weight": 1}
    row = {"id": "a", "prompt": [{"role": "user", "content": "Hi"}], "tools": "[]", "fault": {"kind": "missing_call"},
           "chosen": [agent, {"role": "user", "content": "And"}, agent], "rejected": [{**agent, "weight": 0}]}
    pair = encode_pair(row, Chat(families.bpe(special, added, text)))
    assert len(pair.rejected_ids) == 1
    assert pair.chosen_ids[:1] == pair.rejected_ids
    assert (pair.chosen_spans[0].start, pair.chosen_spans[0].end, pair.chosen_spans[0].root) == (0, 1, True)
    assert pair.operations == ()
