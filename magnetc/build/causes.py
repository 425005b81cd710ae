"""Causes: what is other than when a recipe was last built, and so why units are made anew."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from magnetc.build.attempts import Attempts
from magnetc.build.ingredients import Ingredients
from magnetc.diagnostics import Label, Sink
from magnetc.diagnostics.render.place import place


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """Something that is other than when the recipe was last built: `added`, `removed` or `changed`, and where it stands (`file:line`).

    `units`: how many units are made that come from it; None where all of them may.
    """

    name: str
    change: str
    place: str = ""
    units: int | None = None


def causes(made_of: Ingredients, before: Mapping[str, str], wanted: Sequence[Attempts], sink: Sink) -> Iterator[Cause]:
    """What is other than it was `before`, and what of what is made comes from it."""
    now = made_of.by_name()
    origins = {each.name: each.origin for each in made_of.everything() if each.origin}
    everywhere = {each.name for each in (*made_of.shared, *made_of.sampled)}
    users = Counter(name for attempts in wanted for name in {each.name for unit in attempts.seen() for each in made_of.used_by(unit)})
    for name in (name for name in now if now[name] != before.get(name)):
        found = place(Label(origins[name]), sink) if name in origins else None
        yield Cause(name=name, change="changed" if name in before else "added", place=f"{found.path}:{found.line}" if found else "",
                    units=None if name in everywhere else users[name])
    yield from (Cause(name=name, change="removed") for name in before if name not in now)
