"""Resolve the documents of a recipe into its Spec: names first, then bodies in the order in which they depend."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace

from magnetc.diagnostics import Sink
from magnetc.frontend.check_sources import check_sources
from magnetc.frontend.check_undos import check_undos
from magnetc.frontend.document import Document
from magnetc.frontend.names import Definitions
from magnetc.frontend.resolve_frames import resolve_frames
from magnetc.frontend.resolve_graph import resolve_graph
from magnetc.frontend.resolve_paths import resolve_operations, resolve_paths
from magnetc.frontend.resolve_recipe import check_shown, resolve_recipe
from magnetc.frontend.resolve_tools import resolve_sets, resolve_tools
from magnetc.frontend.resolve_turns import resolve_turns
from magnetc.frontend.resolve_types import resolve_types
from magnetc.ir.signature import FunctionSignature
from magnetc.ir.spec import Spec


def resolve(recipe: Document, documents: Sequence[Document], imported: Sequence[FunctionSignature],
            sink: Sink) -> Spec | None:
    """The spec of a recipe; None after at least one error.

    Args:
        recipe: the recipe document.
        documents: all other documents, in the order of `include`, each valid against its schema.
        imported: tools from elsewhere, in the order of their import.
        sink: takes all problems; a node with one is left out or made opaque, so that it makes no others.
    """
    definitions = Definitions.of(documents, imported, sink)
    table = resolve_types(documents, definitions, sink)
    tools, table = resolve_tools(documents, imported, definitions, table, sink)
    graph = resolve_graph(documents, definitions, tools, table, sink)
    are_sound = not sink.has_errors
    sets = resolve_sets(documents, definitions, sink)
    node = resolve_recipe(recipe, definitions, sink)
    if node.world.kind == "simulated":
        node = replace(node, world=replace(node.world, tools=tuple(tools.values()), types=tuple(table.types.values())))
    check_shown(table, node.show, sink)
    operations = resolve_operations(documents, sink)
    templates = resolve_turns(documents, definitions, tools, table, sink)
    spec = Spec(
        recipe=node,
        types=tuple(table.types.values()),
        sets=tuple(sets.values()),
        tools=tuple(tools.values()),
        graph=graph,
        paths=resolve_paths(documents, definitions, sets, sink),
        operations=operations,
        frames=resolve_frames(documents, node, operations, sink),
        **{item.name: getattr(templates, item.name) for item in fields(templates)},
    )
    if are_sound:
        check_sources(spec, sink, phrases=not sink.has_errors)
        check_undos(spec, sink)
    return None if sink.has_errors else spec
