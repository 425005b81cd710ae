"""What an agent says after its calls, or in place of them: what a model is told, and what its words are held against."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from magnetc.ir.json import Json
from magnetc.ir.pointer import scalars, tokens
from magnetc.ir.spec import Spec
from magnetc.ir.trajectory import MessagePart, Value, Words, text_of
from magnetc.ir.types import TypeExpr, at_pointer
from magnetc.surface import find_mention, is_unspaced, say
from magnetc.teachers.conversation import Conversation, Executed, entity_of
from magnetc.teachers.prompted.language import is_in
from magnetc.teachers.prompted.placed import place
from magnetc.teachers.prompted.words import named_tools

_MOST = 400
"""Values of results that are looked for in a reply."""


@dataclass(frozen=True, slots=True)
class Answering:
    """A message of the agent's. `executed`: calls whose results it may tell; `plain`: one way to say it, whose values it has to say
    where there is nothing to be told."""

    executed: Sequence[Executed]
    plain: tuple[MessagePart, ...]
    conversation: Conversation

    def read(self, text: str) -> tuple[MessagePart, ...]:
        """The words as the parts of a message. Raises ValueError, in words for the model, where they state what nobody knows."""
        text = text.strip()
        conversation = self.conversation
        if not text:
            raise ValueError("it says nothing")
        if not is_in(text, conversation.locale):
            raise ValueError(f"it is not in the language of the conversation (`{conversation.locale}`)")
        for problem in named_tools(text, conversation.spec.tool):
            raise ValueError(problem)
        wanted = [part for part in self.plain if not isinstance(part, Words)] if not self.executed else list(self._said(text))
        placed = place(text, wanted, lambda part: ())
        if placed.missing and not self.executed:
            raise ValueError(f"it does not say `{text_of(placed.missing[0])}`")
        if stray := re.search(r"\S*\d\S*", placed.rest):
            raise ValueError(f"it states `{stray[0]}`, which no result says in this form; say values as the results have them")
        return placed.parts

    def question(self, text: str) -> tuple[MessagePart, ...]:
        """The same for words that ask."""
        if not text.rstrip().endswith(("?", "？", "? ", "か。")):
            raise ValueError("it does not ask: end with the question")
        return self.read(text)

    def _said(self, text: str) -> Iterator[MessagePart]:
        """A value for each leaf of the results and arguments that the text says in one of its forms, each text once."""
        seen: set[str] = set()
        for done in self.executed:
            for at, value, expr in leaves_told(self.conversation.spec, done.call.function, done.arguments, done.result):
                forms = self._forms(value, expr)
                said = next((form for form in forms if form not in seen and find_mention(form, text) >= 0), None)
                if said is not None:
                    seen.add(said)
                    yield from [Value(said, done.call.id, at)] * text.count(said)

    def _forms(self, value: Json, expr) -> list[str]:
        """The longest first: a date is looked for before the day in it."""
        entity = entity_of(expr, self.conversation.spec)
        forms = [str(value)] if isinstance(value, str) else []
        for case in ("", "on", "at"):
            forms += [form.text for form in say(value, entity, self.conversation.locale, self.conversation.now, case)]
        forms += [form[:1].upper() + form[1:] for form in forms if not is_unspaced(self.conversation.locale)]
        return sorted(set(forms) - {""}, key=lambda form: (-len(form), form))


def leaves_told(spec: Spec, function: str, arguments: Mapping[str, Json], result: Json) -> Iterator[tuple[str, Json, TypeExpr | None]]:
    """(pointer, value, type) of each scalar that words may tell of a call: of its result, then of its arguments, whose pointers begin with `#`."""
    for at, value in islice(scalars(result), _MOST):
        yield at, value, at_pointer(spec.tool[function].returns, tokens(at))
    for at, value in scalars(dict(arguments)):
        yield f"#{at}", value, spec.argument_type(function, at)


def facts(executed: Iterable[Executed]) -> list[Mapping[str, Json]]:
    """Calls with their results, as the program `reply` is given them."""
    return [{"call": done.call.function, "arguments": dict(done.arguments), "result": done.result} for done in executed]
