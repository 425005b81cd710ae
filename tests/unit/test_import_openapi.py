"""The OpenAPI importer: operations as tools, references as definitions, words of 3.0 in those of JSON Schema."""

import copy
from pathlib import Path

import pytest
import yaml

from magnetc.diagnostics import MagnetError
from magnetc.tools.importers.importer import Place
from magnetc.tools.importers.openapi import import_openapi

IMPORTS = Path(__file__).parents[1] / "data" / "imports"
DOCUMENT = yaml.safe_load((IMPORTS / "shelf.yaml").read_text(encoding="utf-8"))


def found(argument="shelf.yaml", folder=IMPORTS):
    snapshot = import_openapi(argument, Place(folder=folder, site_packages=lambda: folder))
    return snapshot, {each["name"]: each for each in snapshot.functions}


@pytest.fixture(scope="module")
def tools():
    return found()[1]


def test_names_licence_and_effects(tools):
    assert {name: tool["effect"] for name, tool in tools.items()} == {
        "list_books": "reads", "add_book": "writes", "get_books_isbn": "reads", "setNote": "writes", "removeBook": "writes"}
    assert found()[0].licence == "Apache-2.0"
    assert tools["list_books"]["description"] == "List books.\n\nThe newest first."


def test_parameters_of_every_place(tools):
    assert tools["list_books"]["parameters"] == {
        "type": "object", "required": [], "properties": {
            "since": {"type": "string", "format": "date", "description": "Not older.", "examples": ["2026-03-02"]},
            "limit": {"type": "integer", "exclusiveMinimum": 0, "maximum": 50, "default": 10},
            "X-Trace": {"type": ["string", "null"]}}}
    assert tools["get_books_isbn"]["parameters"]["required"] == ["isbn"]
    assert tools["get_books_isbn"]["parameters"]["properties"]["isbn"] == {"type": "string", "pattern": "^[0-9]{13}$"}


def test_the_fields_of_a_body_are_parameters(tools):
    parameters = tools["add_book"]["parameters"]
    assert list(parameters["properties"]) == ["shelf", "title", "body_shelf", "sequel"]
    assert parameters["required"] == ["shelf", "title"]
    assert parameters["properties"]["sequel"] == {"$ref": "#/$defs/Book"}
    assert tools["setNote"]["parameters"]["properties"]["body"] == {"type": "string", "description": "The note."}


def test_recursive_references_are_definitions(tools):
    book = tools["get_books_isbn"]["returns"]
    assert book["$ref"] == "#/$defs/Book"
    assert book["$defs"]["Book"]["properties"]["sequel"] == {"$ref": "#/$defs/Book"}
    assert book["$defs"]["Book"]["properties"]["note"] == {"type": ["string", "null"]}


def test_what_has_no_content_returns_nothing(tools):
    assert tools["removeBook"]["returns"] == {"type": "null"}
    assert "returns" not in tools["setNote"]
    assert tools["list_books"]["returns"]["items"] == {"$ref": "#/$defs/Book"}


def test_operations_with_a_tag():
    assert list(found("shelf.yaml#notes")[1]) == ["setNote"]
    with pytest.raises(MagnetError) as caught:
        found("shelf.yaml#gone")
    assert caught.value.diagnostics[0].help == "its tags are `books`, `notes`"


@pytest.mark.parametrize(("change", "said"), [
    (lambda each: each.pop("info"), "not valid OpenAPI"), (lambda each: each.update(openapi="2.0"), "no OpenAPI 3 document"),
    (lambda each: each["paths"]["/books"]["get"]["responses"]["200"].update(
        content={"application/json": {"schema": {"$ref": "other.yaml#/Book"}}}), "cannot be validated")])
def test_what_is_not_there_is_told(tmp_path, change, said):
    document = copy.deepcopy(DOCUMENT)
    change(document)
    (tmp_path / "shelf.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")
    with pytest.raises(MagnetError) as caught:
        found(folder=tmp_path)
    assert [each.code for each in caught.value.diagnostics] == ["MG502"]
    assert said in caught.value.diagnostics[0].message


def test_without_the_extra(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "openapi_spec_validator", None)
    with pytest.raises(MagnetError, match="MG710"):
        found()
