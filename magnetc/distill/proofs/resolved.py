"""Forms that an earlier result resolves: the user says what people call a value, and the agent has seen which value that is."""

from __future__ import annotations

from collections.abc import Mapping

from magnetc.distill.proofs.view import CallView, ConversationView
from magnetc.ir.json import Json
from magnetc.ir.pointer import expand, get
from magnetc.ir.spec import Spec
from magnetc.teachers.conversation import entity_of
from magnetc.teachers.shown_form import places_beside
from magnetc.tools.worlds.protocol import Outcome, Step
from magnetc.translate.program import tried_alike, unresolving


def problem(view: ConversationView, call: CallView, pointer: str, value: Json, entry: Mapping[str, Json], spec: Spec) -> str | None:
    """What keeps `entry["resolved"]` from telling that the words of the user mean `value`.

    The form stands in the result of a call whose result the agent has seen, beside the value, in a field of the argument's
    type that people call so; and in no result that it has seen it stands beside another value of the type.
    """
    at, said = entry["resolved"], str(entry["said"])
    entity = entity_of(spec.argument_type(call.name, pointer), spec)
    producer = view.position.get(str(at["call"]))
    if entity is None or entity.beside is None:
        return "is of a type whose values have no other form"
    if producer is None or view.calls[producer].result_message > call.message:
        return f"is resolved by `{at['call']}`, whose result the agent has not seen"
    if at["call"] in view.slips:
        return f"is resolved by `{at['call']}`, which is a slip"
    own, result = view.calls[producer], view.calls[producer].result
    if not any(str(at["at"]) == each for pattern in spec.outputs(own.name, entity.name) for each, _ in expand(result, pattern)):
        return f"is resolved by `{at['at']}` of `{at['call']}`, which is no `{entity.name}`"
    if get(result, str(at["at"])) != value or at["by"] not in places_beside(result, str(at["at"]), said):
        return f"is not what `{said}` is at `{at['by']}` of `{at['call']}`"
    for other in view.calls:
        if other.result_message > call.message or other.name not in spec.tool:
            continue
        for pattern in spec.outputs(other.name, entity.name):
            for place, found in expand(other.result, pattern):
                if found != value and found is not None and any(places_beside(other.result, place, said)):
                    return f"is not all that `{said}` may be: `{other.id}` has it beside `{found}`"
    return None


def trial(view: ConversationView) -> tuple[Step, ...]:
    """The calls, those that take a value as people say it tried with what it stands for too; empty where there are none."""
    instead = {call.id: {pointer: entry["alike"] for pointer, entry in view.sources.get(call.id, {}).items() if "alike" in entry}
               for call in view.calls}
    if not any(instead.values()):
        return ()
    return tuple(Step(call=call.name, args=dict(call.arguments), instead=tried_alike(call.arguments, instead[call.id])) for call in view.calls)


def check_trial(view: ConversationView, outcome: Outcome) -> list[str]:
    """Each of those calls gives the same result with the value itself, and another for words without meaning: its tool resolves
    what the user says."""
    return [f"`{view.calls[index].id}` does not answer what people say as it answers what that stands for" for index in unresolving(outcome)]


def is_resolved(entry: Mapping[str, Json]) -> bool:
    """Whether an argument's source is a form and the result that resolves it."""
    return "user" in entry and "resolved" in entry
