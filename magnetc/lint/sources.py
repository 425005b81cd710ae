"""Values of arguments that stand nowhere in what the agent had seen before the call."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from magnetc.emit.foreign.row import Problem, Row
from magnetc.ir.json import Json, wire
from magnetc.lint.calls import checked
from magnetc.lint.seen import Seen
from magnetc.source.origin import escape

MOST_SHOWN = 60
"""Characters of a value that a message quotes."""


def sources(row: Row) -> Iterator[Problem]:
    """Values that nothing before their call says, of calls that the row trains. What the document of the tool says is seen too; values of
    an enum and defaults need no source."""
    offered = {tool.name: tool for tool in row.tools or ()}
    seen = Seen()
    documents: set[str] = set()
    for said in row.messages:
        for call in said.calls if said.weight != 0 else ():
            tool = offered.get(call.name)
            if tool is not None and tool.name not in documents:
                documents.add(tool.name)
                seen.add(tool.text)
            schema = checked(wire(tool.parameters)).schema if tool is not None and tool.parameters is not None else None
            for pointer, value in _leaves(call.arguments or {}, schema or {}, ""):
                if seen.lacks(value):
                    shown = wire(value)
                    shown = shown if len(shown) <= MOST_SHOWN else f"{shown[:MOST_SHOWN - 1]}…"
                    yield Problem("MG830", f"`{shown}`, given to `{call.name}` as `{pointer[1:]}`, stands nowhere in what the agent had seen",
                                  f"{call.at_arguments}{pointer}")
        seen.add(said.content)
        for call in said.calls:
            seen.add(call.text)


def _leaves(value: Json, schema: Json, at: str) -> Iterator[tuple[str, Json]]:
    """The strings and numbers of arguments that need a source, with their pointers."""
    schema = schema if isinstance(schema, dict) else {}
    if _is_free(value, schema):
        return
    if isinstance(value, dict):
        properties = schema.get("properties")
        for name, item in value.items():
            yield from _leaves(item, properties.get(name) if isinstance(properties, dict) else None, f"{at}/{escape(name)}")
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _leaves(item, schema.get("items"), f"{at}/{number}")
    else:
        yield at, value


def _is_free(value: Json, schema: Mapping[str, Json]) -> bool:
    """Whether the schema itself says the value."""
    return "enum" in schema or "const" in schema or ("default" in schema and schema["default"] == value) or isinstance(value, bool)
