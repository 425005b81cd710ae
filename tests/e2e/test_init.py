"""`magnetc init` and `magnetc import`, as a user types them: what they write passes `check`, and is built as it stands."""

import json
import shutil
from pathlib import Path

import pytest
import yaml
from dataset import magnetc

from magnetc.tools.importers import importer
from magnetc.tools.importers.importer import Place

IMPORTS = Path(__file__).parents[1] / "data" / "imports"


@pytest.fixture(scope="module")
def clinic(tmp_path_factory):
    folder = tmp_path_factory.mktemp("begun") / "clinic"
    return folder, magnetc("init", folder, "--from", IMPORTS / "clinic.py")


def test_without_a_source(tmp_path):
    result = magnetc("init", tmp_path / "my shop")
    assert result.exit_code == 0, result.output
    assert (tmp_path / "my shop" / ".gitignore").read_text() == ".magnetc/\n"
    assert (tmp_path / "my shop" / ".magnetc" / "schema" / "recipe.schema.json").is_file()
    assert "`my-shop` is sound" in result.output
    checked = magnetc("check", tmp_path / "my shop", "-W", "error")
    assert checked.exit_code == 0, checked.output
    built = magnetc("build", tmp_path / "my shop", "--trust", "-o", tmp_path / "out", "--json")
    assert built.exit_code == 0, built.output
    assert magnetc("verify", tmp_path / "out", "--trust").exit_code == 0


def test_a_module_becomes_a_recipe_that_checks(clinic):
    folder, result = clinic
    assert result.exit_code == 0, result.output
    assert magnetc("check", folder).exit_code == 0
    assert "31 tools" in result.output
    assert f"next: magnetc preview {folder} -n 20 --trust" in result.output
    assert {each.name for each in folder.iterdir()} == {
        "recipe.yaml",
        "types.yaml",
        "tools.yaml",
        "turns.magnet",
        "paths.magnet",
        "world.py",
        "clinic.py",
        "magnetc.lock",
        ".magnetc",
        ".gitignore",
    }
    first = (folder / "tools.yaml").read_text().splitlines()[0]
    assert (folder / first.partition("$schema=")[2]).is_file()
    tools = yaml.safe_load((folder / "tools.yaml").read_text())["refine"]
    assert tools["record_weight"]["effect"] == "writes"
    assert tools["price_of"]["effect"] == "reads"


def test_the_worklist_is_ranked(clinic):
    shares = [int(line.strip(" +").partition("%")[0]) for line in clinic[1].output.splitlines() if "%  " in line]
    assert len(shares) > 5
    assert shares == sorted(shares, reverse=True)


def test_its_conversations_are_built_and_verified(clinic, tmp_path):
    folder = shutil.copytree(clinic[0], tmp_path / "clinic")
    result = magnetc("preview", folder, "-n", "6", "--trust")
    assert result.exit_code == 0, result.output
    assert result.output.count("── everyday-") >= 4
    built = magnetc("build", folder, "--trust", "--paths", "40", "-o", tmp_path / "out", "--jobs", "2")
    assert built.exit_code == 0, built.output
    verified = magnetc("verify", tmp_path / "out", "--trust")
    assert verified.exit_code == 0, verified.output
    rows = [json.loads(line) for line in (tmp_path / "out" / "sft" / "train.jsonl").read_text().splitlines()]
    called = {call["function"]["name"] for row in rows for message in row["messages"] for call in message.get("tool_calls") or ()}
    assert {"register_owner", "register_pet"} <= called


def test_nothing_is_overwritten_unasked(clinic, tmp_path):
    folder = shutil.copytree(clinic[0], tmp_path / "clinic")
    (folder / "types.yaml").write_text("mine")
    refused = magnetc("init", folder, "--from", IMPORTS / "clinic.py")
    assert refused.exit_code == 1
    assert "MG014" in refused.output
    assert (folder / "types.yaml").read_text() == "mine"
    assert magnetc("init", folder, "--from", IMPORTS / "clinic.py", "--force").exit_code == 0
    assert (folder / "types.yaml").read_text() != "mine"


def test_what_may_reach_outside_is_not_run(tmp_path):
    (tmp_path / "pay.py").write_text(
        'import requests\n\ndef pay(amount: float) -> str:\n    """Pay."""\n    return requests.post("x").text\n'
    )
    result = magnetc("init", tmp_path / "shop", "--from", tmp_path / "pay.py")
    assert "requests.post" in result.output
    recipe = tmp_path / "shop" / "recipe.yaml"
    assert not recipe.exists() or "python" not in yaml.safe_load(recipe.read_text())["world"]
    run = magnetc("init", tmp_path / "other", "--from", tmp_path / "pay.py", "--run")
    assert run.exit_code == 0, run.output
    assert yaml.safe_load((tmp_path / "other" / "recipe.yaml").read_text())["world"]["python"] == "world:World"


def test_a_class_that_is_a_world_is_the_world(tmp_path):
    (tmp_path / "shop.py").write_text(
        "class Shop:\n    def __init__(self, state, seed, now):\n        self.sold = []\n\n"
        '    def sell(self, count: int) -> int:\n        """Sell some."""\n        self.sold.append(count)\n        return len(self.sold)\n'
    )
    result = magnetc("init", tmp_path / "recipe", "--from", f"{tmp_path / 'shop.py'}:Shop")
    assert result.exit_code == 0, result.output
    assert yaml.safe_load((tmp_path / "recipe" / "recipe.yaml").read_text())["world"]["python"] == "shop:Shop"
    assert not (tmp_path / "recipe" / "world.py").exists()
    assert magnetc("preview", tmp_path / "recipe", "-n", "2", "--trust").exit_code == 0


def test_a_class_with_state_of_its_own(tmp_path):
    (tmp_path / "till.py").write_text(
        'class Till:\n    """A till."""\n    def __init__(self):\n        self.total = 0\n\n'
        '    def add(self, cents: int) -> int:\n        """Add cents."""\n        self.total += cents\n        return self.total\n'
    )
    result = magnetc("init", tmp_path / "recipe", "--from", f"{tmp_path / 'till.py'}:Till")
    assert result.exit_code == 0, result.output
    assert magnetc("build", tmp_path / "recipe", "--trust", "--paths", "5", "-o", tmp_path / "out").exit_code == 0
    rows = [json.loads(line) for path in (tmp_path / "out" / "sft").iterdir() for line in path.read_text().splitlines()]
    totals = [int(message["content"]) for row in rows[:1] for message in row["messages"] if message["role"] == "tool"]
    assert totals == sorted(totals)
    assert len(set(totals)) > 1


@pytest.mark.parametrize("source", ["gone.py", "mcp-server-time", "notes.txt"])
def test_a_source_that_is_none(tmp_path, source):
    (tmp_path / "notes.txt").write_text("x")
    place = tmp_path / source if source == "notes.txt" else source
    for words in (("import", place), ("init", tmp_path / "r", "--from", place)):
        result = magnetc(*words)
        assert result.exit_code == 1
        assert "MG013" in result.output


def test_import_writes_a_spec_that_checks(tmp_path):
    result = magnetc("import", IMPORTS / "shelf.yaml", "-o", tmp_path / "shelf.yaml")
    assert result.exit_code == 0, result.output
    text = (tmp_path / "shelf.yaml").read_text()
    assert "# licence: Apache-2.0" in text
    assert yaml.safe_load(text)["tools"]["add_book"]["effect"] == "writes"
    (tmp_path / "recipe.yaml").write_text(
        "kind: recipe\nname: shelf\nversion: 1.0.0\nseed: 1\ninclude: [std/types, shelf.types.yaml, shelf.yaml]\npaths: {}\n"
        'world: {python: "world:World", now: "2026-03-02T09:00:00Z"}\n'
    )
    checked = magnetc("check", tmp_path)
    assert checked.exit_code == 0, checked.output
    assert "5 tools" in checked.output


@pytest.mark.parametrize("source", ["trips.py", "places.py:Large", "shelf.yaml"])
def test_import_as_json_is_imported_again(tmp_path, source):
    assert magnetc("import", IMPORTS / source, "--json", "-o", tmp_path / "tools.json").exit_code == 0
    again = importer("json")("tools.json", Place(folder=tmp_path, site_packages=lambda: tmp_path))
    name = "openapi" if source.endswith("yaml") else "python"
    once = importer(name)(source, Place(folder=IMPORTS, site_packages=lambda: tmp_path))
    assert again.functions == once.functions
    assert again.licence == once.licence


@pytest.mark.parametrize(("servers", "paths", "said"), [
    ("[{url: 'http://127.0.0.1:8000/v1'}]", "", 'url: "http://127.0.0.1:8000/v1", reset: {command: [sh, reset.sh]}}'),
    ("[{url: 'http://localhost:8000'}]", "/reset: {post: {operationId: reset_all, responses: {'204': {description: Done.}}}}",
     'url: "http://localhost:8000", reset: {call: reset_all}}'),
    ("[{url: 'https://books.example.com'}]", "", "")])
def test_a_server_on_this_machine_is_offered_and_not_chosen(servers, paths, said, tmp_path):
    text = (IMPORTS / "shelf.yaml").read_text(encoding="utf-8").replace("\npaths:\n", f"\nservers: {servers}\npaths:\n  {paths}\n", 1)
    (tmp_path / "books.yaml").write_text(text, encoding="utf-8")
    assert magnetc("init", tmp_path / "books", "--from", tmp_path / "books.yaml").exit_code == 0
    recipe = (tmp_path / "books" / "recipe.yaml").read_text(encoding="utf-8")
    assert yaml.safe_load(recipe)["world"] == {"simulated": {}, "now": "2026-03-02T09:00:00Z"}
    offered = [line for line in recipe.splitlines() if line.startswith("# world: ")]
    assert [said in line for line in offered] == ([True] if said else [])
    if said:
        chosen = [line.removeprefix("# ") if line.startswith("# world: ") else line for line in recipe.splitlines() if not line.startswith("world: ")]
        (tmp_path / "books" / "recipe.yaml").write_text("\n".join(chosen), encoding="utf-8")
        checked = magnetc("check", tmp_path / "books")
        assert checked.exit_code == 0, checked.output
