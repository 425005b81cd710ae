"""Whether a tool that undoes another can be called with what the other returns."""

from __future__ import annotations

from magnetc.diagnostics import Label, Sink
from magnetc.ir.path import Call
from magnetc.ir.spec import Spec
from magnetc.ir.undo import undo_call


def check_undos(spec: Spec, sink: Sink) -> None:
    """MG310 for each required parameter that neither the result of the undone tool nor the system message gives a value."""
    for undo in spec.graph.undos:
        if undo.tool == undo.by:
            continue
        made = undo_call(spec, Call(id=undo.tool, function=undo.tool, goal=undo.tool), undo.by, undo.by)
        if isinstance(made, str):
            parameter = spec.tool[undo.by].parameter(made)
            assert parameter is not None
            sink.error("MG310", f"`{undo.by}` cannot undo `{undo.tool}`: nothing gives its `{made}` a value", undo.origin.child("with"),
                       secondary=(Label(parameter.origin, f"`{made}` is declared here", at_key=True),),
                       help=f"return a single value of that type from `{undo.tool}`, or undo it with another tool")
