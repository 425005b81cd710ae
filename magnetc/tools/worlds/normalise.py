"""Rules that replace in results what differs from run to run, before anyone sees them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from magnetc.ir.json import Json
from magnetc.ir.pointer import expand
from magnetc.tools.worlds.worker import put


@dataclass(frozen=True, slots=True, kw_only=True)
class Normalise:
    """What differs from run to run in results of `tool` (of all when empty) and what stands there instead: the value `at` a
    pattern, or what `match` finds in texts, there or anywhere."""

    tool: str = ""
    at: str = ""
    match: str = ""
    to: str = ""

    def __str__(self) -> str:
        return " ".join(filter(None, (self.tool, self.at, self.match)))

    def apply(self, tool: str, result: Json) -> Json:
        """`result`, normalised."""
        if self.tool not in ("", tool):
            return result
        if not self.match:
            for pointer, _ in list(expand(result, self.at)):
                put(result, pointer, self.to)
            return result
        if not self.at:
            return self._texts(result)
        for pointer, value in list(expand(result, self.at)):
            put(result, pointer, self._texts(value))
        return result

    def _texts(self, value: Json) -> Json:
        if isinstance(value, str):
            return re.sub(self.match, self.to, value, flags=re.MULTILINE)
        if isinstance(value, list):
            return [self._texts(item) for item in value]
        if isinstance(value, dict):
            return {key: self._texts(item) for key, item in value.items()}
        return value


def normalise_rule(data: Mapping[str, Any]) -> Normalise:
    """A rule as a recipe says it.

    Raises:
        ValueError: with words that say what is wrong with it.
    """
    found = Normalise(tool=data.get("tool", ""), at=data.get("at", ""), match=data.get("match", ""), to=data.get("to", ""))
    if not found.at and not found.match:
        raise ValueError("says neither `at` which pointer nor what to `match`")
    try:
        re.compile(found.match)
        re.sub(found.match, found.to, "")
    except (re.error, IndexError) as error:
        raise ValueError(f"cannot be read: {error}") from None
    return found


def normalised(rules: Iterable[Normalise], tool: str, result: Json) -> Json:
    """`result` after all rules, in order; it may be changed in place."""
    for rule in rules:
        result = rule.apply(tool, result)
    return result
