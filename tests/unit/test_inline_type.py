"""Types that a signature writes where they are used."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_schema_types import loaded

from magnetc.frontend.inline_type import inline_type, looks_inline
from magnetc.ir.types import ListOf, Ref

TOOL = "tool book(a: {}) -> {{b: number}} reads {{ \"Book.\" }}\n"
VALUES = st.lists(st.text(max_size=3) | st.none(), min_size=1, max_size=3, unique=True)


@given(VALUES)
def test_values_are_read_back_in_whatever_spelling(values):
    text = "|".join(json.dumps(value, ensure_ascii=False) for value in values)
    found = inline_type(text)
    if values == [None]:
        assert found is None
        return
    assert found.values == tuple(values)
    assert found.entity.enum == tuple(value for value in values if value is not None)
    assert found.nullable == (None in values)
    assert inline_type(found.text) == found
    assert looks_inline(text.removeprefix("null|"))


@given(st.integers(-9, 9) | st.floats(-9, 9), st.integers(-9, 9) | st.floats(-9, 9), st.sampled_from(["", "?"]))
def test_a_range_is_read_where_its_bounds_are_in_order(low, high, mark):
    found = inline_type(f"{json.dumps(low)} .. {json.dumps(high)}{mark}")
    assert (found is not None) == (low <= high)
    if found:
        assert (found.entity.minimum, found.entity.maximum, found.nullable) == (low, high, bool(mark))
        assert found.entity.base == ("integer" if isinstance(low, int) and isinstance(high, int) else "number")
        assert inline_type(found.text) == found


@given(st.text(max_size=8))
def test_any_text_is_an_inline_type_or_none(text):
    found = inline_type(text)
    assert found is None or inline_type(found.text) == found


@pytest.mark.parametrize(("dsl", "yaml", "expected"), [
    ('"economy" | "business"', "'\"economy\"|\"business\"'", Ref('"economy" | "business"')),
    ('"a" | null', "'\"a\" | null'", Ref('"a"', nullable=True)),
    ('"a"?', "'\"a\" | null'", Ref('"a"', nullable=True)),
    ("1..9", '"1..9"', Ref("1..9")),
    ("[0.5..2]?", '{"?": ["0.5..2"]}', ListOf(Ref("0.5..2"), nullable=True)),
    ('matching "^[0-9]{5}$"', "'matching \"^[0-9]{5}$\"'", Ref('matching "^[0-9]{5}$"')),
])
def test_both_syntaxes_say_the_same(dsl, yaml, expected, tmp_path):
    first, sink = loaded(tmp_path, ("a.magnet", TOOL.format(dsl)))
    assert first, sink.diagnostics
    second, sink = loaded(tmp_path, ("a.yaml", f"kind: tools\ntools:\n  book: {{description: Book., parameters: {{a: {{type: {yaml}}}}}, returns: {{b: number}}, effect: reads}}\n"))
    assert second, sink.diagnostics
    assert first.tools == second.tools
    assert first.types == second.types
    assert first.tool["book"].parameters[0].type == expected


def test_a_model_is_shown_what_the_type_allows_and_the_default_is_checked(tmp_path):
    spec, _ = loaded(tmp_path, ("a.magnet", TOOL.format('"economy" | "business" = "economy"')))
    assert json.loads(spec.tool_texts["book"])["function"]["parameters"]["properties"]["a"] == {
        "type": "string", "enum": ["economy", "business"], "default": "economy"}
    _, sink = loaded(tmp_path, ("a.magnet", TOOL.format('"economy" | "business" = "first"')))
    assert [each.code for each in sink.diagnostics if each.severity.name == "ERROR"] == ["MG207"]


@pytest.mark.parametrize("text", ['"a" | 3', '"a" | "a"', "9..1", 'matching "("', "null | null"])
def test_what_is_no_inline_type_is_told(text, tmp_path):
    spec, sink = loaded(tmp_path, ("a.magnet", TOOL.format(text)))
    assert spec is None
    assert {each.code for each in sink.diagnostics if each.severity.name == "ERROR"} <= {"MG225", "MG202"}


def test_two_that_allow_the_same_have_nothing_to_do_with_each_other(tmp_path):
    spec, _ = loaded(tmp_path, ("a.magnet", TOOL.format("1..9") + 'tool give() -> {n: 1..9} reads { "Give." }\n'))
    assert spec.outputs("give", "1..9") == ()
    assert not spec.type_table.unify("1..9", "1..9")
    assert [entity.name for entity in spec.types] == ["1..9"]


def test_conditions_compare_inline_types(tmp_path):
    spec, sink = loaded(tmp_path, ("a.magnet", TOOL.format("1..9").replace("{ \"Book.\" }", '{\n  "Book."\n  where a >= 3\n}')))
    assert spec, sink.diagnostics
    _, sink = loaded(tmp_path, ("a.magnet", TOOL.format('"x" | "y"').replace("{ \"Book.\" }", '{\n  "Book."\n  where a >= 3\n}')))
    assert [each.code for each in sink.diagnostics if each.severity.name == "ERROR"] == ["MG216"]
