"""Which tokens a preference acts on: never one that the agent did not write, nor one that copies an earlier fault."""

import json
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from magnetc.models.chat import Chat
from magnetc.models.scratch import scratch_texts, scratch_tokenizer
from magnetc.train.encode.pairs import encode_pair
from magnetc.train.preference.credit import CREDITS, with_credit

pytestmark = pytest.mark.train

TOOLS = json.dumps([{"type": "function", "function": {
    "name": name, "description": "Do it.", "parameters": {"type": "object", "properties": {"book": {"type": "string"}}}}}
    for name in ("borrow", "renew", "remind")])
SYSTEM = {"role": "system", "content": "Books."}


def user(text):
    return {"role": "user", "content": text}


def calls(*made, **marks):
    listed = [{"id": f"call_{name}", "type": "function", "function": {"name": name, "arguments": json.dumps({"book": book})}}
              for name, book in made]
    return {"role": "assistant", "content": "", "tool_calls": listed, **marks}


def result(name, text):
    return {"role": "tool", "tool_call_id": f"call_{name}", "name": name, "content": json.dumps({"loan": text})}


def says(text, **marks):
    return {"role": "assistant", "content": text, **marks}


def side(first, loan, weight):
    """The agent borrows a book, and copies the id of its loan in the same turn, in the next and in words."""
    return [calls(("borrow", first), weight=weight, credit=1), result("borrow", loan),
            calls(("renew", loan), weight=weight, credit=int(weight)), result("renew", loan),
            says(f"done {loan}", weight=0, credit=int(weight)), user("remind me"),
            calls(("remind", loan), weight=weight, credit=0), result("remind", loan), says(f"will do {loan}", weight=0, credit=0)]


CASCADE = {"id": "cascade", "fault": {"kind": "wrong_value"}, "tools": TOOLS, "prompt": [SYSTEM, user("the longest, please")],
           "chosen": side("BK1234", "LN5678", 1), "rejected": side("BK9876", "LN4321", 0)}
MISSING = {"id": "missing", "fault": {"kind": "missing_call"}, "tools": TOOLS, "prompt": [SYSTEM, user("both, please")],
           "chosen": [calls(("borrow", "BK1"), ("renew", "LN2"), weight=1, credit=1)],
           "rejected": [calls(("borrow", "BK1"), weight=0, credit=1)]}


@pytest.fixture(scope="module")
def chat():
    rows = [{"messages": [*row["prompt"], *row[name]], "tools": TOOLS} for row in (CASCADE, MISSING)
            for name in ("chosen", "rejected")]
    return Chat(scratch_tokenizer(scratch_texts(rows), 600))


def words(chat, part, at):
    """The text of a side's tokens at indices."""
    return chat.tokenizer.decode([part.ids[index] for index in at])


def weighted(part):
    return part.credit.nonzero()[:, 0].tolist()


def copies(chat, part):
    """Indices of the tokens of the agent's messages after its first one."""
    own = part.agent.nonzero()[:, 0].tolist()
    gaps = [at for before, at in pairwise(own) if at > before + 1]
    return [at for at in own if at >= gaps[0]]


@pytest.mark.parametrize("credit", CREDITS)
def test_copies_of_a_wrong_id_carry_nothing(chat, credit):
    rejected = with_credit(encode_pair(CASCADE, chat), credit).rejected
    later = copies(chat, rejected)
    text = words(chat, rejected, later)
    assert text.count("LN4321") == 4
    if credit == "rest":
        assert set(later) <= set(weighted(rejected))
    else:
        assert not set(later) & set(weighted(rejected))
        assert weighted(rejected)


def test_what_each_credit_weighs(chat):
    pair = encode_pair(CASCADE, chat)
    found = {credit: with_credit(pair, credit) for credit in CREDITS}

    def text(credit, side):
        part = getattr(found[credit], side)
        return words(chat, part, weighted(part))

    # The sides share the call up to the id's first digit.
    assert words(chat, found["span"].prompt, range(len(pair.prompt_ids))).endswith('{"book":"BK')
    assert (text("span", "chosen"), text("span", "rejected")) == ("1234", "9876")
    end = '"}}</tool_call><|im_end|>'
    assert (text("message", "chosen"), text("message", "rejected")) == ("1234" + end, "9876" + end)
    turn = '1234' + end + '<tool_call>{"name":"renew","arguments":{"book":"LN5678' + end + "done LN5678<|im_end|>"
    assert (text("turn", "chosen"), text("turn", "rejected")) == (turn, "9876" + end)
    rest = turn + '<tool_call>{"name":"remind","arguments":{"book":"LN5678' + end + "will do LN5678<|im_end|>"
    assert text("rest", "chosen") == rest
    assert text("rest", "rejected") == rest.replace("1234", "9876").replace("5678", "4321")


def test_a_side_that_ends_too_early_is_credited_at_its_end(chat):
    pair = encode_pair(MISSING, chat)
    assert pair.chosen_ids[-1] == pair.rejected_ids[0]
    assert pair.rejected_ids == list(chat.stops)
    example = with_credit(pair, "span")
    assert words(chat, example.rejected, weighted(example.rejected)) == "<|im_end|>"
    said = words(chat, example.chosen, weighted(example.chosen))
    assert said == '<tool_call>{"name":"renew","arguments":{"book":"LN2"}}</tool_call>'


@pytest.mark.parametrize("gamma", [0.7, 1.0, 0.2])
def test_discounts_are_those_of_the_paper(chat, gamma):
    pair = encode_pair(CASCADE, chat)
    example = with_credit(pair, "rest", gamma)
    for part, spans in ((example.chosen, pair.chosen_spans), (example.rejected, pair.rejected_spans)):
        assert len(spans) == 5
        for j, span in enumerate(spans):
            # φ(j, T) = γʲ (1 - γ^(T-j)) / (1 - γ^T), which is a sum of powers: Σ_{k=j}^{T-1} γᵏ / Σ_{k=0}^{T-1} γᵏ
            expected = sum(gamma**k for k in range(j, 5)) / sum(gamma**k for k in range(5))
            assert part.credit[span.start : span.end].tolist() == pytest.approx([expected] * (span.end - span.start))
        assert part.credit[spans[0].start] == 1
    alone = with_credit(pair, "message", gamma)
    assert set(alone.rejected.credit.tolist()) == {0.0, 1.0}


def agents(chat, ids):
    """Which tokens the agent wrote, read off the rendered text: those after its header, through the end of turn."""
    start, end = chat.encode("<|im_start|>")[0], chat.encode("<|im_end|>")[0]
    header = chat.encode("<|im_start|>assistant\n")
    found, inside = [], False
    for at, id in enumerate(ids):
        found.append(inside)
        if id in (start, end):
            inside = False
        if ids[at + 1 - len(header) : at + 1] == header:
            inside = True
    return found


def assert_sound(chat, pair, example):
    for part, ids in ((example.chosen, pair.chosen_ids), (example.rejected, pair.rejected_ids)):
        own = agents(chat, pair.prompt_ids + ids)[len(pair.prompt_ids) :]
        assert part.agent.tolist() == own
        for weight in (part.credit, part.likelihood, part.span.float()):
            assert not weight[~part.agent].any()
        assert ((part.credit >= 0) & (part.credit <= 1)).all()
        assert part.credit.any()
        assert part.credit[0] > 0  # where the sides part, both are judged
    assert not example.prompt.credit.any()
    assert not example.rejected.likelihood.any()


@pytest.mark.parametrize("credit", CREDITS)
@pytest.mark.parametrize("discount", [None, 0.7])
def test_pairs_that_are_built(data, credit, discount):
    for pair in data.encoded:
        example = with_credit(pair, credit, discount)
        assert_sound(data.chat, pair, example)
        if credit != "rest":
            root = next(span for span in pair.rejected_spans if span.root)
            assert all(root.start <= at < root.end for at in weighted(example.rejected))


message = st.one_of(
    st.tuples(st.just("says"), st.text("abc <_0", min_size=1, max_size=8)),
    st.tuples(st.just("calls"), st.lists(st.tuples(st.sampled_from(["borrow", "renew"]), st.text("AB12", min_size=1, max_size=6)),
                                         min_size=1, max_size=3)),
    st.tuples(st.just("user"), st.text("abc", min_size=1, max_size=8)))


def made(drawn, weight):
    """Messages of one side that `drawn` says; results follow calls."""
    found = []
    for kind, given_ in drawn:
        if kind == "user":
            found.append(user(given_))
        elif kind == "says":
            found.append(says(given_.strip() or "a", weight=weight))
        else:
            found.append(calls(*given_, weight=weight))
            found += [result(name, book) for name, book in given_]
    return found


@settings(max_examples=60, deadline=None)
@given(first=st.lists(message, max_size=3), sides=st.tuples(*[st.lists(message, min_size=1, max_size=5)] * 2),
       credit=st.sampled_from(CREDITS), discount=st.sampled_from([None, 0.7, 1.0]))
def test_any_pair(chat, first, sides, credit, discount):
    sides = [[("says", "x"), *drawn] if drawn[0][0] == "user" else drawn for drawn in sides]
    prompt = [SYSTEM, user("go"), *made(first, 1)]
    chosen, rejected = (made(drawn, weight) for drawn, weight in zip(sides, (1, 0)))
    row = {**CASCADE, "prompt": prompt, "chosen": chosen, "rejected": rejected}
    if chat.render(chosen[:1], TOOLS) == chat.render(rejected[:1], TOOLS):
        return  # the fault is in the first message, or there is no pair
    pair = encode_pair(row, chat)
    assert_sound(chat, pair, with_credit(pair, credit, discount))


def test_weights_do_not_depend_on_what_is_credited(chat):
    pair = encode_pair(CASCADE, chat)
    found = [with_credit(pair, credit) for credit in CREDITS]
    assert all(example.chosen.likelihood.equal(found[0].chosen.likelihood) for example in found)
    assert all(example.chosen.span.equal(found[0].chosen.span) for example in found)
    without = with_credit(replace(pair, chosen_weights=[0.0] * len(pair.chosen_ids)), "turn")
    assert not without.chosen.likelihood.any()
