"""`where` constraints of tools: `origin != destination`, `nights >= 1`, `units == "mi"`."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

from magnetc.diagnostics import Sink
from magnetc.diagnostics.edits import renamed
from magnetc.frontend.dotted import unquote_name
from magnetc.frontend.names import unknown
from magnetc.frontend.type_syntax import show_type
from magnetc.ir.conform import violations
from magnetc.ir.read_json import read_json
from magnetc.ir.signature import Constraint, Parameter
from magnetc.ir.types import Ref, TypeTable
from magnetc.source import Origin

_NAME = r"`[^`]+`|[^\W\d]\w*"
_FIELD = re.compile(rf"({_NAME})\.({_NAME})")
_CONSTRAINT = re.compile(rf"\s*({_NAME})\s*(==|!=|<=|>=|<|>)\s*(.*?)\s*", re.DOTALL)


def read_constraint(text: str, tool: str, parameters: Mapping[str, Parameter], entries: Sequence[str], table: TypeTable,
                    origin: Origin, sink: Sink) -> Constraint | None:
    """The constraint that `text` writes, checked against the parameters and the entries of `tool`; None after an error."""
    match = _CONSTRAINT.fullmatch(text)
    field = _FIELD.fullmatch(match[3]) if match else None
    if match and field:
        return _of_entry(unquote_name(match[1]), match[2], unquote_name(field[1]), unquote_name(field[2]), tool, parameters, entries,
                         origin, sink)
    right = _right(match[3]) if match else None
    if match is None or right is None:
        single = re.fullmatch(rf"\s*({_NAME})\s*=\s*([^=].*)", text)
        sink.error("MG216", f"`{text}` is not a constraint", origin,
                   fix=renamed(sink, origin, text, f"{single[1]} == {single[2]}") if single and '"' not in text else None,
                   help="write `parameter op value`, where op is one of `== != < <= > >=` and value is a parameter, "
                        'a number, `true`, `false` or a "string"')
        return None
    left, op = unquote_name(match[1]), match[2]
    text_right, literal = right
    for name in (left,) if literal else (left, text_right):
        if name not in parameters:
            unknown("MG204", "parameter", name, parameters, origin, sink, within=f" in a constraint of `{tool}`")
            return None
    problem = _mismatch(parameters[left], op, text_right, None if literal else parameters[text_right], table)
    if problem:
        sink.error("MG216", f"`{text}` cannot hold: {problem}", origin,
                   help=f"compare `{left}` with {_comparable(parameters[left], table)}")
        return None
    return Constraint(left, op, text_right, literal)


def _of_entry(left: str, op: str, alias: str, field: str, tool: str, parameters: Mapping[str, Parameter], entries: Sequence[str],
              origin: Origin, sink: Sink) -> Constraint | None:
    """A condition on a field of an entry of the world's state: whatever stands there is compared when there is a world."""
    if left not in parameters:
        unknown("MG204", "parameter", left, parameters, origin, sink, within=f" in a constraint of `{tool}`")
    elif alias not in entries:
        unknown("MG228", "entry", alias, entries, origin, sink, within=f" in a constraint of `{tool}`")
    else:
        return Constraint(left, op, field, entry=alias)
    return None


def _right(text: str) -> tuple[str, bool] | None:
    """(text, whether it is a literal) of a right side: a name, or JSON of a scalar."""
    try:
        value = read_json(text)
    except ValueError:
        return (unquote_name(text), False) if re.fullmatch(_NAME, text) else None
    return None if value is None or isinstance(value, (list, dict)) else (json.dumps(value, ensure_ascii=False), True)


def _mismatch(left: Parameter, op: str, text: str, right: Parameter | None, table: TypeTable) -> str | None:
    for each in (left, right):
        if each is not None and not isinstance(each.type, Ref):
            return f"`{each.name}` is a `{show_type(each.type)}`, and only scalars compare"
    kind, other = base_of(left, table), right and base_of(right, table)
    if "object" in (kind, other):
        return None
    if op not in ("==", "!=") and kind == "boolean":
        return f"`{left.name}` is true or false, and neither is less than the other"
    if right is None:
        found = violations(json.loads(text), Ref("number" if kind == "integer" else kind), table)
        return f"`{text}` {found[0].split('` ', 1)[1]}, as `{left.name}` is" if found else None
    numeric = {"integer", "number"}
    if other != kind and not {other, kind} <= numeric:
        return f"`{left.name}` is {_a(kind)} and `{right.name}` {_a(other)}"
    return None


def _a(noun: str | None) -> str:
    return f"an {noun}" if str(noun)[0] in "aeiou" else f"a {noun}"


def _comparable(parameter: Parameter, table: TypeTable) -> str:
    """What may stand on the other side of a comparison, in words."""
    words = {"string": "a text in double quotes or another parameter that is one", "boolean": "`true` or `false`, by `==` or `!=`"}
    return words.get(base_of(parameter, table), "a number or another parameter that is one")


def base_of(parameter: Parameter, table: TypeTable) -> str:
    """The primitive below a scalar parameter's type; `object` for opaque JSON and all that is no scalar."""
    if not isinstance(parameter.type, Ref):
        return "object"
    entity = table.get(parameter.type.name)
    return entity.base if entity else parameter.type.name
