"""Lower `type`, `said` and `domain` to the document of kind types."""

from __future__ import annotations

from typing import TYPE_CHECKING

from magnetc.frontend.dsl.node import Node

if TYPE_CHECKING:
    from lark import Tree

    from magnetc.frontend.dsl.context import Context
    from magnetc.source import Span


def lower_domain(tree: Tree, context: Context) -> None:
    """`domain` names the file for its readers and lowers to nothing."""
    if context.domain:
        context.duplicate("`domain`", context.statement, context.domain)
    context.domain = context.domain or context.statement


def lower_type(tree: Tree, context: Context) -> None:
    name, base, *clauses = tree.children
    key = context.span(name)
    entity = Node.at({"base": context.name(base)}, key)
    for clause in clauses:
        attribute, node = _clause(clause, context)
        context.define(entity, attribute, node, "attribute")
    context.define(context.section("types", "types", {}), context.name(name).value, entity, "type")


def _clause(clause: Tree, context: Context) -> tuple[str, Node]:
    """The attribute that a clause sets, and its value."""
    words = clause.children
    match clause.data:
        case "minted" | "volatile" as flag:
            return flag, Node.at(True, context.span(words[0]))
        case "enum":
            return "enum", _literals(words[2], context, context.span(words[0], words[1]))
        case "examples":
            return "examples", _literals(words[1], context, context.span(words[0]))
        case "matching" | "unit" | "faker" | "description" as attribute:
            return attribute, context.text(words[1], context.span(words[0]))
        case "state" | "system" | "shown_as" as attribute:
            return attribute, context.text(words[2], context.span(words[0], words[1]))
        case "format":
            return "format", context.name(words[1], context.span(words[0]))
        case "step":
            return "step", context.number(words[1], context.span(words[0]))
        case "days":
            bounds = [context.scalar(words[1]), context.scalar(words[3])]
        case _:
            bounds = [context.number(words[1]), context.number(words[3])]
    return str(clause.data), Node.at(bounds, context.span(words[1], words[3]), context.span(words[0]))


def _literals(tree: Tree, context: Context, key: Span) -> Node:
    return Node.at([context.scalar(each.children[0]) for each in tree.children], context.span(tree), key)


def lower_said(tree: Tree, context: Context) -> None:
    name, literal, *lines = tree.children
    said = context.section("types", "said", [])
    for line in lines:
        locale, *forms = line.children
        said.value.append(Node.at({
            "type": context.name(name),
            "value": context.scalar(literal.children[0]),
            "locale": context.name(locale),
            "forms": Node.at([context.text(form) for form in forms], context.span(forms[0], forms[-1])),
        }, context.span(line)))
