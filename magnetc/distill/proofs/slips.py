"""Slips: the agent's own wrong calls (Recover). They are history, not behaviour to learn, and have sources no more than sense.

A slip is never trained, stands in a message of its own, errs (or is `answered`, and changes nothing), and is followed in its user turn
by its repair: the same tool, called rightly, with one argument other than the slip's, or after steps that the slip skipped. The world is
as if it had not been, and nothing comes from its result: no argument, and no value of a reply (proof 3).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import fields

from magnetc.distill.proofs.sourced import argument_leaves
from magnetc.distill.proofs.view import CallView, ConversationView
from magnetc.ir.json import Json
from magnetc.ir.spec import Spec
from magnetc.passes.recover import Recover
from magnetc.tools.worlds.protocol import Outcome, Step


def check(view: ConversationView, spec: Spec) -> list[str]:
    """What holds of each slip without a world."""
    problems = []
    repairs: Counter[str] = Counter()
    for name, entry in view.slips.items():
        repairs[str(entry.get("repair"))] += 1
        if name not in view.position:
            problems.append(f"the certificate names a slip `{name}`, which the row does not call")
        elif problem := _problem(view, view.calls[view.position[name]], entry):
            problems.append(f"`{name}` is a slip, yet {problem}")
    most = _most(spec)
    return problems + [f"`{repair}` comes after {count} slips; the recipe allows {most}"
                       for repair, count in repairs.items() if count > most]


def without(view: ConversationView) -> tuple[Step, ...]:
    """The row's calls without those that the world refuses: slips, and what the user asked for in vain."""
    return tuple(Step(call=call.name, args=dict(call.arguments)) for call in view.calls if call.id not in view.traceless)


def traces(view: ConversationView, literal: Outcome, bare: Outcome) -> list[str]:
    """`literal` is the replay of all calls, `bare` that of those that are not refused: both see and leave the same world."""
    right = [result for call, result in zip(view.calls, literal.results) if call.id not in view.traceless]
    same = right == list(bare.results) and literal.digest == bare.digest
    return [] if same else ["a slip or a refused call leaves a trace: without it the other calls come to something else"]


def _problem(view: ConversationView, slip: CallView, entry: Mapping[str, Json]) -> str | None:
    position = view.position.get(str(entry.get("repair")))
    if slip.trained:
        return "it is trained"
    if (isinstance(slip.result, dict) and "error" in slip.result) == bool(entry.get("answered")):
        return "it erred" if entry.get("answered") else "it did not err"
    if slip.id in view.sources:
        return "its arguments are certified"
    if len(view.messages[slip.message]["tool_calls"]) > 1:
        return "other calls are made with it"
    if position is None or str(entry["repair"]) in view.slips:
        return "nothing repairs it"
    repair = view.calls[position]
    if not slip.message < repair.message < view.turn_end(slip.message) or repair.name != slip.name:
        return f"`{repair.id}` is no repair of it"
    if isinstance(repair.result, dict) and "error" in repair.result:
        return f"its repair `{repair.id}` erred too"
    return _difference(view, slip, repair, entry)


def _difference(view: ConversationView, slip: CallView, repair: CallView, entry: Mapping[str, Json]) -> str | None:
    """A slip gets one value wrong and its repair follows at once, or comes before the steps that stand between them."""
    between = [call for call in view.calls if slip.message < call.message < repair.message and call.id not in view.slips]
    mine, theirs = dict(argument_leaves(slip)), dict(argument_leaves(repair))
    wrong = {at for at in mine | theirs if at not in mine or at not in theirs or mine[at] != theirs[at]}
    if "at" not in entry:
        return None if between and not wrong else "it skips no step"
    if wrong != {entry["at"]}:
        return f"it is not wrong in `{entry['at']}` alone"
    return "calls stand between it and its repair" if between else None


def _most(spec: Spec) -> int:
    """How many slips the recipe allows before a repair."""
    default = next(int(field.default) for field in fields(Recover) if field.name == "most")  # pyright: ignore[reportArgumentType]
    given = next((dict(operation.options) for operation in spec.operations if operation.name == "recover"), {})
    most = given.get("most", default)
    return most if isinstance(most, int) else default
