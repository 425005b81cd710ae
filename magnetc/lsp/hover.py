"""What an editor shows beside the cursor: the thing that a name means, or what a key is for."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

from magnetc.frontend.declared_schema import is_schema
from magnetc.frontend.document import Document
from magnetc.frontend.schema import KINDS
from magnetc.ir.spec import Spec
from magnetc.ir.types import leaves
from magnetc.lsp.checked import Checked
from magnetc.lsp.named import Named, name_at, place_at
from magnetc.source import Origin, SourceFile, Span
from magnetc.source.origin import unescape
from magnetc.source.resources import resource

LINES = 16
"""The most lines of a definition that are shown."""

NAMES = 8
"""The most names in a list of what gives or takes a value."""


def hover(checked: Checked, file: str, offset: int) -> tuple[str, Span] | None:
    """Markdown for the place under `offset`, and what it speaks of: a name's definition, else what the key there is for."""
    named = name_at(checked, file, offset)
    if named:
        return "\n\n".join(_of_name(checked, named)), named.span
    place = place_at(checked, file, offset)
    if place is None or place[0].kind not in KINDS:
        return None
    document, pointer = place
    key, _ = document.spans[pointer]
    if _is_in_json_schema(document, pointer):
        return None
    schema = _schema(document.kind, pointer) if key.start <= offset <= key.end else None
    if schema is None or "description" not in schema:
        return None
    name = unescape(pointer.rpartition("/")[2]) or document.kind
    choices = schema.get("enum")
    lines = [f"**{name}**: {schema['description']}", *([f"One of {_list([json.dumps(each) for each in choices])}."] if choices else ())]
    return "\n\n".join(lines), key


def _is_in_json_schema(document: Document, pointer: str) -> bool:
    """Whether a place is inside a JSON Schema that declares a tool: what stands there, JSON Schema says."""
    section, _, rest = pointer.removeprefix("/").partition("/")
    tool, _, part = rest.partition("/")
    declared = (document.data.get("tools") or {}).get(unescape(tool)) if document.kind == "tools" and section == "tools" else None
    return isinstance(declared, dict) and is_schema(declared.get("parameters")) and part.startswith(("parameters/", "returns/"))


def _of_name(checked: Checked, named: Named) -> Iterator[str]:
    owner = f" of `{named.owner}`" if named.owner else ""
    yield f"{named.sort} `{named.name}`{owner}"
    text = definition(checked, named.origin)
    if text:
        language = "yaml" if named.origin.file.endswith((".yaml", ".yml")) else "magnet"
        yield f"```{language}\n{text}\n```"
    if checked.spec and named.sort in ("tool", "type"):
        yield from (_of_tool if named.sort == "tool" else _of_type)(checked.spec, named.name)


def definition(checked: Checked, origin: Origin) -> str:
    """The text of a definition as it stands in its file, from its line's start."""
    place = checked.document(origin.file, origin.pointer)
    source = checked.sink.files.get(origin.file)
    if place is None or source is None or place[1] not in place[0].spans:
        return ""
    key, value = place[0].spans[place[1]]
    return _dedented(source, Span(origin.file, min(key.start, value.start), max(key.end, value.end)))


def _dedented(source: SourceFile, span: Span) -> str:
    first, last = source.position(span.start)[0], source.position(max(span.start, span.end - 1))[0]
    lines = [source.line(number) for number in range(first, min(last, first + LINES - 1) + 1)]
    indent = len(lines[0]) - len(lines[0].lstrip())
    shown = [line[min(indent, len(line) - len(line.lstrip())):] for line in lines]
    return "\n".join([*shown, *(["…"] if last >= first + LINES else ())]).rstrip()


def _of_tool(spec: Spec, name: str) -> Iterator[str]:
    tool = spec.tool.get(name)
    if tool is None:
        return
    if tool.description:
        yield tool.description
    yield f"{str(tool.effect).capitalize()} the world." + (f" Category `{tool.category}`." if tool.category else "")


def _of_type(spec: Spec, name: str) -> Iterator[str]:
    above = [each for each in spec.type_table.ancestry(name) if each != name]
    if above:
        yield f"Refines {_list([f'`{each}`' for each in above])}."
    gives = [f"`{tool.name}`" for tool in spec.tools if spec.outputs(tool.name, name)]
    takes = [f"`{tool.name}`" for tool in spec.tools
             if any(spec.type_table.unify(name, leaf.name) for p in tool.parameters for _, leaf in leaves(p.type))]
    yield f"Given by {_list(gives) or 'no tool'}; taken by {_list(takes) or 'no tool'}."


def _list(names: Sequence[str]) -> str:
    more = [f"{len(names) - NAMES} more"] if len(names) > NAMES + 1 else []
    return ", ".join([*(names[:NAMES] if more else names), *more])


def _schema(kind: str, pointer: str) -> dict[str, Any] | None:
    """The schema of the node at `pointer` in a document of `kind`."""
    root = _schemas(kind)
    node: Any = root
    for token in pointer.split("/")[1:]:
        node = _resolved(root, node)
        other = node.get("else", {})
        known = node.get("properties", {}).get(unescape(token))
        more = "items" if token.isdigit() and "items" in node else "additionalProperties"
        node = known or node.get(more, other.get(more))
        if not isinstance(node, dict):
            return None
    return {**_resolved(root, node), **{key: node[key] for key in ("description",) if key in node}}


def _resolved(root: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    return root["definitions"][node["$ref"].rpartition("/")[2]] if "$ref" in node else node


@lru_cache(maxsize=len(KINDS))
def _schemas(kind: str) -> dict[str, Any]:
    return json.loads(resource("grammar", "schema", f"{kind}.schema.json").read_text(encoding="utf-8"))
