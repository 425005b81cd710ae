"""Whether servers have a tool, and take the arguments that its calls have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from magnetc.diagnostics import Diagnostic, Label
from magnetc.diagnostics.suggest import closest
from magnetc.ir.signature import FunctionSignature


def tool_problem(tool: FunctionSignature, schemas: Mapping[str, Mapping[str, Any]]) -> Diagnostic | None:
    """MG603 for a tool that is not in `schemas`, MG609 for one whose arguments do not suit its schema."""
    primary = Label(tool.origin, at_key=True) if tool.origin.file else None
    if tool.name not in schemas:
        near = closest(tool.name, schemas)
        return Diagnostic(code="MG603", message=f"the world has no tool `{tool.name}`", primary=primary,
                          help=f"did you mean `{near}`?" if near else f"there are {', '.join(f'`{name}`' for name in schemas)}")
    schema, named = schemas[tool.name], [parameter.name for parameter in tool.parameters]
    known, required = schema.get("properties", {}), schema.get("required", ())
    said = [f"takes no `{parameter.name}`" for parameter in tool.parameters if parameter.name not in known]
    said += [f"needs a `{name}`" for name in required if name not in named]
    if not said:
        return None
    return Diagnostic(code="MG609", message=f"the tool `{tool.name}` of the world {' and '.join(said)}",
                      primary=primary, notes=(f"it takes {', '.join(f'`{name}`' for name in known) or 'nothing'}",),
                      help="declare the parameters that the server does, by the same names")
