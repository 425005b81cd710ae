"""Proof 7, non-equivalent: a pair's fault is real, it is the only one, and nothing but it tells the sides apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from magnetc.distill import judged
from magnetc.distill.controls import RANDOM
from magnetc.distill.fault_between import dependency, fault_between
from magnetc.distill.policy import EVIDENCE as POLICY
from magnetc.distill.policy import broken_rules, is_made_up
from magnetc.distill.proofs import contradicted, control, single_fault
from magnetc.distill.proofs.sourced import argument_leaves
from magnetc.distill.proofs.view import CallView, ConversationView
from magnetc.distill.taxonomy import NEGATIVES, evidence_of, taxonomy
from magnetc.ir.json import Json, wire
from magnetc.ir.spec import Spec
from magnetc.teachers.reasoned import KEY
from magnetc.tools.worlds.equivalence import Execution, Made, difference, equivalent
from magnetc.tools.worlds.protocol import Outcome, Ref, Step


def literal(calls: Sequence[CallView]) -> tuple[Step, ...]:
    """The calls as they stand."""
    return tuple(Step(call=call.name, args=dict(call.arguments)) for call in calls)


def within_turn(view: ConversationView, prompt: int) -> list[CallView]:
    """Calls up to the end of the user turn in which the prompt (its number of messages) ends."""
    end = view.turn_end(prompt)
    return [call for call in view.calls if call.message < end]


def repaired(chosen: ConversationView, rejected: ConversationView, prompt: int,
             corresponds: Mapping[str, str]) -> tuple[Step, ...]:
    """The faulty turn with its root action replaced by the reference action, and what follows derived from that.

    `corresponds` maps a rejected call's id to the chosen call it stands for. Calls before the root and of the reference
    action are the chosen side's; later ones are the rejected side's, their arguments from results taken anew.
    """
    reference = within_turn(chosen, prompt)
    root = {call["id"] for call in chosen.messages[prompt].get("tool_calls") or ()}
    later = {corresponds[call.id]: call for call in rejected.calls if call.message > prompt and call.id in corresponds}
    position = {call.id: index for index, call in enumerate(reference)}
    steps = []
    for call in reference:
        if call.message < prompt or call.id in root:
            steps.append(Step(call=call.name, args=dict(call.arguments)))
        else:
            steps.append(_derived(call, later.get(call.id, call), chosen, position))
    return tuple(steps)


def _derived(call: CallView, made: CallView, chosen: ConversationView, position: Mapping[str, int]) -> Step:
    refs: dict[str, Ref] = {}
    for pointer, entry in chosen.sources.get(call.id, {}).items():
        producer = position.get(str(entry.get("output", "")))
        if producer is not None and producer < position[call.id]:
            refs[pointer] = Ref(step=producer, at=str(entry["at"]))
    return Step(call=made.name, args=dict(made.arguments), refs=refs)


def execution(calls: Sequence[CallView | Step], outcome: Outcome) -> Execution:
    """What was executed, for the equivalence engine."""
    made = [
        Made(call.name if isinstance(call, CallView) else call.call, dict(arguments), result)
        for call, arguments, result in zip(calls, outcome.args, outcome.results)
    ]
    return Execution(made, outcome.observed)


def check(chosen: ConversationView, rejected: ConversationView, prompt: int, fault: Mapping[str, Any],
          corresponds: Mapping[str, str], spec: Spec, good: Execution, bad: Execution, mended: Execution,
          existing: frozenset[str], path: str) -> list[str]:
    """`good`, `bad`, `mended`: the executions up to the end of the faulty user turn; `path`: the path of the recipe that the row is of."""
    problems: list[str] = []
    kind, made = str(fault.get("kind")), fault.get("made")
    if made not in NEGATIVES:
        return [f"`{made}` is no known kind of negatives"]
    if made != RANDOM and kind != judged.KIND and kind not in taxonomy():
        return [f"`{kind}` is no known fault"]
    if fault["turn"] != sum(index < prompt for index in chosen.users) - 1:
        problems.append(f"the fault is not in the user's turn {wire(fault['turn'])}")
    if fault.get("dependency") != dependency(chosen, rejected, prompt):
        problems.append("the fault's `dependency` is another")
    shown = evidence_of(difference(good, bad, spec, existing))
    if kind == contradicted.KIND:
        problems += ["the sides do not do the same"] if shown else contradicted.check(chosen, rejected, prompt, spec)
        shown = shown or contradicted.EVIDENCE
    elif kind == judged.KIND:
        problems += ["the sides do not do the same"] if shown else [why] if (why := judged.problem(chosen.certificate)) else []
        shown = judged.EVIDENCE
    elif not shown:
        shown = POLICY if breaks_policy(chosen, rejected, prompt, corresponds, spec, path) else ""
        problems += [] if shown else ["both sides do the same, and the rejected one breaks no rule"]
    if shown and (shown != fault.get("shows") or (made != RANDOM and kind != judged.KIND and shown not in taxonomy()[kind].proof)):
        problems.append(f"what shows the fault is `{shown}`, the row says `{fault.get('shows')}`")
    if made == RANDOM:
        problems += control.check(chosen, rejected, prompt, kind, corresponds)
    else:
        found = fault_between(chosen, rejected, prompt)
        if kind == judged.KIND:
            problems += [] if _differ_in_words(chosen, rejected, prompt) else ["the sides do not differ in words"]
        elif found != kind:
            problems.append(f"the sides differ by `{found}`, the row says `{kind}`")
        if not equivalent(good, mended, spec, existing):
            problems.append("with the fault replaced the sides still differ")
        problems += single_fault.check(chosen, rejected, prompt, kind, corresponds)
    problems += single_fault.credits(chosen, rejected, prompt)
    if any(KEY in message for view in (chosen, rejected) for message in view.messages):
        problems.append(f"a message has a `{KEY}`: nobody thinks aloud in a pair")
    return problems + _form_problems(chosen.messages[prompt:], rejected.messages[prompt:])


def _differ_in_words(chosen: ConversationView, rejected: ConversationView, prompt: int) -> bool:
    good, bad = (view.messages[prompt] for view in (chosen, rejected))
    return not good.get("tool_calls") and not bad.get("tool_calls") and good["content"] != bad["content"]


def breaks_policy(chosen: ConversationView, rejected: ConversationView, prompt: int, corresponds: Mapping[str, str], spec: Spec, path: str) -> bool:
    """Whether the rejected side, up to the end of the faulty turn, breaks a declared rule that the chosen one keeps, or the message at fault
    makes up a value that the chosen side asks for or has from a result."""
    good, bad = ([call.name for call in within_turn(view, prompt) if call.id not in view.slips] for view in (chosen, rejected))
    if broken_rules(spec, path, good, bad):
        return True
    asks = not chosen.messages[prompt].get("tool_calls") and chosen.messages[prompt - 1]["role"] == "user"
    locale, now = str(chosen.certificate["locale"]), str(chosen.certificate["world"]["now"])
    texts = [message["content"] for message in rejected.messages[:prompt]]
    for call in (call for call in rejected.calls if call.message == prompt):
        meant = chosen.position.get(corresponds.get(call.id, ""))
        right = dict(argument_leaves(chosen.calls[meant])) if meant is not None else {}
        sources = chosen.sources.get(corresponds.get(call.id, ""), {})
        for pointer, value in argument_leaves(call):
            wanted = asks or "output" in sources.get(pointer, {})
            if wanted and value != right.get(pointer) and is_made_up(value, call.name, pointer, spec, locale, now, texts):
                return True
    return False


def _form_problems(chosen: Sequence[dict[str, Json]], rejected: Sequence[dict[str, Json]]) -> list[str]:
    """Both sides have messages of the same keys in the same order: nothing in their form gives the fault away."""
    forms = [
        {tuple(k for k in m if k != "credit") for m in side if m["role"] == "assistant" and m.get("tool_calls")}
        for side in (chosen, rejected)
    ]
    return ["the sides are not formatted alike"] if forms[0] and forms[1] and forms[0] != forms[1] else []
