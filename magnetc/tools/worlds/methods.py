"""Whether a world's class has a method for each tool that the tool's calls suit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from magnetc.diagnostics import Diagnostic, Label
from magnetc.diagnostics.suggest import closest
from magnetc.ir.signature import FunctionSignature

Takes = Mapping[str, list[str] | None] | None
"""Names that a method may take (None: any) and must take, as `worker.py` tells them; None when only a call could tell."""


def method_problem(tool: FunctionSignature, world: str, methods: Sequence[str], takes: Mapping[str, Takes]) -> Diagnostic | None:
    """MG603 when `world` has no method for the tool, MG609 when every call would fail for the names of its arguments."""
    if tool.name not in methods:
        near = closest(tool.name, methods)
        return _diagnostic(tool, "MG603", f"the world `{world}` has no method for the tool `{tool.name}`", (),
                           f"did you mean `{near}`?" if near else
                           f"add a method `{tool.name}` to the class, or remove the tool")
    known = takes.get(tool.name)
    if known is None:
        return None
    may, named = known["may"], [parameter.name for parameter in tool.parameters]
    unknown = [p.name for p in tool.parameters if p.required and may is not None and p.name not in may]
    lacking = [name for name in known["must"] or () if name not in named]
    if not unknown and not lacking:
        return None
    said = [f"takes no `{name}`" for name in unknown] + [f"needs a `{name}`" for name in lacking]
    return _diagnostic(tool, "MG609", f"the method `{tool.name}` of the world `{world}` {' and '.join(said)}",
                       (f"the tool has {', '.join(f'`{name}`' for name in named) or 'no parameters'}",),
                       "give both the same parameters, by the same names")


def _diagnostic(tool: FunctionSignature, code: str, message: str, notes: tuple[str, ...], help: str) -> Diagnostic:
    primary = Label(tool.origin, at_key=True) if tool.origin.file else None
    return Diagnostic(code=code, message=message, primary=primary, notes=notes, help=help)
