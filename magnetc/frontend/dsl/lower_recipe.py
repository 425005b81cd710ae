"""Lower `recipe` to the document of kind recipe, and `frames` to one document for each locale."""

from __future__ import annotations

from typing import TYPE_CHECKING

from magnetc.frontend.dsl.node import Node

if TYPE_CHECKING:
    from lark import Tree

    from magnetc.frontend.dsl.context import Context


def lower_recipe(tree: Tree, context: Context) -> None:
    """`recipe NAME { key value … }`: keys are those of YAML, and words need no quotes."""
    name, *settings = tree.children
    recipe = context.document("recipe")
    context.define(recipe, "name", context.name(name), "recipe's")
    for setting in settings:
        key, value = setting.children
        context.define(recipe, context.name(key).value, context.value(value, context.span(key)), "recipe's")


def lower_frames(tree: Tree, context: Context) -> None:
    """Groups of a locale: `style` and texts add to a group, a setting is a key as it is in YAML."""
    locale, *items = tree.children
    name = context.name(locale)
    frames = context.document("frames", name.value)
    frames.value.setdefault("locale", name)
    for item in items:
        key, *rest = item.children
        group = context.name(key)
        if item.data == "frame_setting":
            context.define(frames, group.value, context.value(rest[0], group.span), "frames'")
        else:
            _lower_group(group, rest, frames, context)


def _lower_group(group: Node, rest: list, frames: Node, context: Context) -> None:
    style = context.name(rest.pop(0)) if getattr(rest[0], "type", "") == "NAME" else None
    texts = frames.value.setdefault(group.value, Node.at([], group.span))
    if not isinstance(texts.value, list):
        context.duplicate(f"`{group.value}`", group.span, texts.key)
        return
    for each in rest:
        text, *answer = each.children
        node = {"style": style} if style else {}
        node["text"] = context.text(text)
        if answer:
            node["answer"] = context.text(answer[0])
        texts.value.append(Node.at(node, context.span(each)))
