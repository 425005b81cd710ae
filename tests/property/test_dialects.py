"""Calls are read back as they were written; no text makes a reader fail."""

import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from magnetc.models.dialects import DIALECTS, HERMES, LLAMA3_JSON, MISTRAL, Parsed

NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_.\-]{0,15}", fullmatch=True)
MARKS = ["<tool_call>", "</tool_call>", "[TOOL_CALLS]", "[ARGS]", "<think>", "</think>", '"', "\\", "{", "}", ";", "\n"]
TEXTS = st.one_of(st.text(max_size=12), st.lists(st.sampled_from(MARKS), max_size=4).map("".join))
LEAVES = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), TEXTS)
VALUES = st.recursive(LEAVES, lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXTS, inner, max_size=3)), max_leaves=6)
CALLS = st.lists(st.tuples(NAMES, st.dictionaries(TEXTS, VALUES, max_size=3)), min_size=1, max_size=3).map(tuple)
WORDS = st.text(st.characters(categories=["L", "N", "Zs"]), max_size=20)
fast = settings(max_examples=200, deadline=None)


def spaced(value):
    return json.dumps(value, ensure_ascii=False)


def hermes(calls, words):
    blocks = [f'<tool_call>\n{{"name": "{name}", "arguments": {spaced(given)}}}\n</tool_call>' for name, given in calls]
    return "\n".join([words, *blocks])


def compact(calls, words):
    return words + "".join(f"<tool_call>{json.dumps({'name': n, 'arguments': a}, separators=(',', ':'))}</tool_call>" for n, a in calls)


def llama(calls, words):
    return "; ".join(f'{{"name": "{name}", "parameters": {spaced(given)}}}' for name, given in calls)


def mistral(calls, words):
    entries = [{"name": name, "arguments": given, "id": "abcdefghi"} for name, given in calls]
    return f"{words}[TOOL_CALLS] {spaced(entries)}"


def mistral_v11(calls, words):
    return words + "".join(f"[TOOL_CALLS]{name}[ARGS]{spaced(given)}" for name, given in calls)


def mistral_v11_ids(calls, words):
    return words + "".join(f"[TOOL_CALLS]{name}[CALL_ID]abcdefghi[ARGS]{spaced(given)}" for name, given in calls)


WRITERS = [(HERMES, hermes), (HERMES, compact), (LLAMA3_JSON, llama), (MISTRAL, mistral), (MISTRAL, mistral_v11), (MISTRAL, mistral_v11_ids)]


@pytest.mark.parametrize(("dialect", "write"), WRITERS, ids=lambda value: getattr(value, "__name__", ""))
def test_calls_are_read_back(dialect, write):
    @fast
    @given(CALLS, WORDS)
    def check(calls, words):
        expected = "" if dialect is LLAMA3_JSON else words.strip()
        assert dialect.parse(write(calls, words)) == Parsed(content=expected, calls=calls)

    check()


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
def test_no_text_makes_a_reader_fail(dialect):
    pieces = st.lists(st.one_of(TEXTS, st.sampled_from(['{"name": "f", "arguments": {}}', '{"name": "f", ', "[1", "f[ARGS]{"])), max_size=6)

    @fast
    @given(pieces.map("".join))
    @example("<tool_call>" + "[" * 100_000)
    @example('[TOOL_CALLS] [{"name": "f", "arguments": ' + "9" * 5000 + "}]")
    @example('{"name": "f", "parameters": ' + "[" * 100_000)
    def check(text):
        parsed = dialect.parse(text)
        assert isinstance(parsed, Parsed)
        assert all(isinstance(name, str) and isinstance(given, dict) for name, given in parsed.calls)

    check()


@pytest.mark.parametrize(("dialect", "text", "expected"), [
    (HERMES, "Hello.", Parsed(content="Hello.")),
    (HERMES, '<tool_call>{"name": "f"}</tool_call>', Parsed(malformed='<tool_call>{"name": "f"}</tool_call>')),
    (HERMES, '<tool_call>{"name": "f", "arguments": "{}"}</tool_call> ok',
     Parsed(content="ok", malformed='<tool_call>{"name": "f", "arguments": "{}"}</tool_call>')),
    (HERMES, 'So <tool_call>{"name": "f", "arguments": {}}', Parsed(content="So", calls=(("f", {}),))),
    (HERMES, '<tool_call>{"name": "f", "argum', Parsed(malformed='<tool_call>{"name": "f", "argum')),
    (HERMES, '<think>\nA.\n</think>\n\n<tool_call>{"name": "f", "arguments": {}}</tool_call>', Parsed(calls=(("f", {}),), reasoning="A.")),
    (LLAMA3_JSON, " Hello {x}.", Parsed(content="Hello {x}.")),
    (LLAMA3_JSON, '<|python_tag|>{"type": "function", "name": "f", "parameters": {"a": 1}}', Parsed(calls=(("f", {"a": 1}),))),
    (LLAMA3_JSON, '{"name": "f", "parameters": {"a": 1}', Parsed(malformed='{"name": "f", "parameters": {"a": 1}')),
    (MISTRAL, " Hello.", Parsed(content="Hello.")),
    (MISTRAL, "[TOOL_CALLS] [{]", Parsed(malformed="[TOOL_CALLS] [{]")),
    (MISTRAL, "[TOOL_CALLS] []", Parsed(malformed="[TOOL_CALLS] []")),
])
def test_examples(dialect, text, expected):
    assert dialect.parse(text) == expected


def test_servers_names():
    assert [(d.name, d.vllm, d.sglang) for d in DIALECTS] == [
        ("hermes", "hermes", "qwen25"), ("mistral", "mistral", "mistral"), ("llama3_json", "llama3_json", "llama3")]
