"""Lower `graph`, `path` and `operations` to the documents of these kinds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from magnetc import plugins
from magnetc.diagnostics import Fix
from magnetc.frontend.dsl.blocks import LEXEME
from magnetc.frontend.dsl.extent import is_token
from magnetc.frontend.dsl.node import Node
from magnetc.source import Span

if TYPE_CHECKING:
    from lark import Tree

    from magnetc.frontend.dsl.context import Context

UNNAMED = {"merge": "p", "distract": "count", "mask": "p"}
"""The option of an operation that needs no name; of one from outside, what it says, and else `p`."""


def lower_graph(tree: Tree, context: Context) -> None:
    """Items of all `graph` blocks of a file make one document."""
    context.document("graph")
    for item in tree.children:
        words = item.children
        if item.data == "infer":
            infer = context.section("graph", "infer", [])
            infer.value.extend([] if is_token(words[1]) else [_mode(mode, context) for mode in words[1].children])
            continue
        if item.data == "undo":
            pair = {"tool": context.name(words[1]), "with": context.name(words[3])}
            context.section("graph", "undos", []).value.append(Node.at(pair, context.span(item)))
            continue
        source, arrow, target = words[1], words[2], words[3]
        if item.data == "value_link" and min(len(source.children), len(target.children)) == 1:
            bare = source if len(source.children) == 1 else target
            both = len(source.children) == len(target.children)
            context.sink.error("MG157", "a value flows from a field to a parameter", context.span(bare),
                               help="write `tool.field -> tool.parameter`, or `~>` where only the order matters",
                               fix=Fix.of(context.span(arrow), "~>", safe=False) if both else None)
        elif item.data == "order_link" and max(len(source.children), len(target.children)) > 1:
            dotted = source if len(source.children) > 1 else target
            context.sink.error("MG157", "`~>` stands between two tools", context.span(dotted),
                               help="write `tool ~> tool`, or `->` where a value flows",
                               fix=Fix.of(context.span(arrow), "->", safe=False) if min(len(source.children), len(target.children)) > 1 else None)
        elif item.data == "unlink" and max(len(source.children), len(target.children)) > 1:
            dotted = source if len(source.children) > 1 else target
            context.sink.error("MG157", "`unlink` names two tools", context.span(dotted),
                               help=f"write `unlink tool {arrow} tool`: it removes every edge between the two")
        else:
            key = "unlinks" if item.data == "unlink" else "links"
            edge = {"from": context.dotted(source), "to": context.dotted(target)}
            context.section("graph", key, []).value.append(Node.at(edge, context.span(item)))


def _mode(tree: Tree, context: Context) -> Node:
    """A way to find edges: its name, or a mapping from it to its settings."""
    name, *settings = tree.children
    if not settings:
        return context.name(name)
    span = context.span(name)
    options = Node.at({}, context.span(settings[0], settings[-1]), span)
    for setting in settings:
        options.value[str(setting.data)] = context.scalar(setting.children[0], context.span(setting))
    return Node.at({context.name(name).value: options}, context.span(tree))


def lower_path(tree: Tree, context: Context) -> None:
    name, *items = tree.children
    path = Node.at({}, context.span(name))
    for item in items:
        _lower_path_item(item, path, context)
    context.define(context.section("paths", "paths", {}), context.name(name).value, path, "path")


def _lower_path_item(item: Tree, path: Node, context: Context) -> None:
    words = item.children
    key = context.span(words[0])
    match item.data:
        case "turns" | "distance":
            bounds = [context.scalar(words[1]), context.scalar(words[3])]
            context.define(path, str(item.data), Node.at(bounds, context.span(words[1], words[3]), key), "path's")
        case "sample":
            context.define(path, "sample", context.name(words[1], key), "path's")
        case "start_in":
            context.define(path, "start", context.names(words[2], key), "path's")
        case "within":
            context.define(path, "within", context.names(words[1], key), "path's")
        case "path_pattern":
            context.define(path, "pattern", Node.at(_pattern_text(words[1], context), context.span(words[1]), key), "path's")
        case "at_most":
            limit = {"count": context.scalar(words[2]), "tool": context.name(words[4])}
            _append(path, "at_most", Node.at(limit, context.span(item)), key)
        case rule:
            before, after = (words[1], words[3])
            pair = {"before": context.name(before), "after": context.name(after)}
            _append(path, str(rule), Node.at(pair, context.span(item)), key)


def _append(path: Node, rule: str, node: Node, key: Span) -> None:
    path.value.setdefault(rule, Node.at([], node.span, key)).value.append(node)


def _pattern_text(tree: Tree, context: Context) -> str:
    """The pattern on one line, a blank where it has any, without the comments between."""
    span = context.span(tree)
    text, end = "", span.start
    for match in LEXEME.finditer(context.file.text, span.start, span.end):
        if match.lastgroup not in ("newline", "blank", "comment"):
            text += (" " if match.start() > end else "") + match[0]
            end = match.end()
    return text


def lower_operations(tree: Tree, context: Context) -> None:
    operations = context.section("operations", "operations", [])
    for part in tree.children:
        name, *options = part.children
        unnamed = unnamed_option(context.name(name).value)
        settings = Node.at({}, context.span(part), context.span(name))
        for option in options:
            *named, value = option.children
            node = _setting(value, context, context.span(named[0]) if named else None)
            context.define(settings, context.name(named[0]).value if named else unnamed, node, "option")
        operations.value.append(Node.at({context.name(name).value: settings}, context.span(part)))


def unnamed_option(operation: str) -> str:
    """The option of an operation that may be given without its name."""
    return UNNAMED.get(operation) or getattr(plugins.operations().get(operation), "unnamed", "p")


def _setting(tree: Tree, context: Context, key: Span | None) -> Node:
    """The value of an option; `1..3` is the list of its bounds."""
    if tree.data == "span":
        return Node.at([context.number(bound) for bound in tree.children], context.span(tree), key)
    return context.json(tree, key)
