"""fit: whether a phrase says exactly what the user has to say, and which of its parts then stay.

A phrase fits when its slots, after dropping optional fragments, are the arguments that are the user's to give plus
slots whose value is an earlier result (`docs/language.md`, turns). Used by the passes to decide what may be left to
the user, and by the offline teacher to say it.
"""

from __future__ import annotations

from functools import lru_cache

from magnetc.ir.spec import Spec
from magnetc.ir.template import Choice, Optional, Part, Phrase, Section, Slot, Text

Names = frozenset[str]


@lru_cache(maxsize=1 << 15)
def fit(parts: tuple[Part, ...], user: Names, outputs: Names, must: Names = frozenset()) -> tuple[Part, ...] | None:
    """The parts that are said, or None when the phrase does not fit.

    Args:
        parts: a phrase's parts.
        user: slot names whose values the user gives; each has to be said.
        outputs: slot names whose values are earlier results that a `refer` phrase can point at.
        must: those of `outputs` that have to be said, because nothing else identifies the value.

    A fragment stays exactly when all its slots can be said. Of a choice only the options that can be said stay; a slot
    counts as said when every remaining option says it.
    """
    resolved = _resolve(parts, user | outputs)
    if resolved is None:
        return None
    kept, said = resolved
    return kept if (user | must) <= said else None


def phrases_for(spec: Spec, chain: tuple[str, ...], locale: str) -> tuple[Phrase, ...]:
    """The phrases of the turn templates for `chain` (tool names, head first) in `locale`."""
    return tuple(
        phrase
        for template in spec.turn_templates.get(chain, ())
        for phrase in template.phrases
        if phrase.locale == locale and phrase.weight > 0
    )


def _resolve(parts: tuple[Part, ...], sayable: Names) -> tuple[tuple[Part, ...], Names] | None:
    """Parts with fragments decided, and the slots certainly said. None when a slot outside fragments cannot be."""
    kept: list[Part] = []
    said: set[str] = set()
    for part in parts:
        match part:
            case Text() | Section():
                kept.append(part)
            case Slot(name):
                if name not in sayable:
                    return None
                kept.append(part)
                said.add(name)
            case Optional(inner):
                fragment = _resolve(inner, sayable)
                if fragment:
                    kept.extend(fragment[0])
                    said |= fragment[1]
            case Choice(options):
                fitting = [resolved for option in options if (resolved := _resolve(option, sayable)) is not None]
                if not fitting:
                    return None
                kept.append(Choice(tuple(option for option, _ in fitting)))
                said |= frozenset.intersection(*(slots for _, slots in fitting))
    return tuple(kept), frozenset(said)
