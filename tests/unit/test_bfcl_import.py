"""The BFCL importer: what it reads, what it never runs, and the lock it fills."""

import json
from pathlib import Path

import pytest

from magnetc.build.lock import find_site_packages, lock_recipe, update_lock
from magnetc.diagnostics import Diagnostic, MagnetError, Sink
from magnetc.frontend.json_schema import normalised
from magnetc.frontend.snapshot import read_snapshot
from magnetc.source import Origin
from magnetc.tools.importers.bfcl import import_bfcl
from magnetc.tools.importers.importer import Place, locked_functions

LOG = {
    "name": "add_entry",
    "description": "This tool belongs to the log. Tool description: Add an entry.",
    "parameters": {"type": "dict", "required": ["text", "size"], "properties": {
        "text": {"type": "string", "description": "dict of float"},
        "size": {"type": "tuple", "items": {"type": "float"}, "default": "None"},
    }},
    "response": {"type": "dict", "properties": {"entry": {"type": "dict", "properties": {"at": {"type": "float"}}}}},
}


def place(site_packages):
    return Place(folder=Path("nowhere"), site_packages=lambda: site_packages)


@pytest.fixture
def site_packages(tmp_path):
    """An environment with a package like `bfcl_eval`, which must not be run."""
    place = tmp_path / "env" / "lib" / "python3.11" / "site-packages"
    documents = place / "bfcl_eval" / "data" / "multi_turn_func_doc"
    documents.mkdir(parents=True)
    (documents / "log.json").write_text(json.dumps(LOG) + "\n" + json.dumps({**LOG, "name": "a_first"}) + "\n")
    constants = place / "bfcl_eval" / "constants"
    constants.mkdir()
    (constants / "executable_backend_config.py").write_text(
        'raise SystemExit("executed")\nMULTI_TURN_FUNC_DOC_FILE_MAPPING = {"LogAPI": "log.json", "GoneAPI": "gone.json"}\n')
    metadata = place / "bfcl_eval-9.8.7.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Name: bfcl_eval\nVersion: 9.8.7\nLicense: Apache 2.0\n\nA text.\n")
    return place


def test_documents_become_json_schema(site_packages):
    snapshot = import_bfcl("LogAPI", place(site_packages))
    assert (snapshot.source, snapshot.licence) == ("bfcl-eval==9.8.7", "Apache-2.0")
    assert [function["name"] for function in snapshot.functions] == ["a_first", "add_entry"]
    function = snapshot.functions[1]
    assert function["description"] == "Add an entry."
    assert list(function["parameters"]["properties"]) == ["text", "size"]
    assert function["parameters"]["properties"]["text"] == {"type": "string", "description": "dict of float"}
    assert function["parameters"]["properties"]["size"] == {"type": "array", "items": {"type": "number"}, "default": "None"}
    assert function["returns"]["properties"]["entry"]["properties"]["at"] == {"type": "number"}


def test_a_property_called_type_is_no_type():
    schema = {"type": "dict", "properties": {"type": {"type": "float"}}}
    assert normalised(schema) == {"type": "object", "properties": {"type": {"type": "number"}}}


def test_the_digest_is_that_of_the_documents(site_packages):
    before = import_bfcl("LogAPI", place(site_packages)).digest
    path = site_packages / "bfcl_eval" / "data" / "multi_turn_func_doc" / "log.json"
    path.write_text(path.read_text().replace("Add an entry", "Add one entry"))
    assert import_bfcl("LogAPI", place(site_packages)).digest != before


@pytest.mark.parametrize("argument", ["LogApi", "GoneAPI"])
def test_what_is_not_there_is_told(site_packages, argument):
    with pytest.raises(MagnetError) as caught:
        import_bfcl(argument, place(site_packages))
    assert [diagnostic.code for diagnostic in caught.value.diagnostics] == ["MG502"]


@pytest.mark.parametrize("text", ["MULTI_TURN_FUNC_DOC_FILE_MAPPING = make()\n", "def broken(:\n", "x = 1\n"])
def test_an_unknown_shape_of_the_mapping_is_told(site_packages, text):
    (site_packages / "bfcl_eval" / "constants" / "executable_backend_config.py").write_text(text)
    with pytest.raises(MagnetError, match="MG502"):
        import_bfcl("LogAPI", place(site_packages))


def test_the_lock_is_read_back(site_packages, tmp_path):
    folder = tmp_path / "recipe"
    folder.mkdir()
    python = tmp_path / "env" / "bin" / "python"
    assert find_site_packages(python) == site_packages
    wanted = {("bfcl", "LogAPI"): None}
    first = update_lock(folder, wanted, place(site_packages)).read_bytes()
    assert update_lock(folder, wanted, place(site_packages)).read_bytes() == first
    lock = read_snapshot(folder, Sink())
    assert locked_functions("bfcl", "LogAPI", lock) == list(import_bfcl("LogAPI", place(site_packages)).functions)
    missing = locked_functions("bfcl", "OtherAPI", lock)
    assert isinstance(missing, Diagnostic)
    assert missing.code == "MG501"
    assert locked_functions("bfcl", "LogAPI", None).code == "MG501"
    assert [path.name for path in folder.iterdir()] == ["magnetc.lock"]


def test_an_error_points_at_the_import(site_packages, tmp_path):
    origin = Origin("tools.magnet", "/from/0/bfcl")
    with pytest.raises(MagnetError) as caught:
        update_lock(tmp_path, {("bfcl", "OtherAPI"): origin}, place(site_packages))
    assert caught.value.diagnostics[0].primary.at == origin
    assert not (tmp_path / "magnetc.lock").exists()


def test_a_recipe_that_cannot_be_read_is_not_locked(tmp_path):
    (tmp_path / "recipe.yaml").write_text("kind: recipe\nname: log\n")
    sink = Sink()
    assert lock_recipe(tmp_path, sink, print) is None
    assert sink.has_errors
    assert not (tmp_path / "magnetc.lock").exists()


def test_a_recipe_without_imports_has_an_empty_lock(tmp_path):
    (tmp_path / "recipe.yaml").write_text(
        'kind: recipe\nname: log\nversion: 1.0.0\nseed: 1\ninclude: []\nworld: {python: "world:Log", now: "2026-03-02T09:00:00Z"}\npaths: {p: 1}\n')
    sink = Sink()
    path = lock_recipe(tmp_path, sink, print)
    assert json.loads(path.read_text()) == {"version": 1, "tools": {}}


def test_the_python_of_no_environment_is_told():
    with pytest.raises(MagnetError, match="MG502"):
        find_site_packages(Path("/nowhere/bin/python"))
