"""Frames: the sentences around phrases, for each locale of the recipe."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from magnetc.diagnostics import Sink
from magnetc.diagnostics.edits import renamed
from magnetc.diagnostics.suggest import closest
from magnetc.frontend.document import Document
from magnetc.ir.spec import STYLES, Frame, Frames, OperationSpec, Recipe
from magnetc.source import Origin

PLACEHOLDERS: dict[str, tuple[str, ...]] = {
    "do": ("phrase",), "say": ("phrase",), "ask": ("phrase",), "join_do": ("a", "b"), "next": ("a", "b"),
    "open": ("s",), "follow": ("s",), "answer": ("value",), "announce": ("capability",), "clarify": ("question",),
    "refuse": ("capability",), "not_one_of": ("value", "choices"), "not_between": ("value", "low", "high"), "not_valid": ("value",),
    "again": ("phrase",), "recall": ("s",), "chitchat": (), "system": ("context",), "system_policy": (), "system_date": ("date",),
    "system_profile": ("profile",), "done": (), "error": ("message",), "correct": ("new",), "correct_from": ("old", "new"),
    "correct_after": ("old", "new"), "refused": ("error", "question"), "amend": ("new",),
    "unknown": (), "insist": ("s",),
}
"""What each group of frames has to say, in lower case: a capital only sets the case of the first letter."""

FOR_OPERATIONS = {
    "system": ("system", "system_policy"),
    "no_tool": ("not_one_of", "not_between", "not_valid", "again", "recall", "chitchat"),
    "correct": ("correct", "correct_from"),
    "correct.after": ("correct_after",),
    "recover.environment": ("refused", "amend"),
}
"""Groups that a locale may lack, unless this operation, or an option of it that is not 0, asks for them."""

FOR_PLAY = ("unknown", "insist")
"""Groups that no build asks for: a user who is played has them to say (`magnetc/agent/goal_user.py`)."""

_PLACEHOLDER = re.compile(r"\{(\w*)(?::([a-z_]+))?\}")

INFLECTED = {"do": ("phrase",), "join_do": ("a", "b")}
"""Placeholders that may ask for a form of the phrase: `{phrase:te}`."""


def resolve_frames(documents: Iterable[Document], recipe: Recipe, operations: Iterable[OperationSpec],
                   sink: Sink) -> tuple[Frames, ...]:
    """The frames of the recipe's locales, in its order. A later document replaces whole groups of an earlier one."""
    needed = set(PLACEHOLDERS) - set(FOR_PLAY)
    asked = {name for made in operations for name in (made.name, *(f"{made.name}.{option}" for option, value in made.options if value))}
    for name, own in FOR_OPERATIONS.items():
        needed -= set() if name in asked else set(own)
    groups: dict[str, dict[str, tuple[Frame, ...]]] = {}
    elide: dict[str, dict[str, str]] = {}
    prepositions: dict[str, tuple[str, ...]] = {}
    chitchat: dict[str, tuple[tuple[str, str, str], ...]] = {}
    for document in documents:
        if document.kind == "frames":
            locale = document.data["locale"]
            read = _groups(document.data, Origin(document.file, document.root), sink)
            groups[locale] = groups.get(locale, {}) | read
            elide[locale] = elide.get(locale, {}) | (document.data.get("elide") or {})
            prepositions[locale] = tuple(document.data.get("prepositions", prepositions.get(locale, ())))
            if said := document.data.get("chitchat"):
                chitchat[locale] = tuple((each.get("style", ""), each["text"], each["answer"]) for each in said)
    found = []
    for locale, _ in recipe.locales:
        if locale not in groups:
            place, near = recipe.origin.child("locales", locale), closest(locale, groups)
            sink.error("MG413", f"there are no frames for the locale `{locale}`", place, at_key=True,
                       help=f"did you mean `{near}`?" if near else
                       f"include a file `kind: frames` with `locale: {locale}`, or leave it out",
                       fix=renamed(sink, place, locale, near, at_key=True, safe=False) if near else None)
            continue
        missing = [name for name in PLACEHOLDERS if name in needed and name not in groups[locale]]
        if missing:
            sink.error("MG413", f"the frames of `{locale}` lack {', '.join(f'`{name}`' for name in missing)}",
                       recipe.origin.child("locales", locale), at_key=True, help="add these groups to the file of frames")
        _check_styles(recipe, locale, groups[locale], sink)
        ordered = tuple((name, groups[locale][name]) for name in PLACEHOLDERS if name in groups[locale])
        found.append(Frames(locale=locale, groups=ordered, elide=tuple(elide[locale].items()),
                            prepositions=prepositions[locale], chitchat=chitchat.get(locale, ())))
    return tuple(found)


def _check_styles(recipe: Recipe, locale: str, groups: Mapping[str, Iterable[Frame]], sink: Sink) -> None:
    """A style that no frame of the locale has would make its users speak like all others."""
    known = sorted({frame.style for frames in groups.values() for frame in frames if frame.style})
    for style, _ in recipe.styles:
        if style not in known and style not in STYLES:
            near = closest(style, known)
            sink.error("MG418", f"no frame of `{locale}` has the style `{style}`", recipe.origin.child("styles", style), at_key=True,
                       help=f"did you mean `{near}`?" if near else f"styles here: {', '.join(f'`{name}`' for name in known)}")


def _groups(data: Mapping[str, Any], origin: Origin, sink: Sink) -> dict[str, tuple[Frame, ...]]:
    groups = {}
    for name, wanted in PLACEHOLDERS.items():
        if name in data:
            for index, frame in enumerate(data[name]):
                _check_placeholders(name, frame["text"], wanted, origin.child(name, index, "text"), sink)
            groups[name] = tuple(
                Frame(text=frame["text"], style=frame.get("style", ""), weight=float(frame.get("weight", 1)),
                      after=frame.get("after", "")) for frame in data[name])
    return groups


def _check_placeholders(group: str, text: str, wanted: tuple[str, ...], origin: Origin, sink: Sink) -> None:
    """A frame has to hold each placeholder of its group, or words would get lost, and no other."""
    used = _PLACEHOLDER.findall(text)
    known = ", ".join(f"`{{{name}}}`" for name in wanted) or "none"
    for name, form in used:
        if name.lower() not in wanted:
            near = closest(name, wanted)
            sink.error("MG417", f"`{{{name}}}` is no placeholder of `{group}`", origin,
                       help=f"did you mean `{{{near}}}`?" if near else f"placeholders here: {known}",
                       fix=renamed(sink, origin, f"{{{name}}}", f"{{{near}}}") if near else None)
        elif form and name.lower() not in INFLECTED.get(group, ()):
            sink.error("MG417", f"`{{{name}}}` of `{group}` has no forms, such as `{form}`", origin,
                       help=f"write `{{{name}}}`; only phrases that frames `do` and `join_do` hold are inflected")
    names = [name for name, _ in used]
    for name in wanted:
        if name not in {each.lower() for each in names} and not any(closest(each, (name,)) for each in names):
            sink.error("MG417", f"this frame of `{group}` lacks `{{{name}}}`", origin, help=f"placeholders here: {known}")
