"""What of a row's certificate holds of a part of its conversation."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from magnetc.distill.proofs.view import CallView, ConversationView
from magnetc.ir.json import Json
from magnetc.ir.shown import Shown
from magnetc.ir.spec import Spec
from magnetc.ir.trajectory import Value
from magnetc.ir.types import TypeExpr
from magnetc.surface import find_mention, say
from magnetc.teachers.conversation import entity_of
from magnetc.teachers.prompted.answer import leaves_told
from magnetc.teachers.prompted.placed import place

_BY_CALL = ("arguments", "slips", "denied")
_BY_MESSAGE = ("replies", "refused", "abstains")


def certificate_of(certificate: Mapping[str, Any], calls: Collection[str], messages: int) -> dict[str, Any]:
    """The part of a certificate that is of the first `messages` messages, in which `calls` are made; what a prover fills in is left out."""
    part = {name: value for name, value in certificate.items() if name not in (*_BY_CALL, *_BY_MESSAGE, "row", "shown")}
    part["world"] = {name: value for name, value in certificate["world"].items() if name not in ("final", "final_rejected")}
    part["inserted"] = [name for name in certificate["inserted"] if name in calls]
    for name in _BY_CALL:
        if name in certificate:
            part[name] = {call: _unfilled(entry) for call, entry in certificate[name].items() if call in calls}
    for name in _BY_MESSAGE:
        if name in certificate:
            part[name] = {index: entry for index, entry in certificate[name].items() if int(index) < messages}
    empty = {name for name in ("slips", "denied", "abstains") if not part.get(name, True)}
    return {name: value for name, value in part.items() if name not in empty}


def _unfilled(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Without verdicts on necessity, which are of the whole conversation."""
    return {at: {k: v for k, v in source.items() if k != "necessary"} if isinstance(source, dict) else source for at, source in entry.items()}


def said_of_results(text: str, calls: Iterable[CallView], spec: Spec, locale: str, now: str) -> list[dict[str, Json]] | None:
    """What a reply says of the results and arguments of `calls`, as a certificate has it; None where it states another number."""
    forms: dict[str, tuple[str, str]] = {}
    for call in calls:
        for at, value, expr in leaves_told(spec, call.name, call.arguments, call.result):
            for form in _texts(value, expr, spec, locale, now):
                if form not in forms and find_mention(form, text) >= 0:
                    forms[form] = (call.id, at)
    wanted = [Value(form, *forms[form]) for form in forms for _ in range(text.count(form))]
    placed = place(text, wanted, lambda part: ())
    if any(char.isdigit() for char in placed.rest):
        return None
    return [{"said": part.text, "call": part.call, "at": part.pointer} for part in placed.parts if isinstance(part, Value)]


def _texts(value: Json, expr: TypeExpr | None, spec: Spec, locale: str, now: str) -> list[str]:
    entity = entity_of(expr, spec)
    said = [form.text for case in ("", "on", "at") for form in say(value, entity, locale, now, case)]
    return [text for text in dict.fromkeys([str(value), *said]) if text]


def shown_in(shown: Shown, *views: ConversationView) -> dict[str, Any]:
    """What of a row's presentation stands in these conversations, as its certificate has it; empty where nothing is shown otherwise."""
    calls = [(call.name, call.arguments, call.result) for view in views for call in view.calls]
    return shown.used(views[0].offered, calls).document()
