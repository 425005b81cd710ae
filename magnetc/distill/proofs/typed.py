"""Proof 2, typed: arguments and results have their types; trained calls name offered tools, refusals do not."""

from __future__ import annotations

from collections.abc import Sequence

from magnetc.distill.proofs import slips
from magnetc.distill.proofs.view import CallView, ConversationView
from magnetc.ir.conform import violations
from magnetc.ir.json import wire
from magnetc.ir.presentation import verify_presentation
from magnetc.ir.schema_conform import schema_violations
from magnetc.ir.spec import Spec


def check(view: ConversationView, spec: Spec) -> list[str]:
    """The offered tools are the recipe's, and calls and results are as they declare; a slip's arguments need not be."""
    problems = [f"the row offers `{name}`, which the recipe does not have" for name in view.offered if name not in spec.tool]
    if not problems and view.shown.texts(view.offered) != view.tools:
        problems.append("the offered tools are not described as in the recipe, as its certificate shows them")
    for call in view.calls:
        problems += _call_problems(call, view, spec)
    problems += slips.check(view, spec)
    for index, tools in view.certificate.get("refused", {}).items():
        met = [tool for tool in tools if tool in view.offered]
        if met and view.messages[int(index)].get("weight"):
            problems.append(f"message {index} declines what the offered tool `{met[0]}` does")
    return problems


def check_shown(views: Sequence[ConversationView], spec: Spec) -> list[str]:
    """How a row shows tools is a presentation of the recipe, and has nothing that does not stand in the row's `views`."""
    shown = views[0].shown
    problems = verify_presentation(spec, shown.presentation)
    calls = [(call.name, call.arguments, call.result) for view in views for call in view.calls]
    if not problems and shown.used(views[0].offered, calls) != shown.presentation:
        problems.append("the certificate shows names that do not stand in the row")
    return problems


def _call_problems(call: CallView, view: ConversationView, spec: Spec) -> list[str]:
    tool = spec.tool.get(call.name)
    if tool is None or (call.trained and call.name not in view.offered):
        return [f"`{call.id}` calls `{call.name}`, which is not offered"]
    problems = []
    known = {p.name: p for p in tool.parameters}
    for name, value in call.arguments.items():
        if name not in known:
            problems.append(f"`{call.id}` has no parameter `{name}`")
        else:
            found = () if call.id in view.slips else violations(value, known[name].type, spec.type_table, f"/{name}")
            problems += [f"`{call.id}` argument {violation}" for violation in found]
    if call.id not in view.slips:
        problems += [f"`{call.id}` argument {violation}" for violation in schema_violations(tool, call.arguments)]
    problems += [f"`{call.id}` lacks `{p.name}`" for p in tool.parameters if p.required and p.name not in call.arguments]
    if not problems and wire(view.shown.arguments(call.name, call.arguments)) != call.raw_arguments:
        problems.append(f"`{call.id}` is not in wire form")
    if not (isinstance(call.result, dict) and "error" in call.result):
        problems += [f"`{call.id}` result {v}" for v in violations(call.result, tool.returns, spec.type_table)]
    return problems
