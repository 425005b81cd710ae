"""Held-out words: phrases and frames of the user's that no conversation to train on has.

    partitions: {train: 0.9, test: 0.1, held_out: {phrases: 0.2}}

Of all that says the same in another way, one share is drawn, and one way at least is left: the phrases of a template in a language that have the same
slots, the ways to point at a result, the frames of a group and style. So whatever can be said can be said with either part, and no path is lost. The only
question of a template stays, which is what is asked again. As large a share of the base paths is drawn by their ids; these are said in the
held-out ways where there are some, all others without them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from math import floor

from magnetc.ir import draw
from magnetc.ir.spec import Frame, Frames, Recipe, Spec
from magnetc.ir.template import Phrase, slots

USER_FRAMES = frozenset({"do", "say", "ask", "open", "follow", "join_do", "next", "announce", "answer", "again"})
"""The groups of frames around what users ask for. Those whose form is a proof, and the agent's, are not held out."""

_PLACEHOLDER = re.compile(r"\{\w+(?::\w+)?\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """The recipe's specs by what users may say: `known` without what is held out, `apart` with nothing else where there is something else. `count`: how
    many phrases and frames that is."""

    known: Spec
    apart: Spec
    count: int

    def of(self, base: str) -> Spec:
        """What the words of a base path are written from."""
        return self.apart if is_said_apart(self.known.recipe, base) else self.known


def is_said_apart(recipe: Recipe, base: str) -> bool:
    """Whether a base path, and its copies, are said with held-out words: drawn by its id alone."""
    share = recipe.held_out.phrases if recipe.held_out else 0.0
    return share > 0 and draw.fraction(recipe.seed, "held out words", base) < share


def held_out_words(spec: Spec) -> Wording | None:
    """None where the recipe holds no phrases out."""
    asked = spec.recipe.held_out
    if asked is None or not asked.phrases:
        return None
    drawn = frozenset(_drawn(spec, asked.phrases))
    return Wording(known=_only(spec, lambda key: key not in drawn), apart=_apart(spec, drawn), count=len(drawn))


_Key = tuple[object, ...]
"""What tells a way to say something: the group of those that say the same, then its text."""


def _drawn(spec: Spec, share: float) -> Iterable[_Key]:
    groups: dict[_Key, list[_Key]] = {}
    for key in _ways(spec):
        groups.setdefault(key[:-1], []).append(key)
    kept = _only_questions(spec)
    for group, keys in groups.items():
        ways = [key for key in dict.fromkeys(keys) if key not in kept]
        wanted = share * len(ways)
        more = draw.fraction(spec.recipe.seed, "held out words", *map(str, group)) < wanted - floor(wanted)
        ranked = draw.shuffle(ways, spec.recipe.seed, "held out words", *map(str, group), name=lambda key: str(key[-1]))
        yield from ranked[: min(floor(wanted) + more, len(set(keys)) - 1)]


def _only_questions(spec: Spec) -> frozenset[_Key]:
    found: set[_Key] = set()
    for template in spec.turns:
        for locale in {phrase.locale for phrase in template.phrases}:
            asks = [phrase for phrase in template.phrases if phrase.locale == locale and phrase.mood == "ask" and phrase.weight > 0]
            found |= {_phrase_key(("turn", template.chain), each) for each in asks[:1] if len(asks) == 1}
    return frozenset(found)


def _ways(spec: Spec) -> Iterable[_Key]:
    for template in spec.turns:
        yield from (_phrase_key(("turn", template.chain), each) for each in template.phrases if each.weight > 0)
    for template in spec.refers:
        yield from (_phrase_key(("refer", template.type, template.pick, template.by), each) for each in template.phrases if each.weight > 0)
    for frames in spec.frames:
        for name, group in frames.groups:
            yield from (_frame_key(frames, name, each) for each in group if name in USER_FRAMES)


def _phrase_key(of: _Key, phrase: Phrase) -> _Key:
    certain, all_of_them = (frozenset(slot.name for slot in slots(phrase.parts, required_only=only)) for only in (True, False))
    said = (tuple(sorted(certain)), tuple(sorted(all_of_them)), tuple(name for name, _ in phrase.forms))
    return (*of, phrase.locale, *said, phrase.text)


def _frame_key(frames: Frames, name: str, frame: Frame) -> _Key:
    return ("frame", frames.locale, name, frame.style, frame.after, tuple(sorted(set(_PLACEHOLDER.findall(frame.text.lower())))), frame.text)


def _apart(spec: Spec, drawn: frozenset[_Key]) -> Spec:
    """With what is drawn alone, in each group that has some of it."""
    groups = {key[:-1] for key in drawn}
    return _only(spec, lambda key: key in drawn or key[:-1] not in groups)


def _only(spec: Spec, keep: Callable[[_Key], bool]) -> Spec:
    turns = tuple(replace(each, phrases=tuple(p for p in each.phrases if keep(_phrase_key(("turn", each.chain), p)))) for each in spec.turns)
    refers = tuple(replace(each, phrases=tuple(p for p in each.phrases if keep(_phrase_key(("refer", each.type, each.pick, each.by), p)))) for each in spec.refers)
    frames = tuple(replace(each, groups=tuple((name, tuple(f for f in group if keep(_frame_key(each, name, f)))) for name, group in each.groups))
                   for each in spec.frames)
    return replace(spec, turns=turns, refers=refers, frames=frames)
