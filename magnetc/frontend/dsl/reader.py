"""Read one DSL file into documents."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from magnetc.diagnostics import Sink
from magnetc.frontend.document import Document
from magnetc.frontend.dsl import lower_graph, lower_recipe, lower_tools, lower_turns, lower_types
from magnetc.frontend.dsl.blocks import Block, split_blocks
from magnetc.frontend.dsl.context import Context
from magnetc.frontend.dsl.extent import is_token
from magnetc.frontend.dsl.parser import dsl_parser
from magnetc.frontend.dsl.syntax_errors import report_syntax_error
from magnetc.source import SourceFile, Span

if TYPE_CHECKING:
    from lark import Tree

KINDS = ("recipe", "types", "tools", "graph", "paths", "operations", "turns", "frames")

_LOWER: dict[str, Callable[[Tree, Context], None]] = {
    "recipe": lower_recipe.lower_recipe,
    "domain": lower_types.lower_domain,
    "type": lower_types.lower_type,
    "said": lower_types.lower_said,
    "set": lower_tools.lower_set,
    "import": lower_tools.lower_import,
    "tool": lower_tools.lower_tool,
    "refine": lower_tools.lower_refine,
    "graph": lower_graph.lower_graph,
    "path": lower_graph.lower_path,
    "operations": lower_graph.lower_operations,
    "turn": lower_turns.lower_turn,
    "refer": lower_turns.lower_refer,
    "reply": lower_turns.lower_reply,
    "ask": lower_turns.lower_ask,
    "capability": lower_turns.lower_capability,
    "frames": lower_recipe.lower_frames,
}


def read_dsl(file: SourceFile, sink: Sink) -> list[Document]:
    """The documents that the statements of `file` make, one of each kind (and locale) it speaks of, in the order of `KINDS`.

    Every block with an error is reported and left out. Registers the file and its index of spans in the sink.
    """
    sink.add_file(file)
    context = Context(file, sink)
    for block in split_blocks(file, sink):
        if sink.is_full:
            break
        _read_block(block, context)
    documents = []
    index: dict[str, tuple[Span, Span]] = {}
    for kind, part in sorted(context.documents, key=lambda each: KINDS.index(each[0])):
        node = context.documents[kind, part]
        spans = node.index()
        root = f"/{kind}.{part}:" if part else f"/{kind}:"
        index |= {root + pointer: places for pointer, places in spans.items()}
        documents.append(Document(kind, file.name, node.plain(), spans, root))
    sink.add_file(file, index)
    sink.values += len(index)
    return documents


def _read_block(block: Block, context: Context) -> None:
    from lark.exceptions import UnexpectedInput

    text = context.file.text[block.start : block.end]
    try:
        tree = dsl_parser().parse(text, start="start").children[0]
    except UnexpectedInput as error:
        report_syntax_error(error, text, block.start, context.file, context.sink)
        return
    assert not is_token(tree), "the rule `start` holds a statement"
    context.base = block.start
    context.statement = Span(context.file.name, block.start, block.start + len(text.rstrip()))
    _LOWER[str(tree.data)](tree, context)
