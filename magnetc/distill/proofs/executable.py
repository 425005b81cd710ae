"""Proof 1, executable: the row's calls replay from its initial state to its results and its final digest."""

from __future__ import annotations

from magnetc.distill.proofs.view import ConversationView
from magnetc.ir.json import wire
from magnetc.ir.spec import Spec
from magnetc.tools.worlds.protocol import Outcome


def check(view: ConversationView, spec: Spec, outcome: Outcome, final: str | None) -> list[str]:
    """`outcome` is the replay of all calls, in order; `final` the digest that the certificate names. What is volatile in a
    result takes no part.
    """
    problems = []
    for call, result in zip(view.calls, outcome.results):
        if call.name in spec.volatile:
            replays = wire(spec.steady(call.name, call.result)) == wire(result)
        else:
            replays = call.raw_result == wire(view.shown.result(call.name, result))
        if not replays:
            problems.append(f"`{call.id}` (`{call.name}`) does not replay to its result")
    if len(outcome.results) < len(view.calls):
        problems.append(f"the replay stops: {outcome.reason}")
    if not problems and outcome.digest != final:
        problems.append("the replay ends in another state")
    return problems
