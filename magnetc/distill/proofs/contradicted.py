"""Part of proof 7 for replies: the rejected side says the same, but for one value that, read back, is not the result's."""

from __future__ import annotations

from magnetc.distill.proofs.mentions import unsaid
from magnetc.distill.proofs.sourced import said_problem
from magnetc.distill.proofs.view import ConversationView
from magnetc.ir.spec import Spec

KIND = "wrong_summary"
EVIDENCE = "contradicted reply"


def check(chosen: ConversationView, rejected: ConversationView, prompt: int, spec: Spec) -> list[str]:
    """`prompt` is the index of the reply, in which the prompt's messages end."""
    right, wrong = (view.certificate["replies"].get(str(prompt), []) for view in (chosen, rejected))
    places = [[(entry["call"], entry["at"]) for entry in entries] for entries in (right, wrong)]
    if places[0] != places[1]:
        return ["the replies say values of other places"]
    others = {place for place, a, b in zip(places[0], right, wrong) if a["said"] != b["said"]}
    problems = [] if len(others) == 1 else [f"the replies differ in the values of {len(others)} places"]
    locale = str(chosen.certificate["locale"])
    for place, entry in zip(places[1], wrong):
        problem = said_problem(rejected, prompt, entry, spec, locale)
        if place in others and problem is None:
            problems.append(f"`{entry['said']}` is what the tool returned")
        elif place not in others and problem is not None:
            problems.append(f"rejected: the reply {problem}, beside the fault")
    frames = [unsaid(view.messages[prompt]["content"], [str(entry["said"]) for entry in entries])[1]
              for view, entries in ((chosen, right), (rejected, wrong))]
    if frames[0] != frames[1]:
        problems.append("the replies differ in more than the value")
    return problems
