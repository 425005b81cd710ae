"""Mismatches of parameters between a document and the code, and where two results differ."""

import pytest

from magnetc.ir.signature import FunctionSignature
from magnetc.ir.types import TypeTable
from magnetc.probe.behaviour import Behaviour, Called, differing
from magnetc.probe.mismatch import Known, mismatches


def schema(*names, required=()):
    return {"type": "object", "properties": {name: {"type": "string"} for name in names}, "required": list(required)}


def told(said, taken):
    known = Known(tool=FunctionSignature(name="pay"), document={"name": "pay", "parameters": said}, code=taken)
    return [each.message.partition("`pay`")[2].strip(" :") for each in mismatches(known, Behaviour(tool="pay"), TypeTable({}))]


@pytest.mark.parametrize(
    ("said", "taken", "messages"),
    [
        (schema("a", "b", required="ab"), schema("a", "b", required="ab"), []),
        (schema("b", "a"), schema("a", "b"), ["is documented with its parameters in another order than its code takes them"]),
        (schema("a"), schema("a", "b"), ["has `b`, which its document does not have"]),
        (schema("a", "b"), schema("a"), ["has `b`, which its code does not take"]),
        (schema("a", required="a"), schema("a"), ["the document requires and the code does not: `a`"]),
        (schema("a"), schema("a", required="a"), ["the code requires and the document does not: `a`"]),
    ],
)
def test_parameters(said, taken, messages):
    assert told(said, taken) == messages


@pytest.mark.parametrize(
    ("one", "other", "places"),
    [
        ({"a": [1, 2]}, {"a": [1, 2]}, []),
        ({"a": [1, 2]}, {"a": [1, 3]}, ["/a/*"]),
        ({"a": 1}, {"b": 1}, [""]),
        ([1], [1, 2], [""]),
        (1, 1.0, [""]),
        ({"a": {"t": 1, "u": 2}}, {"a": {"t": 2, "u": 2}}, ["/a/t"]),
    ],
)
def test_differing(one, other, places):
    assert list(differing(one, other)) == places


def test_an_integer_that_is_an_object():
    returns = {"type": "object", "properties": {"message_id": {"type": "integer"}}}
    known = Known(tool=FunctionSignature(name="send"), document={"name": "send", "parameters": schema(), "returns": returns})
    seen = Behaviour(tool="send", called=(Called(start=0, steps=(), result={"message_id": {"new_id": 3}}),))
    notes = [note for each in mismatches(known, seen, TypeTable({})) for note in each.notes]
    assert "`/message_id` is not an integer" in notes
