"""A tokenizer's chat template: conversations as text and tokens, and generated tokens as words and calls."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from functools import cached_property, lru_cache
from typing import Any

from magnetc.diagnostics import Diagnostic, MagnetError
from magnetc.models.dialects import Dialect, Parsed, dialect_of
from magnetc.models.prepare import Demands, Message, Prepared, prepare
from magnetc.models.segments import Encoder

_WORDS = "probe of words"
_ARGUMENT = "probe of calls"
_CALLS = tuple(
    {"id": f"call_{n}", "type": "function", "function": {"name": f"probe_{n}", "arguments": {"text": _ARGUMENT}}}
    for n in (1, 2)
)
_PARAMETERS = {"type": "object", "properties": {"text": {"type": "string", "description": "Text."}}, "required": ["text"]}
_OFFERED = {"name": "probe_offered", "description": "Take a text.", "parameters": _PARAMETERS}
_TOOLS = ({"type": "function", "function": _OFFERED},)
_ASKED: tuple[Message, ...] = ({"role": "user", "content": "probe"},)
_ANSWERED: tuple[Message, ...] = (*_ASKED, {"role": "assistant", "content": _WORDS})
_CALLED_TWICE: tuple[Message, ...] = (
    *_ASKED,
    {"role": "assistant", "content": "", "tool_calls": _CALLS},
    *({"role": "tool", "tool_call_id": call["id"], "name": call["function"]["name"], "content": "{}"} for call in _CALLS),
    {"role": "assistant", "content": _WORDS},
)
_FILLER = re.compile(r"\s*(<think>\s*</think>\s*)?")
"""What a template without a generation prompt may put before the agent's words."""
_DEMANDS = [Demands(one_call=one, short_ids=short) for one in (False, True) for short in (False, True)]


def unusable(problem: str, *notes: str, help: str) -> MagnetError:
    """MG713: this chat template cannot be used, and why."""
    return MagnetError(Diagnostic(code="MG713", message=f"the chat template {problem}", notes=notes, help=help))


class Chat:
    """Renders, encodes and reads conversations as a tokenizer's own chat template has them.

    `options` are passed to the template with every conversation, e.g. `enable_thinking=False`. What the template demands
    is found by rendering probes, never by a model's name.

    Raises:
        MagnetError: MG713, here when the tokenizer has no chat template, and in methods where it does not do what they need.
    """

    def __init__(self, tokenizer: Any, options: Mapping[str, Any] | None = None):
        if not getattr(tokenizer, "chat_template", None):
            raise unusable("is missing", "the tokenizer has none", help="name an instruction-tuned model, or another template")
        self.tokenizer = tokenizer
        self.options = dict(options or {})
        self._encoder = Encoder(tokenizer)
        self._tools = lru_cache(maxsize=64)(_parsed_tools)

    def encode(self, text: str) -> list[int]:
        """Ids of rendered text: `tokenizer(text, add_special_tokens=False)`, made fast."""
        return self._encoder.encode(text)

    def render(self, messages: Sequence[Mapping[str, Any]], tools: str | Sequence[Any], *, generation: bool = False) -> str:
        """Text of a conversation: messages of a row, tools as JSON text; with the agent's header when `generation`."""
        return self.render_prepared(self.prepare(messages).messages, tools, generation=generation)

    def prepare(self, messages: Sequence[Mapping[str, Any]]) -> Prepared:
        """`messages` in the form that this template takes; each can be traced to where it comes from."""
        has_calls = any(message.get("tool_calls") for message in messages)
        return prepare(messages, self.demands if has_calls else Demands())

    def render_prepared(self, messages: Sequence[Message], tools: str | Sequence[Any], *, generation: bool = False) -> str:
        """As `render`, of messages that `prepare` gave, or of a beginning of them."""
        offered = self._tools(tools) if isinstance(tools, str) else list(tools)
        try:
            return self._rendered(messages, offered, generation)
        except Exception as error:
            raise unusable(
                "refuses a conversation",
                f"it says: {error}",
                help="use another template, or a data set without what it refuses",
            ) from error

    def _rendered(self, messages: Sequence[Message], tools: Sequence[Any], generation: bool) -> str:
        return self.tokenizer.apply_chat_template(
            list(messages),
            tools=list(tools) or None,
            add_generation_prompt=generation,
            tokenize=False,
            **self.options,
        )

    @cached_property
    def demands(self) -> Demands:
        """What this template refuses, found by rendering a message with two calls."""
        refusal = "it leaves out calls or tools without a word"
        for demands in _DEMANDS:
            try:
                text = self._rendered(prepare(_CALLED_TWICE, demands).messages, _TOOLS, False)
            except Exception as error:
                refusal = f"it says: {error}"
                continue
            if all(name in text for name in ("probe_1", "probe_2", "probe_offered")):
                return demands
        raise unusable("does not write tool calls", refusal, help="use a model whose template takes tools")

    def check_header(self) -> None:
        """Raises MagnetError MG713 when no generation prompt precedes what the agent says, though a header does."""
        if self._header:
            raise unusable(
                "has no generation prompt",
                f"before the agent's words it writes: {self._header!r}",
                help="use a template that writes the agent's header when add_generation_prompt is set",
            )

    @cached_property
    def _header(self) -> str:
        """What stands before an agent's words that a generation prompt should have written; nothing when it has."""
        before = self.render_prepared(_ASKED, "", generation=True)
        gap = self.render_prepared(_ANSWERED, "").removeprefix(before).partition(_WORDS)[0]
        given = before != self.render_prepared(_ASKED, "") or _FILLER.fullmatch(gap)
        return "" if given else gap

    @cached_property
    def stops(self) -> tuple[int, ...]:
        """Ids of the tokens that end an agent's message, of words or of a call; none when the template has no such token."""
        ids = self._encoder.added
        words = self._after(_ANSWERED, _WORDS)
        stops = {words[0]} if words else set()
        try:
            called = self._after(prepare(_CALLED_TWICE, self.demands).messages[:2], _ARGUMENT)
        except MagnetError:
            called = []
        if called and not stops & set(called):
            stops.add(called[-1])
        return tuple(sorted(ids[token] for token in stops))

    def _after(self, messages: Sequence[Message], mark: str) -> list[str]:
        """The added tokens that follow the last `mark` of a rendered probe."""
        text = self.render_prepared(messages, _TOOLS if "tool_calls" in messages[-1] else "")
        _, found, rest = text.rpartition(mark)
        return re.findall("|".join(map(re.escape, self._encoder.added)) or r"(?!)", rest) if found else []

    @cached_property
    def dialect(self) -> Dialect:
        """How this template writes a tool call."""
        one = _CALLS[0]
        probe = prepare([*_ASKED, {"role": "assistant", "content": "", "tool_calls": [one]}], self.demands).messages
        before = self.render_prepared(probe[:1], _TOOLS, generation=True)
        text = self.render_prepared(probe, _TOOLS)
        function = one["function"]
        said = self._without_stop(text.removeprefix(before))
        found = dialect_of(said, (function["name"], function["arguments"]))
        if not text.startswith(before) or found is None:
            raise unusable(
                "writes tool calls in a way that cannot be read back",
                f"a call reads: {said}",
                help="known are those of Hermes and Qwen (<tool_call>), Llama 3 (JSON) and Mistral ([TOOL_CALLS])",
            )
        return found

    def _without_stop(self, text: str) -> str:
        """`text` up to the first token that ends a message."""
        stops = [token for token, id in self._encoder.added.items() if id in self.stops]
        return min((text.partition(stop)[0] for stop in stops), key=len, default=text)

    def read(self, ids: Sequence[int]) -> Parsed:
        """Words and calls of generated tokens, up to the first that ends a message. Never raises once a dialect is known."""
        end = next((position for position, id in enumerate(ids) if id in self.stops), len(ids))
        return self.dialect.parse(self.tokenizer.decode(list(ids[:end]), skip_special_tokens=False))


def _parsed_tools(tools: str) -> list[Any]:
    return json.loads(tools) if tools else []
