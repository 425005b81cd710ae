"""Schemas read off values that were seen."""

import pytest

from magnetc.ir.observed import observed_schema


@pytest.mark.parametrize(("values", "schema"), [
    ([1, 2.5], {"type": "number"}), ([1, None], {"type": ["integer", "null"]}), ([True, 1], {}), ([None], {"type": "null"}), ([], {}),
    (["2026-03-02", "2026-01-01"], {"type": "string", "format": "date"}), (["a", "2026-01-01"], {"type": "string"}),
    ([[1], []], {"type": "array", "items": {"type": "integer"}}), ([[]], {"type": "array"}),
    ([{"a": 1}, {"a": 2, "b": "x"}], {"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "string"}}, "required": ["a"]}),
    ([{"2026-03-02": 1, "2026-03-03": 2}], {"type": "object", "additionalProperties": {"type": "integer"}}),
    ([{"ann": 1, "bob": 2}, {"cid": 3, "dan": 4}], {"type": "object", "additionalProperties": {"type": "integer"}}),
])
def test_observed_schema(values, schema):
    assert observed_schema(values) == schema
