"""The Python importer: what it reads off signatures, annotations and docstrings, without running them."""

from pathlib import Path

import pytest

from magnetc.diagnostics import MagnetError
from magnetc.tools.importers.importer import Place
from magnetc.tools.importers.python import import_python

IMPORTS = Path(__file__).parents[1] / "data" / "imports"


def place(folder=IMPORTS, packages=Path("nowhere")):
    return Place(folder=folder, site_packages=lambda: packages)


@pytest.fixture(scope="module")
def tools():
    return {each["name"]: each for each in import_python("trips.py", place()).functions}


def test_public_functions_are_tools(tools):
    assert list(tools) == ["search", "plan", "old", "comment"]


def test_annotations_defaults_and_google_docstrings(tools):
    search = tools["search"]
    assert search["description"] == "Search flights.\n\nOf all carriers."
    assert search["parameters"]["required"] == ["origin", "destination", "day"]
    assert search["parameters"]["properties"] == {
        "origin": {"title": "City", "type": "string", "description": "Where from."},
        "destination": {"type": "string", "description": "Where to."},
        "day": {"type": "string", "format": "date"},
        "cabin": {"type": "string", "enum": ["economy", "first-class"], "default": "first-class"},
        "limit": {"type": "integer", "default": 10},
        "near": {"type": "object", "title": "Spot", "properties": {"latitude": {"type": "number"}, "longitude": {"type": "number"}},
                 "required": ["latitude", "longitude"]}}
    assert search["returns"] == {
        "type": "array", "description": "The flights, cheapest first.",
        "items": {"type": "object", "title": "Flight", "required": ["id"],
                  "properties": {"id": {"type": "string", "description": "Its code."}, "price": {"type": "number"}}}}


def test_dataclasses_inherit_and_annotated_constrains(tools):
    properties = tools["plan"]["parameters"]["properties"]
    assert list(properties) == ["trip", "mode", "speed", "tags"]
    assert properties["trip"]["required"] == ["when"]
    assert list(properties["trip"]["properties"]) == ["when", "stops", "cabin"]
    assert properties["trip"]["properties"]["cabin"]["default"] == "economy"
    assert properties["mode"] == {"type": "string", "enum": ["fast", "cheap"], "description": "How.", "default": "fast"}
    assert properties["speed"] == {"type": "number", "exclusiveMinimum": 0, "description": "In knots.", "default": 1.5}
    assert properties["tags"] == {"type": "object", "additionalProperties": {"type": "string"}}
    assert tools["plan"]["returns"] == {"title": "BookingId", "type": "string", "description": "Its id."}


def test_types_of_docstrings_stand_for_those_of_annotations(tools):
    old = tools["old"]
    assert old["parameters"]["properties"] == {
        "name": {"type": "string", "enum": ["a", "b"], "description": "Which."},
        "kind": {"type": "string", "description": "Of what kind.", "default": "x"},
        "size": {"type": "integer", "default": 3}}
    assert old["returns"] == {"type": "array", "items": {"type": "integer"}, "description": "Sizes."}


def test_a_class_that_holds_itself_is_a_definition(tools):
    parameters = tools["comment"]["parameters"]
    assert parameters["properties"] == {"comment": {"$ref": "#/$defs/Comment"}, "at": {}}
    comment = parameters["$defs"]["Comment"]["properties"]
    assert comment["replies"] == {"type": "array", "items": {"$ref": "#/$defs/Comment"}, "default": []}
    assert comment["text"] == {"type": "string", "minLength": 1, "description": "What it says."}
    assert comment["stars"] == {"type": "integer", "minimum": 1, "maximum": 5}
    assert tools["comment"]["returns"] == {"type": "null"}


def test_methods_of_a_class_are_tools_inherited_ones_too():
    tools = {each["name"]: each for each in import_python("places:Large", place()).functions}
    assert list(tools) == ["find", "count", "measure"]
    assert list(tools["find"]["parameters"]["properties"]) == ["name", "limit"]
    assert list(tools["count"]["parameters"]["properties"]) == ["name"]
    assert list(tools["measure"]["parameters"]["properties"]) == ["self"]


def test_where_functions_are_marked_only_these_are_tools():
    assert [each["name"] for each in import_python("marked.py", place()).functions] == ["first", "second"]


def test_a_module_of_the_packages_is_found(tmp_path):
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "__init__.py").write_text('"""A library."""\n__all__ = ["_one"]\ndef _one(): ...\ndef two(): ...\n')
    assert [each["name"] for each in import_python("lib", place(packages=tmp_path)).functions] == ["_one"]


def test_the_digest_covers_the_modules_that_names_come_from(tmp_path):
    for name in ("trips.py", "places.py"):
        (tmp_path / name).write_text((IMPORTS / name).read_text())
    before = import_python("trips.py", place(tmp_path)).digest
    assert before == import_python("trips.py", place()).digest
    (tmp_path / "places.py").write_text((IMPORTS / "places.py").read_text().replace("= str", "= int"))
    assert import_python("trips.py", place(tmp_path)).digest != before


@pytest.mark.parametrize(("argument", "text", "said"), [
    ("gone.py", None, "cannot be read"), ("gone", None, "no module `gone`"), ("m.py", "def f(:", "not Python, line 1"),
    ("m.py", "x = 1", "no public function"), ("m:Gone", "class Here: ...", "no class `Gone`"), ("m:Here", "class Here: ...", "no public")])
def test_what_is_not_there_is_told(tmp_path, argument, text, said):
    if text is not None:
        (tmp_path / "m.py").write_text(text)
    with pytest.raises(MagnetError) as caught:
        import_python(argument, place(tmp_path))
    (found,) = caught.value.diagnostics
    assert found.code == "MG502"
    assert said in found.message
