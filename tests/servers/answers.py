"""What the teacher of the tests answers: it reads the prompt, as a model would, and nothing else."""

from __future__ import annotations

import json
import re


def answer(body: dict) -> str:
    """The reply to a request, by the prompt program that its schema is named for."""
    program = body.get("response_format", {}).get("json_schema", {}).get("name", "")
    return ANSWERS.get(program, _echo)(body)


def invented(text: str, body: dict) -> str:
    """The reply with a name or a value that there is not."""
    try:
        said = json.loads(text)
    except ValueError:
        return "made-up"
    if isinstance(said, dict) and "kind" in said:
        return json.dumps({"kind": "partial", "values": {"made_up": "/nothing"}})
    return json.dumps({"made_up": said})


def _judge(body: dict) -> str:
    """A value flows where a result has a field that a parameter has the name of; what reads before it writes comes first."""
    prompt = body["messages"][0]["content"]
    parameters = [json.loads(text) for text in re.findall(r"^It takes: (\{.*\})$", prompt, re.MULTILINE)]
    pointers = re.findall(r"^- `(/[^`]*)`: ", prompt, re.MULTILINE)
    wanted = parameters[1].get("properties", {})
    values = {name: pointer for pointer in pointers for name in wanted if pointer.rpartition("/")[2] == name}
    if not values:
        return json.dumps({"reason": "they share no value", "kind": "none"})
    kind = "full" if set(parameters[1].get("required", ())) <= values.keys() else "partial"
    return json.dumps({"reason": "they share values by name", "kind": kind, "values": values})


def _echo(body: dict) -> str:
    return json.dumps({"echo": len(body["messages"][0]["content"])})


ANSWERS = {"judge_dependency": _judge}
