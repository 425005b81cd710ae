"""Undo: where the arguments of a call come from that undoes another."""

from __future__ import annotations

from magnetc.ir.path import Argument, ArgumentSource, Call, DefaultSource, OutputSource, SystemSource
from magnetc.ir.pointer import tokens
from magnetc.ir.signature import Parameter
from magnetc.ir.spec import Spec
from magnetc.ir.types import Ref
from magnetc.source.origin import escape


def undo_call(spec: Spec, undone: Call, by: str, name: str) -> Call | str:
    """The call of `by` that undoes `undone`, with `name` as its id; or a parameter of `by` that nothing gives a value."""
    arguments = []
    for parameter in spec.tool[by].parameters:
        source = _source(spec, undone, parameter)
        if isinstance(source, DefaultSource) and parameter.required:
            return parameter.name
        arguments.append(Argument(pointer="/" + escape(parameter.name), source=source))
    return Call(id=name, function=by, goal=name, arguments=tuple(arguments))


def _source(spec: Spec, undone: Call, parameter: Parameter) -> ArgumentSource:
    """A single value of the type in the result of what is undone, of several the one named like the parameter; else what the
    system message shows; else none. An optional argument is given only what the type alone tells."""
    entity = spec.type_table.get(parameter.type.name) if isinstance(parameter.type, Ref) else None
    if entity is None:
        return DefaultSource()
    found = [at for at in spec.outputs(undone.function, entity.name) if "*" not in tokens(at)]
    named = [at for at in found if tokens(at)[-1] == parameter.name] or found
    if named and parameter.required:
        return OutputSource(undone.id, named[0])
    if entity.system and tokens(entity.system)[0] in spec.recipe.show:
        return SystemSource(entity.system)
    return DefaultSource()
