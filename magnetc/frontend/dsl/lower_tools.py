"""Lower `tool`, `refine`, `set` and `tools from` to the document of kind tools."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from magnetc.diagnostics.edits import renamed
from magnetc.diagnostics.suggest import closest
from magnetc.frontend.dotted import quote_name
from magnetc.frontend.dsl.extent import is_token
from magnetc.frontend.dsl.node import Node
from magnetc.source import Span

if TYPE_CHECKING:
    from lark import Token, Tree

    from magnetc.frontend.dsl.context import Context


def lower_set(tree: Tree, context: Context) -> None:
    name, members = tree.children
    node = context.names(members, context.span(name))
    context.define(context.section("tools", "sets", {}), context.name(name).value, node, "set")


def lower_import(tree: Tree, context: Context) -> None:
    importer, source = tree.children
    entry = {context.name(importer).value: context.text(source, context.span(importer))}
    context.section("tools", "from", []).value.append(Node.at(entry, context.statement))


def lower_tool(tree: Tree, context: Context) -> None:
    _lower_signature(tree, context, "tools", "tool")


def lower_refine(tree: Tree, context: Context) -> None:
    """Only what is named is set; a parameter that the body describes need not be in the signature."""
    _lower_signature(tree, context, "refine", "refinement of")


def _lower_signature(tree: Tree, context: Context, section: str, what: str) -> None:
    name, *parts = tree.children
    key = context.span(name)
    tool = Node.at({}, key)
    for part in parts:
        match part.data:
            case "parameters":
                tool.value["parameters"] = _parameters(part, context)
            case "schema":
                tool.value["parameters"] = context.json(part.children[0], context.span(part))
            case "returns":
                tool.value["returns"] = _returned(part.children[0], context)
            case "effect":
                tool.value["effect"] = Node.at(str(part.children[0]), context.span(part))
            case "tool_body":
                for item in part.children:
                    _lower_item(item, tool, context, section == "refine")
    context.define(context.section("tools", section, {}), context.name(name).value, tool, what)


def _parameters(tree: Tree, context: Context) -> Node:
    parameters = Node.at({}, context.span(tree))
    for part in tree.children:
        name, *rest = part.children
        key = context.span(name)
        parameter = Node(value={}, span=context.span(part), key=key)
        if getattr(rest[0], "type", "") == "OPTIONAL":
            parameter.value["optional"] = Node.at(True, context.span(rest.pop(0)))
        parameter.value["type"] = _type(rest[0], context)
        if len(rest) > 1:
            parameter.value["default"] = context.json(rest[1])
        context.define(parameters, context.name(name).value, parameter, "parameter")
    return parameters


def _returned(tree: Tree, context: Context) -> Node:
    return context.json(tree.children[0]) if tree.data == "schema" else _type(tree, context)


def _type(tree: Tree, context: Context, key: Span | None = None) -> Node:
    """A type expression: a name, `[T]`, `{field: T, "field?": T}` or `{"*": T}`; where null may stand, `T?` or `{"?": …}`."""
    at = context.span(tree)
    match tree.data:
        case "nullable":
            inner = _type(tree.children[0], context)
            # `null` alone is read as a choice, though it can only be meant as a name
            mark = " | null" if tree.children[0].data == "choice" and inner.value != "null" else "?"
            value = f"{inner.value}{mark}" if isinstance(inner.value, str) else {"?": inner}
            return Node.at(value, at, key)
        case "named":
            return context.name(tree.children[0], key)
        case "choice" | "bounds" | "matching_type":
            return Node.at(_inline(tree, context), at, key)
        case "list_of":
            return Node.at([_type(tree.children[0], context)], at, key)
        case "map_of":
            return Node.at({"*": _type(tree.children[1], context, context.span(tree.children[0]))}, at, key)
    record = Node.at({}, at, key)
    names: dict[str, Span] = {}
    for part in tree.children:
        name, *rest = part.children
        field, place = context.key(name), context.span(name)
        if field in names:
            context.duplicate(f"field `{field}`", place, names[field])
        names.setdefault(field, place)
        record.value[field + "?" * (len(rest) > 1)] = _type(rest[-1], context, place)
    return record


def _inline(tree: Tree, context: Context) -> str:
    """An inline type as documents write it."""
    if tree.data == "matching_type":
        return f"matching {json.dumps(context.text(tree.children[0]).value, ensure_ascii=False)}"
    values = [json.dumps(context.number(each).value, ensure_ascii=False) for each in tree.children]
    return (" | " if tree.data == "choice" else "..").join(values)


def _lower_item(item: Tree, tool: Node, context: Context, refines: bool) -> None:
    words = item.children
    match item.data:
        case "tool_description":
            context.define(tool, "description", context.text(words[0]), "tool's")
        case "category":
            context.define(tool, "category", context.name(words[1], context.span(words[0])), "tool's")
        case "where":
            where = tool.value.setdefault("where", Node.at([], context.span(item)))
            where.value.append(Node.at(_comparison(item, context), context.span(words[1], words[3]), context.span(words[0])))
        case "state_entry":
            _entry(item, tool, context)
        case "optional" | "required" | "default" as setting:
            _set(setting, item, tool, context, refines)
        case _:
            _describe(item, tool, context, refines)


def _comparison(item: Tree, context: Context) -> str:
    """`left op right` as YAML writes it: names as they are, literals as JSON."""
    _, left, op, right = item.children
    if getattr(right, "data", "") == "entry_field":
        alias, name = right.children
        shown = f"{quote_name(context.name(alias).value)}.{quote_name(context.name(name).value)}"
    elif getattr(right, "type", "") == "NAME":
        shown = quote_name(context.operand(right).value)
    else:
        value = context.operand(right).value
        shown = json.dumps(value, ensure_ascii=False)
    return f"{quote_name(context.name(left).value)} {op} {shown}"


def _entry(item: Tree, tool: Node, context: Context) -> None:
    """`from state "/flights/*" as f {origin: from, date}`: a parameter without a field has that of its name."""
    first, _, pattern, _, alias, _, *rest = item.children
    bound = [each for each in rest if not is_token(each)]
    fields = Node.at({}, context.span(bound[0], bound[-1]))
    for each in bound:
        name, *field = each.children
        key = context.span(name)
        said = field[0] if field else name
        value = context.text(said, key) if getattr(said, "type", "") == "STRING" else context.name(said, key)
        context.define(fields, context.name(name).value, value, "parameter")
    entries = tool.value.setdefault("state", Node.at([], context.span(item)))
    entries.value.append(Node.at({"at": context.text(pattern, context.span(first)), "as": context.name(alias), "fields": fields},
                                 context.span(item)))


def _describe(item: Tree, tool: Node, context: Context, refines: bool) -> None:
    """`parameter "text"`: the description of a parameter of the signature."""
    token, text = item.children
    parameter = _parameter(token, item, tool, context, refines)
    if parameter:
        context.define(parameter, "description", context.text(text, context.span(token)), "parameter's")


def _set(setting: str, item: Tree, tool: Node, context: Context, refines: bool) -> None:
    """`optional p`, `required p`, `default p = value`: what the signature does not say of a parameter."""
    word, token, *rest = item.children
    parameter = _parameter(token, item, tool, context, refines)
    if parameter and setting == "default":
        context.define(parameter, "default", context.json(rest[-1], context.span(word)), "parameter's")
    elif parameter:
        context.define(parameter, "optional", Node.at(setting == "optional", context.span(word)), "parameter's")


def _parameter(token: Tree | Token, item: Tree, tool: Node, context: Context, refines: bool) -> Node | None:
    """The parameter that an item of the body is about; None after an error."""
    name = context.name(token)
    parameters = tool.value.get("parameters")
    if parameters is None:
        parameters = tool.value["parameters"] = Node.at({}, context.span(item))
    if name.value not in parameters.value:
        if not refines:
            near = closest(name.value, parameters.value)
            context.sink.error("MG150", f"there is no parameter `{name.value}` to describe", name.span,
                               help=f"did you mean `{near}`?" if near else "add it to the signature, or remove this line",
                               fix=renamed(context.sink, name.span, name.value, near) if near else None)
            return None
        parameters.value[name.value] = Node.at({}, context.span(item), name.span)
    return parameters.value[name.value]
