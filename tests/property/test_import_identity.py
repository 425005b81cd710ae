"""Import, export, import: what an importer reads is read again from what it is written as."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from magnetc.tools.importers import importer
from magnetc.tools.importers.importer import Place
from magnetc.tools.importers.openai_json import openai_tools, read_tool

IMPORTS = Path(__file__).parents[1] / "data" / "imports"

names = st.from_regex(r"[a-z_][a-z0-9_]{0,7}", fullmatch=True)
words = st.text(st.characters(exclude_categories=("Cs",)), max_size=12)
scalars = st.one_of(st.sampled_from(["string", "integer", "number", "boolean"]).map(lambda kind: {"type": kind}),
                    st.lists(words, min_size=1, max_size=3).map(lambda values: {"enum": values}), st.just({}),
                    st.just({"type": ["string", "null"], "format": "date"}), st.just({"$ref": "#/$defs/Node"}))
schemas = st.recursive(scalars, lambda inner: st.one_of(
    inner.map(lambda items: {"type": "array", "items": items}), st.lists(inner, min_size=1, max_size=2).map(lambda each: {"anyOf": each}),
    st.dictionaries(names, inner, max_size=3).map(lambda fields: {"type": "object", "properties": fields})), max_leaves=6)
tools = st.builds(
    lambda name, words, fields, returns, effect: {
        "name": name, "description": words, "parameters": {"type": "object", "properties": fields, "required": list(fields)[:1]},
        **({"returns": returns} if returns is not None else {}), **({"effect": effect} if effect else {})},
    names, words, st.dictionaries(names, schemas, max_size=3), st.none() | schemas, st.sampled_from([None, "reads", "writes"]))


@given(st.lists(tools, max_size=4))
def test_what_is_written_is_read_again(given_tools):
    once = [read_tool(each, "") for each in given_tools]
    again = [read_tool(each, "") for each in json.loads(json.dumps(openai_tools(once)))]
    assert again == once


@pytest.mark.parametrize(("name", "argument"), [("python", "trips.py"), ("python", "places:Large"), ("openapi", "shelf.yaml")])
def test_sources_of_every_kind(name, argument, tmp_path):
    functions = importer(name)(argument, Place(folder=IMPORTS, site_packages=lambda: tmp_path)).functions
    (tmp_path / "tools.json").write_text(json.dumps(openai_tools(functions)), encoding="utf-8")
    assert importer("json")("tools.json", Place(folder=tmp_path, site_packages=lambda: tmp_path)).functions == functions
