"""Spoken: a phrase as it is said, and two of them in one sentence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from magnetc.ir.spec import Frame
from magnetc.teachers.offline.frames import Parts, fill, placeholders


@dataclass(frozen=True, slots=True)
class Spoken:
    """A phrase with its mood, and inflected by the names that frames ask for."""

    mood: str
    parts: Parts
    forms: Mapping[str, Parts] = field(default_factory=dict)

    def fillers(self, name: str) -> dict[str, Parts]:
        """What fills `{name}` of a frame, and `{name:form}`."""
        return {name: self.parts, **{f"{name}:{form}": parts for form, parts in self.forms.items()}}


def joined(a: Spoken, b: Spoken, frames: Iterable[Frame], locale: str) -> Spoken | None:
    """Both verb phrases in one, by the first frame whose forms they have. A bare placeholder is inflected as the whole is."""
    for frame in frames:
        asked = placeholders(frame.text)
        if not asked <= {*a.fillers("a"), *b.fillers("b")}:
            continue
        whole = [each.forms.keys() for each, name in ((a, "a"), (b, "b")) if name in asked]
        names = [name for name in whole[0] if all(name in own for own in whole)] if whole else []
        forms = {name: fill(frame.text, {**a.fillers("a"), **b.fillers("b"), "a": a.forms.get(name, a.parts),
                                         "b": b.forms.get(name, b.parts)}, locale) for name in names}
        return Spoken("do", fill(frame.text, {**a.fillers("a"), **b.fillers("b")}, locale), forms)
    return None
