"""Saying a message otherwise: what a model is told, and what its words are held against before any proof is."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from magnetc.distill.proofs.mentions import unsaid
from magnetc.ir.json import Json
from magnetc.teachers.prompted.language import is_in
from magnetc.teachers.prompted.words import named_tools

_NUMBER = re.compile(r"\w*\d[\w.,:/-]*\w|\d")
_ASKS = ("?", "？", "か。")
_LONGEST = 3
"""Times as long as the message that its new words may be, and 200 characters more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Restyling:
    """A message of the `who`'s, what was said and done before it, and the texts in it that stand for something and are held.
    `tools` are names that nobody says."""

    who: str
    text: str
    history: Sequence[Mapping[str, Json]]
    held: tuple[str, ...]
    locale: str
    tools: Collection[str]

    def inputs(self) -> dict[str, Json]:
        return {"who": self.who, "history": [dict(each) for each in self.history], "text": self.text, "held": list(self.held)}

    def read(self, words: str) -> str:
        """The words, blanks at their ends aside. Raises ValueError, in words for the model, where they say more, less or another thing."""
        words = words.strip()
        if not is_in(words, self.locale):
            raise ValueError(f"it is not in the language of the conversation (`{self.locale}`)")
        for problem in named_tools(words, self.tools):
            raise ValueError(problem)
        missing, rest = unsaid(words, self.held)
        if missing:
            raise ValueError(f"it does not say `{missing[0]}`")
        before, after = Counter(_NUMBER.findall(unsaid(self.text, self.held)[1])), Counter(_NUMBER.findall(rest))
        if strange := after - before:
            raise ValueError(f"it states `{next(iter(strange))}`, which the message does not, or not so often")
        if lost := before - after:
            raise ValueError(f"it does not state `{next(iter(lost))}`")
        if self.text.rstrip().endswith(_ASKS) != words.endswith(_ASKS) and self.who == "agent":
            raise ValueError("the message asks, and this does not" if not words.endswith(_ASKS) else "it asks, and the message does not")
        if len(words) > _LONGEST * len(self.text) + 200:
            raise ValueError("it is much longer than the message")
        return words
