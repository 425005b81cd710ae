"""Lower `turn`, `refer`, `reply`, `ask` and `capability` to the document of kind turns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from magnetc.frontend.dsl.node import Node

if TYPE_CHECKING:
    from lark import Tree

    from magnetc.frontend.dsl.context import Context


def lower_turn(tree: Tree, context: Context) -> None:
    chain, *lines = tree.children
    _add("turns", {"chain": _chain(chain, context)}, lines, context)


def lower_reply(tree: Tree, context: Context) -> None:
    chain, *lines = tree.children
    _add("replies", {"chain": _chain(chain, context)}, lines, context)


def lower_refer(tree: Tree, context: Context) -> None:
    name, *lines = tree.children
    head = {"type": context.name(name)}
    if lines[0].data == "pick":
        pick, *by = lines.pop(0).children
        head["pick"] = Node.at(str(pick), context.span(pick))
        if by:
            head["by"] = context.name(by[0])
    _add("refers", head, lines, context)


def lower_ask(tree: Tree, context: Context) -> None:
    of, *lines = tree.children
    _add("asks", {"of": context.dotted(of)}, lines, context)


def lower_capability(tree: Tree, context: Context) -> None:
    name, *lines = tree.children
    _add("capabilities", {"tool": context.name(name)}, lines, context)


def _add(section: str, head: dict[str, Node], lines: list[Tree], context: Context) -> None:
    phrases = [phrase for line in lines for phrase in _phrases(line, context)]
    head["phrases"] = Node.at(phrases, context.span(lines[0], lines[-1]))
    first = next(iter(head.values()))
    context.section("turns", section, []).value.append(Node.at(head, first.span))


def _chain(tree: Tree, context: Context) -> Node:
    """The called tool, then the implicit helpers with their aliases."""
    head, *helpers = tree.children
    items = [context.name(head)]
    for helper in helpers:
        tool, alias = helper.children
        items.append(Node.at({"tool": context.name(tool), "as": context.name(alias)}, context.span(helper)))
    return Node.at(items, context.span(tree))


def _phrases(line: Tree, context: Context) -> list[Node]:
    """One phrase for each variant of a line."""
    locale, *variants = line.children
    head = {"locale": context.name(locale)}
    if line.data == "mood_phrase":
        mood = variants.pop(0)
        head["mood"] = Node.at(str(mood.children[0]), context.span(mood))
    return [Node.at({**head, **_variant(variant, context)}, context.span(variant)) for variant in variants]


def _variant(tree: Tree, context: Context) -> dict[str, Node]:
    """The text of a phrase, with its weight and its inflected forms where it has them."""
    text, *clauses = tree.children
    found, forms = {"text": context.text(text)}, {}
    for clause in clauses:
        if clause.data == "weight":
            found["weight"] = context.number(clause.children[0])
        else:
            name, form = clause.children
            forms[str(name)] = context.text(form)
    if forms:
        found["forms"] = Node.at(forms, context.span(tree))
    return found
