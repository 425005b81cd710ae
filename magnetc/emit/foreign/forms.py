"""Rows of the usual forms, read into one: TRL and OpenAI (`messages`), ShareGPT (`conversations`), and pairs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from magnetc.emit.foreign.row import Called, Offered, Problem, Row, Said, as_text
from magnetc.ir.json import Json, wire
from magnetc.ir.read_json import load_finite
from magnetc.models.dialects import HERMES
from magnetc.source.origin import escape

ROLES = {
    "system": "system", "developer": "system", "user": "user", "human": "user", "tool": "tool", "function": "tool", "observation": "tool",
    "ipython": "tool", "tool_response": "tool", "function_response": "tool", "tool_result": "tool",
    **dict.fromkeys(("assistant", "gpt", "model", "bot", "chatgpt", "function_call", "tool_call"), "assistant"),
}
"""The role that each name of one means."""

CALLING = ("function_call", "tool_call")
"""Names of roles whose words are calls."""

_RESPONSE = re.compile(r"<tool_response>\s*(.*?)\s*</tool_response>", re.DOTALL)
_SHAPES = "`messages`, `conversations`, or `prompt`, `chosen` and `rejected`"
_EXTRAS = {"id": (str, int), "tags": dict, "fault": dict}


def read_row(row: Json) -> tuple[Row | None, list[Problem]]:
    """The row, None where it is no conversation, and what is wrong with its form. Never raises but RecursionError."""
    reader = _Reader()
    return reader.row(row), reader.problems


class _Reader:
    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def row(self, row: Json) -> Row | None:
        if not isinstance(row, dict):
            self._problem("MG802", f"a row is an object with {_SHAPES}, and this is {_kind(row)}")
            return None
        whole = next((key for key in ("messages", "conversations") if row.get(key) is not None), None)
        if row.get("preferred_output") is not None and row.get("non_preferred_output") is not None and isinstance(row.get("input"), dict):
            within = row["input"]
            prompt = self._side(within, "messages", "/input") if within.get("messages") is not None else None
            return self._made(row, *_parted(prompt, self._side(row, "preferred_output"), self._side(row, "non_preferred_output")))
        if row.get("chosen") is not None and row.get("rejected") is not None:
            sides = [self._side(row, key) for key in ("chosen", "rejected")]
            before = "prompt" if row.get("prompt") is not None else whole
            return self._made(row, *_parted(self._side(row, before) if before else None, *sides))
        if whole:
            return self._made(row, (), self._side(row, whole), None)
        if row.get("prompt") is not None and row.get("completion") is not None:
            return self._made(row, self._side(row, "prompt"), self._side(row, "completion"), None)
        self._problem("MG802", f"a row is an object with {_SHAPES}, and this one has {_listed(row)}")
        return None

    def _made(self, row: dict[str, Json], prompt: tuple[Said, ...], chosen: tuple[Said, ...], rejected: tuple[Said, ...] | None) -> Row | None:
        if isinstance(row.get("system"), str) and row["system"] and not any(said.role == "system" for said in (*prompt, *chosen)):
            system = Said(role="system", content=row["system"], at="/system")
            prompt, chosen = ((system, *prompt), chosen) if prompt or rejected is not None else (prompt, (system, *chosen))
        if not (prompt or chosen):
            if not self.problems:
                self._problem("MG802", "it has no messages")
            return None
        extras = {key: row[key] for key, kinds in _EXTRAS.items() if isinstance(row.get(key), kinds)}
        return Row(id=str(extras.get("id", "")), prompt=prompt, chosen=chosen, rejected=rejected, tools=self._tools(row), extras=extras, original=row)

    def _problem(self, code: str, message: str, at: str = "") -> None:
        self.problems.append(Problem(code, message, at))

    def _side(self, row: Mapping[str, Json], key: str, within: str = "") -> tuple[Said, ...]:
        """The messages under a key: a list, a message alone, or words, which are the user's in a prompt and else the agent's."""
        value, at = row[key], f"{within}/{key}"
        if isinstance(value, str):
            return (Said(role="user" if key == "prompt" else "assistant", content=value, at=at),)
        if isinstance(value, dict):
            return tuple(self._message(value, at))
        if not isinstance(value, list):
            self._problem("MG802", f"`{key}` has to be a list of messages, and is {_kind(value)}", at)
            return ()
        return tuple(said for number, item in enumerate(value) for said in self._message(item, f"{at}/{number}"))

    def _message(self, item: Json, at: str) -> Iterator[Said]:
        if not isinstance(item, dict):
            self._problem("MG802", f"a message is an object with `role` and `content`, and this is {_kind(item)}", at)
            return
        raw = item.get("role", item.get("from"))
        role = ROLES.get(raw.lower()) if isinstance(raw, str) else None
        if role is None:
            told = f"`{raw}` is no role" if isinstance(raw, str) else "a message has no `role`"
            self._problem("MG802", f"{told}: known are system, user, assistant and tool", at)
            return
        key = "content" if "content" in item else "value"
        content = _content(item.get(key))
        weight, credit = (_number(item.get(name)) for name in ("weight", "credit"))
        if role == "assistant":
            calls = tuple(self._calls(item, str(raw), at, f"{at}/{key}"))
            if calls and str(raw).lower() in CALLING:
                content = ""
            elif not calls and "<tool_call>" in content:
                content, calls = self._written(content, f"{at}/{key}")
            yield Said(role=role, content=content, calls=calls, weight=weight, credit=credit, at=at)
        elif role == "tool":
            call_id, name = (value if isinstance(value, str) else None for value in (item.get("tool_call_id"), item.get("name")))
            for part in _RESPONSE.findall(content) or [content]:
                yield Said(role=role, content=part, call_id=call_id, name=name, at=at)
        else:
            yield Said(role=role, content=content, at=at)

    def _calls(self, item: Mapping[str, Json], raw: str, at: str, at_value: str) -> Iterator[Called]:
        made: Json = item.get("tool_calls")
        if raw.lower() in CALLING and not made:
            made = item.get("content", item.get("value"))
            try:
                made = load_finite(made) if isinstance(made, str) else made
            except (ValueError, RecursionError):
                self._problem("MG821", "a call is no JSON", at_value)
                yield Called(name="", arguments=None, text=as_text(made), at=at_value, at_arguments=at_value)
                return
            for each in made if isinstance(made, list) else [made]:
                yield self._call(each, at_value, within=True)
        elif isinstance(made, list):
            for number, each in enumerate(made):
                yield self._call(each, f"{at}/tool_calls/{number}")
        elif made is not None:
            self._problem("MG802", f"`tool_calls` has to be a list, and is {_kind(made)}", f"{at}/tool_calls")
        elif item.get("function_call") is not None:
            yield self._call(item["function_call"], f"{at}/function_call")

    def _call(self, item: Json, at: str, within: bool = False) -> Called:
        """A call, `{id, function: {name, arguments}}` or the function alone; `within`: it stands in a text, and all of it has one place."""
        is_nested = isinstance(item, dict) and isinstance(item.get("function"), dict)
        function = item["function"] if is_nested else item
        if not isinstance(function, dict) or not isinstance(function.get("name"), str):
            self._problem("MG802", "a call has no `name`", at)
            return Called(name="", arguments=None, text="", at=at, at_arguments=at)
        key = next((key for key in ("arguments", "parameters", "input") if key in function), "arguments")
        at_arguments = at if within else f"{at}/function/{key}" if is_nested else f"{at}/{key}"
        name, given = function["name"], function.get(key)
        arguments, why = _arguments(given)
        if arguments is None:
            self._problem("MG821", f"the arguments of `{name}` are {why}", at_arguments)
        id = item.get("id") if isinstance(item.get("id"), str) else None
        return Called(name=name, arguments=arguments, text=as_text(given) if arguments is None else wire(arguments), id=id, at=at,
                      at_arguments=at_arguments)

    def _written(self, content: str, at: str) -> tuple[str, tuple[Called, ...]]:
        """Words and calls of a message in which a chat template has written calls already, as Hermes does."""
        parsed = HERMES.parse(content)
        calls = [Called(name=name, arguments=given, text=wire(given), at=at, at_arguments=at) for name, given in parsed.calls if _is_json(given)]
        if parsed.malformed or len(calls) < len(parsed.calls):
            self._problem("MG821", "a call between `<tool_call>` and `</tool_call>` is no JSON object with `name` and `arguments`", at)
            calls.append(Called(name="", arguments=None, text=parsed.malformed, at=at, at_arguments=at))
        return parsed.content, tuple(calls)

    def _tools(self, row: Mapping[str, Json]) -> tuple[Offered, ...] | None:
        within = row["input"] if "preferred_output" in row and isinstance(row.get("input"), dict) else row
        key = next((key for key in ("tools", "functions") if within.get(key) is not None), None)
        if key is None:
            return None
        given, place = within[key], f"{'' if within is row else '/input'}/{key}"
        tools, problems = _offered(given) if isinstance(given, str) else _offered_of(given)
        self.problems += [Problem("MG803", problem, place if isinstance(given, str) else place + at) for at, problem in problems]
        return tools


@lru_cache(maxsize=256)
def _offered(text: str) -> tuple[tuple[Offered, ...], tuple[tuple[str, str], ...]]:
    """Tools as JSON text, as most data sets have them, and many rows the same."""
    if not text.strip():
        return (), ()
    try:
        return _offered_of(load_finite(text))
    except (ValueError, RecursionError):
        return (), (("", "the tools are text that is no JSON"),)


def _offered_of(tools: Json) -> tuple[tuple[Offered, ...], tuple[tuple[str, str], ...]]:
    if not isinstance(tools, list):
        return (), (("", f"tools have to be a list, and are {_kind(tools)}"),)
    found: list[Offered] = []
    problems: list[tuple[str, str]] = []
    for number, tool in enumerate(tools):
        function = tool.get("function", tool) if isinstance(tool, dict) else None
        if not isinstance(function, dict) or not isinstance(function.get("name"), str):
            problems.append((f"/{number}", "a tool has no `name`"))
        elif any(function["name"] == other.name for other in found):
            problems.append((f"/{number}", f"two tools have the name `{function['name']}`"))
        else:
            parameters = next((function[key] for key in ("parameters", "input_schema", "inputSchema") if key in function), None)
            found.append(Offered(name=function["name"], parameters=parameters, text=wire(function), document=tool))
    return tuple(found), tuple(problems)


def _parted(prompt: tuple[Said, ...] | None, chosen: tuple[Said, ...], rejected: tuple[Said, ...]) -> tuple[tuple[Said, ...], tuple[Said, ...], tuple[Said, ...]]:
    """Prompt and sides. Sides that begin with the prompt are cut behind it; without a prompt it is what both sides begin with."""
    if prompt is None:
        end = next((at for at, (one, two) in enumerate(zip(chosen, rejected)) if not one.same(two)), min(len(chosen), len(rejected)))
        end = min(end, max(len(chosen), len(rejected)) - 1)
        while end > 0 and chosen[end - 1].role == "assistant" and (end >= len(chosen) or end >= len(rejected)):
            end -= 1
        return chosen[:end], chosen[end:], rejected[end:]
    if all(len(side) > len(prompt) and all(map(Said.same, side, prompt)) for side in (chosen, rejected)) and prompt:
        return prompt, chosen[len(prompt):], rejected[len(prompt):]
    return prompt, chosen, rejected


def _arguments(given: Json) -> tuple[dict[str, Json] | None, str]:
    """Arguments as the object that they are or write; None, and why they are none."""
    if given is None:
        return {}, ""
    if isinstance(given, str):
        try:
            given = load_finite(given)
        except (ValueError, RecursionError):
            return None, "text that is no JSON"
        if isinstance(given, str):
            return None, "a JSON text within a JSON text"
    if not isinstance(given, dict):
        return None, f"no JSON object, but {_kind(given)}"
    return given, ""


def _is_json(value: Json) -> bool:
    try:
        wire(value)
    except ValueError:
        return False
    return True


def _content(value: Json) -> str:
    """Words, of parts the texts; what is neither as JSON."""
    if isinstance(value, list) and all(isinstance(part, dict) for part in value):
        return "\n".join(part["text"] if isinstance(part.get("text"), str) else f"[{part.get('type', 'part')}]" for part in value)
    return as_text(value)


def _number(value: Any) -> float | None:
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _kind(value: Json) -> str:
    names = {str: "a text", int: "a number", float: "a number", bool: "a truth value", list: "a list", dict: "an object"}
    return names.get(type(value), "nothing")


def _listed(row: Mapping[str, Json]) -> str:
    names = [f"`{escape(name)}`" for name in list(row)[:6]]
    return f"{', '.join(names)}{' and more' * (len(row) > 6)}" if names else "nothing"
