"""A conversation of anyone's as a row of ours: TRL's form, weights on what the agent says, calls told apart by ids."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from magnetc.emit.foreign.row import Offered, Problem, Row, Said
from magnetc.ir.json import Json, wire


def messages_of(row: Row) -> list[dict[str, Any]]:
    """The messages; of an agent's that says no weight, 1. Calls without ids get some, and results without are taken to answer calls in order."""
    return list(_messages(row.messages))


def tools_of(row: Row) -> str:
    """The tools as JSON text, each as OpenAI has it; an empty list where the row says none."""
    return wire([_tool(tool) for tool in row.tools or ()])


def unfit(row: Row, problems: Sequence[Problem]) -> Problem | None:
    """Why a row cannot be trained on as it stands; None where it can."""
    if problems:
        return problems[0]
    if row.rejected is not None:
        return Problem("", "it is a pair, and conversations alone are mixed in", "/rejected")
    agent = [said for said in row.messages if said.role == "assistant"]
    if not agent:
        return Problem("", "the agent says nothing in it", "/messages" if "messages" in row.original else "")
    odd = next((said for said in agent if said.weight not in (None, 0, 1)), None)
    if odd is not None:
        return Problem("", f"a weight is 0 or 1, and this one is {odd.weight:g}", f"{odd.at}/weight")
    if not any(said.weight != 0 for said in agent):
        return Problem("", "each message of the agent has weight 0: nothing of it would be trained")
    return None


def _messages(messages: Sequence[Said]) -> Iterator[dict[str, Any]]:
    taken = {call.id for said in messages for call in said.calls if call.id}
    open_calls: deque[tuple[str, str]] = deque()
    number = 0
    for said in messages:
        if said.role == "assistant":
            made: dict[str, Any] = {"role": "assistant", "content": said.content}
            calls = []
            for call in said.calls:
                id = call.id or ""
                while not id or (not call.id and id in taken):
                    number, id = number + 1, f"call_{number}"
                taken.add(id)
                open_calls.append((id, call.name))
                calls.append({"id": id, "type": "function", "function": {"name": call.name, "arguments": wire(call.arguments or {})}})
            yield {**made, **({"tool_calls": calls} if calls else {}), "weight": 1 if said.weight is None else int(said.weight)}
        elif said.role == "tool":
            id, name = _answered(said, open_calls)
            yield {"role": "tool", "tool_call_id": id, **({"name": name} if name else {}), "content": said.content}
        else:
            yield {"role": said.role, "content": said.content}


def _answered(said: Said, open_calls: deque[tuple[str, str]]) -> tuple[str, str]:
    """The id and the tool of the call that a result answers."""
    found = next((call for call in open_calls if call[0] == said.call_id), None) if said.call_id else next(iter(open_calls), None)
    if found is not None:
        open_calls.remove(found)
    id, name = found or (said.call_id or "", "")
    return id, said.name or name


def _tool(tool: Offered) -> Mapping[str, Json]:
    document = tool.document if isinstance(tool.document, dict) else {}
    function = document.get("function", document)
    kept = {key: value for key, value in function.items() if key not in ("input_schema", "inputSchema", "type")} if isinstance(function, dict) else {}
    if tool.parameters is not None:
        kept["parameters"] = tool.parameters
    return {"type": "function", "function": kept}
