"""Rules that replace in results what differs from run to run, before anyone sees them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from magnetc.ir.json import Json
from magnetc.tools.worlds import worker


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
    return worker.normalised(tuple(map(asdict, rules)), tool, result)
