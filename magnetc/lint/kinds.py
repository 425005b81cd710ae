"""The kinds of findings: a code each, what it is in a word, whether it is an error, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass

from magnetc.diagnostics import Severity

_ERROR, _WARNING = Severity.ERROR, Severity.WARNING


@dataclass(frozen=True, slots=True)
class Kind:
    """`title` names it in tables."""

    title: str
    severity: Severity
    help: str


KINDS = {
    "MG801": Kind("line is no JSON", _ERROR, "write one JSON object a line, in UTF-8"),
    "MG802": Kind("row is no conversation", _ERROR, "write `messages` of `role` and `content`, calls under `tool_calls`"),
    "MG803": Kind("tools cannot be read", _ERROR, "write a list of functions with `name`, `description` and `parameters`, or its JSON as text"),
    "MG804": Kind("parameters are no JSON Schema", _WARNING, 'write `{"type": "object", "properties": {…}, "required": […]}`'),
    "MG810": Kind("result without a call", _ERROR, "leave the result out, or put the call in front of it"),
    "MG811": Kind("call without a result", _ERROR, "put its result behind it, or leave the call out"),
    "MG812": Kind("speaker out of turn", _WARNING, "put in what is missing, or join the two messages"),
    "MG813": Kind("agent has not the last word", _WARNING, "cut the conversation behind the agent's last message"),
    "MG814": Kind("no message of the agent", _ERROR, "leave the row out"),
    "MG815": Kind("late system message", _WARNING, "say it at the beginning"),
    "MG816": Kind("empty message of the agent", _ERROR, "leave the message out, or the row"),
    "MG817": Kind("ids do not match", _ERROR, "give each call an id of its own, and its result the same as `tool_call_id`"),
    "MG820": Kind("call of a tool not offered", _ERROR, "offer the tool, or leave the row out"),
    "MG821": Kind("arguments are no JSON object", _ERROR, "write them as one JSON object"),
    "MG822": Kind("required parameter missing", _ERROR, "give it, or let the agent ask for it"),
    "MG823": Kind("unknown parameter", _ERROR, "leave it out, or declare it"),
    "MG824": Kind("value of another type", _ERROR, "write the value in the type that the tool declares"),
    "MG825": Kind("value that is none of those taken", _ERROR, "give one of the values that the tool lists"),
    "MG826": Kind("value that the schema refuses", _ERROR, "give a value that the tool's schema takes"),
    "MG830": Kind("value found nowhere", _WARNING, "where it is made up, let the user, a result or the system message say it; where it is worked out, it may stay"),
    "MG840": Kind("row twice", _WARNING, "leave all but one out"),
    "MG841": Kind("same but for its values", _WARNING, "word what users say otherwise, or leave all but a few out"),
    "MG842": Kind("agent's tokens cannot be told", _ERROR, "use another chat template, or leave the row out"),
    "MG850": Kind("sides that are the same", _ERROR, "leave the pair out"),
    "MG851": Kind("sides that part elsewhere than at the agent", _ERROR, "let both sides answer one prompt"),
    "MG852": Kind("sides told apart unread", _WARNING, "make as many sides too long as too short, and as many that ask as do not"),
    "MG853": Kind("little variety", _WARNING, "word what users say otherwise"),
    "MG860": Kind("overlap with a benchmark", _ERROR, "leave the row out, or do not measure by that benchmark"),
}
"""By code, in the order in which they are listed."""
