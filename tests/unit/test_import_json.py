"""Importers of JSON: OpenAI's format and its relatives, ToolBench, conversations."""

import json
from pathlib import Path

import pytest

from magnetc.diagnostics import MagnetError
from magnetc.tools.importers import importer
from magnetc.tools.importers.importer import Place

STABLE = Path(__file__).parents[3] / "shared" / "data" / "stabletoolbench"
SCHEMA = {"type": "object", "properties": {"city": {"type": "string", "pattern": "^[A-Z]"}}, "required": ["city"]}
API = {
    "category_name": "Data",
    "tool_name": "The Clique",
    "api_name": "/Songkick concert",
    "api_description": "Concert info",
    "method": "GET",
    "required_parameters": [{"name": "id_conc", "type": "STRING", "description": "An\nid", "default": "40"}],
    "optional_parameters": [
        {"name": "page", "type": "NUMBER", "description": "", "default": "1"},
        {"name": "all", "type": "BOOLEAN", "default": "True"},
    ],
    "template_response": {"name": "str", "line_up": [{"link": "str", "_list_length": 2}], "rate": "float", "tags": []},
}


def found(name, data, tmp_path, argument="data.json"):
    text = data if isinstance(data, str) else json.dumps(data)
    (tmp_path / argument.partition("#")[0]).write_text(text, encoding="utf-8")
    return importer(name)(argument, Place(folder=tmp_path, site_packages=lambda: tmp_path))


@pytest.mark.parametrize(
    "data",
    [
        [{"type": "function", "function": {"name": "look", "description": "Look.", "parameters": SCHEMA}}],
        {"tools": [{"name": "look", "description": "Look.", "input_schema": SCHEMA}]},
        {"functions": [{"type": "function", "name": "look", "description": "Look. ", "parameters": SCHEMA}]},
        {"name": "look", "description": "Look.", "inputSchema": SCHEMA},
    ],
)
def test_relatives_of_the_format_are_read_alike(data, tmp_path):
    assert found("json", data, tmp_path).functions == ({"name": "look", "description": "Look.", "parameters": SCHEMA},)


def test_results_effects_and_licences_are_kept(tmp_path):
    snapshot = found(
        "json",
        {
            "licence": "MIT",
            "tools": [
                {"name": "a", "returns": {"type": "string"}, "effect": "writes"},
                {"name": "b", "annotations": {"readOnlyHint": True}},
            ],
        },
        tmp_path,
    )
    assert snapshot.licence == "MIT"
    empty = {"type": "object", "properties": {}, "required": []}
    assert snapshot.functions == (
        {"name": "a", "description": "", "parameters": empty, "returns": {"type": "string"}, "effect": "writes"},
        {"name": "b", "description": "", "parameters": empty, "effect": "reads"},
    )


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("json", "[", "not JSON"),
        ("json", [], "no list of tools"),
        ("json", [3], "no tool"),
        ("json", [{"name": "f", "parameters": [1]}], "no object schema"),
        ("toolbench", "[", "not JSON"),
        ("toolbench", [{"query": "x"}], "no ToolBench API"),
        ("conversations", "[", "line 1"),
        ("conversations", "{}", "no list of `messages`"),
        ("conversations", {"messages": []}, "declares no tools"),
    ],
)
def test_what_is_not_there_is_told(name, data, said, tmp_path):
    with pytest.raises(MagnetError) as caught:
        found(name, data, tmp_path)
    assert [each.code for each in caught.value.diagnostics] == ["MG502"]
    assert said in caught.value.diagnostics[0].message


def test_toolbench_names_types_and_defaults(tmp_path):
    (tool,) = found("toolbench", [{"api_list": [API, API]}], tmp_path).functions
    assert tool["name"] == "songkick_concert_for_the_clique"
    assert tool["effect"] == "reads"
    assert tool["parameters"] == {
        "type": "object",
        "required": ["id_conc"],
        "properties": {
            "id_conc": {"type": "string", "description": "An id", "examples": ["40"]},
            "page": {"type": "number", "default": 1},
            "all": {"type": "boolean", "default": True},
        },
    }
    assert tool["returns"]["properties"] == {
        "name": {"type": "string"},
        "rate": {"type": "number"},
        "tags": {"type": "array"},
        "line_up": {"type": "array", "items": {"type": "object", "properties": {"link": {"type": "string"}}}},
    }


def test_toolbench_by_category(tmp_path):
    other = {**API, "category_name": "Media", "api_name": "2 clips"}
    (tool,) = found("toolbench", [{"api_list": [API, other]}], tmp_path, "data.json#Media").functions
    assert tool["name"] == "get_2_clips_for_the_clique"
    with pytest.raises(MagnetError) as caught:
        found("toolbench", [{"api_list": [API]}], tmp_path, "data.json#Media")
    assert caught.value.diagnostics[0].help == "its categories are `Data`"


@pytest.mark.skipif(not STABLE.is_dir(), reason="the data of StableToolBench is not here")
def test_stabletoolbench():
    snapshot = importer("toolbench")("G3_instruction.json", Place(folder=STABLE, site_packages=lambda: STABLE))
    assert len(snapshot.functions) == 44
    for tool in snapshot.functions:
        assert tool["name"].replace("_", "a").isalnum()
        assert set(tool["parameters"]["required"]) <= set(tool["parameters"]["properties"])


def test_conversations_give_tools_and_what_they_return(tmp_path):
    def call(name, arguments, number):
        return {"id": str(number), "type": "function", "function": {"name": name, "arguments": arguments}}

    messages = [
        {"role": "user", "content": "Hi"},
        {
            "role": "assistant",
            "tool_calls": [call("look", '{"city":"Oslo"}', 1), call("buy", {"count": 2}, 2), call("look", {"city": "Rome"}, 3)],
        },
        {"role": "tool", "tool_call_id": "2", "content": "sold"},
        {"role": "tool", "tool_call_id": "1", "content": '{"at":"2026-03-02","rain":1}'},
        {"role": "tool", "tool_call_id": "3", "content": '{"error":"no"}'},
    ]
    row = {"messages": messages, "tools": json.dumps([{"name": "look", "parameters": SCHEMA}])}
    look, buy = found("conversations", json.dumps(row) + "\n\n" + json.dumps(row), tmp_path).functions
    assert look["parameters"] == SCHEMA
    assert look["returns"] == {
        "type": "object",
        "required": ["at", "rain"],
        "properties": {"at": {"type": "string", "format": "date"}, "rain": {"type": "integer"}},
    }
    assert buy["parameters"] == {"type": "object", "properties": {"count": {"type": "integer"}}, "required": ["count"]}
    assert buy["returns"] == {"type": "string"}
