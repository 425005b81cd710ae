"""How chat templates write tool calls, and how generated text is read back."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

_DECODER = json.JSONDecoder()
_THINK = re.compile(r"\s*<think>(.*?)</think>\s*", re.DOTALL)
_SPACE = re.compile(r"\s*")
_CLOSED = re.compile(r"\s*(</tool_call>|$)")
_BETWEEN = re.compile(r"[\s;]*")
_NAMED = re.compile(r"\s*([\w.\-]+)\s*(?:\[CALL_ID\]\s*\w*\s*)?\[ARGS\]\s*")

Call = tuple[str, dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """What an agent's message says: words, calls as (name, arguments), and the text of calls that do not parse.

    `reasoning` is the text of a leading think block, which is no part of the words; `text` the whole that was read.
    """

    content: str = ""
    calls: tuple[Call, ...] = ()
    malformed: str = ""
    reasoning: str = ""
    text: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """A way to write tool calls. `vllm` and `sglang` are their servers' names for it (`--tool-call-parser`)."""

    name: str
    vllm: str
    sglang: str
    read: Callable[[str], Parsed]

    def parse(self, text: str) -> Parsed:
        """The words and calls of `text`, which is an agent's message without its end-of-turn token. Never raises."""
        think = _THINK.match(text)
        parsed = self.read(text[think.end() :] if think else text)
        return replace(parsed, reasoning=think[1].strip() if think else "", text=text)


def _value_at(text: str, position: int) -> tuple[Any, int]:
    """The JSON value at `position` (after white space) and where it ends; (None, position) when there is none."""
    start = _SPACE.match(text, position).end()  # pyright: ignore[reportOptionalMemberAccess]
    try:
        return _DECODER.raw_decode(text, start)
    except (ValueError, RecursionError):
        return None, position


def _call(value: Any, *keys: str) -> Call | None:
    """The call that an object states, its arguments under the first of `keys` that it has."""
    if not isinstance(value, Mapping) or not isinstance(value.get("name"), str) or not value["name"]:
        return None
    arguments = next((value[key] for key in keys if key in value), None)
    return (value["name"], arguments) if isinstance(arguments, dict) else None


def _read_marked(text: str, mark: str, calls_at: Callable[[str, int], tuple[list[Call], int]]) -> Parsed:
    """Words and the calls after each `mark`; `calls_at` gives those at a position and where they end, none when broken."""
    words, calls, broken = [], [], []
    position = 0
    while (start := text.find(mark, position)) >= 0:
        words.append(text[position:start])
        found, position = calls_at(text, start + len(mark))
        calls += found
        if not found:
            broken.append(text[start:position])
    words.append(text[position:])
    return Parsed(content="".join(words).strip(), calls=tuple(calls), malformed="\n".join(broken))


def _hermes_call(text: str, start: int) -> tuple[list[Call], int]:
    value, end = _value_at(text, start)
    close = _CLOSED.match(text, end)
    call = _call(value, "arguments") if close else None
    if call and close:
        return [call], close.end()
    after = text.find("</tool_call>", start)
    return [], len(text) if after < 0 else after + len("</tool_call>")


def _mistral_calls(text: str, start: int) -> tuple[list[Call], int]:
    """`[{"name": …, "arguments": …}, …]`, or `name[ARGS]{…}` of later versions."""
    named = _NAMED.match(text, start)
    value, end = _value_at(text, named.end() if named else start)
    made = [{"name": named[1], "arguments": value}] if named else value
    calls = [_call(item, "arguments") for item in made] if isinstance(made, list) else []
    good = [call for call in calls if call]
    if good and len(good) == len(calls):
        return good, end
    after = text.find("[TOOL_CALLS]", start)
    return [], len(text) if after < 0 else after


def _read_hermes(text: str) -> Parsed:
    return _read_marked(text, "<tool_call>", _hermes_call)


def _read_mistral(text: str) -> Parsed:
    return _read_marked(text, "[TOOL_CALLS]", _mistral_calls)


def _read_llama(text: str) -> Parsed:
    stripped = text.strip()
    tagged = stripped.startswith("<|python_tag|>")
    body = stripped.removeprefix("<|python_tag|>")
    if not tagged and not body.startswith("{"):
        return Parsed(content=stripped)
    calls = []
    position = 0
    while position < len(body):
        value, end = _value_at(body, position)
        call = _call(value, "parameters", "arguments")
        if call is None:
            return Parsed(calls=tuple(calls), malformed=body[position:].strip())
        calls.append(call)
        position = _BETWEEN.match(body, end).end()  # pyright: ignore[reportOptionalMemberAccess]
    return Parsed(calls=tuple(calls))


HERMES = Dialect(name="hermes", vllm="hermes", sglang="qwen25", read=_read_hermes)
MISTRAL = Dialect(name="mistral", vllm="mistral", sglang="mistral", read=_read_mistral)
LLAMA3_JSON = Dialect(name="llama3_json", vllm="llama3_json", sglang="llama3", read=_read_llama)
DIALECTS = (HERMES, MISTRAL, LLAMA3_JSON)


def dialect_of(text: str, call: Call) -> Dialect | None:
    """The dialect in which `text`, an agent's message rendered by a template, states `call` and nothing else."""
    return next((dialect for dialect in DIALECTS if dialect.parse(text) == _only(call)), None)


def _only(call: Call) -> Parsed:
    return Parsed(calls=(call,))
