"""An operation of another package: installed beside magnetc, named in a recipe, checked, applied, refused when broken."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
CODE = re.search(r"```python\n(.*?)```", (ROOT / "docs" / "plugins.md").read_text(encoding="utf-8"), re.DOTALL)[1]


WORLD = """
from dataclasses import replace
from magnetc.tools.worlds.python_kind import PythonKind
from magnetc.tools.worlds.world import Levels


class Mirrored:
    options = {"of": {"description": "The class.", "type": "string"}}

    def levels(self, spec):
        return Levels(replay="normalised", normalised=("nothing",))

    def runs(self, spec, folder):
        return {"a mirror of `world:TravelWorld`": spec.settings}

    def files(self, spec, folder):
        return ()

    def prepare(self, spec, folder, announce):
        start = PythonKind().prepare(replace(spec, kind="python", python="world:TravelWorld"), folder, announce)

        async def mirrored():
            world = await start()
            world.levels = self.levels(spec)
            return world

        return mirrored
"""


@pytest.fixture
def package(tmp_path):
    """A function that installs a module with one operation, as pip leaves it, and gives a folder for the path."""
    def install(code, name="offer_all", place="my_package:OfferAll", group="operations"):
        site = tmp_path / "site"
        info = site / "my_package-1.0.dist-info"
        info.mkdir(parents=True)
        (site / "my_package.py").write_text(code, encoding="utf-8")
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: my-package\nVersion: 1.0\n", encoding="utf-8")
        (info / "entry_points.txt").write_text(f"[magnetc.{group}]\n{name} = {place}\n", encoding="utf-8")
        return site

    return install


@pytest.fixture
def recipe(tmp_path):
    """A function that makes the travel recipe with other operations."""
    def write(operations):
        folder = tmp_path / "travel"
        shutil.copytree(ROOT / "examples" / "travel", folder, ignore=shutil.ignore_patterns("out*"))
        graph = folder / "graph.magnet"
        text = re.sub(r"operations \{.*?\n\}", f"operations {{ {operations} }}", graph.read_text(encoding="utf-8"), flags=re.DOTALL)
        graph.write_text(text, encoding="utf-8")
        return folder

    return write


def magnetc(site, *words):
    path = os.pathsep.join(filter(None, [str(site), str(ROOT), os.environ.get("PYTHONPATH")]))
    return subprocess.run([sys.executable, "-m", "magnetc", *map(str, words)], capture_output=True, text=True, check=False,
                          env={**os.environ, "PYTHONPATH": path, "NO_COLOR": "1"})


def offers(output):
    return {len(line.split()) - 1 for line in output.splitlines() if line.strip().startswith("offered ")}


def test_a_world_from_outside_executes_a_build(package, recipe):
    site = package(WORLD, "mirrored", "my_package:Mirrored", group="worlds")
    folder = recipe("merge(0.3)")
    root = folder / "recipe.yaml"
    text = root.read_text(encoding="utf-8")
    assert 'world: {python: "world:TravelWorld"' in text
    root.write_text(text.replace('world: {python: "world:TravelWorld"', 'world: {mirrored: {of: "world:TravelWorld"}'), encoding="utf-8")
    out = folder.parent / "out"
    assert "MG606" in magnetc(site, "build", folder, "-o", out, "--paths", "3").stderr
    trusted = magnetc(site, "trust", folder)
    assert "a mirror of `world:TravelWorld`" in trusted.stderr
    built = magnetc(site, "build", folder, "-o", out, "--paths", "3")
    assert built.returncode == 0, built.stderr
    assert yaml.safe_load((out / "manifest.yaml").read_text(encoding="utf-8"))["world"] == {
        "mirrored": {"of": "world:TravelWorld"}, "replay": "normalised", "normalised": ["nothing"]}
    rows = [json.loads(line) for file in (out / "sft").glob("*.jsonl") for line in file.read_text(encoding="utf-8").splitlines()]
    assert {row["certificate"]["world"]["replay"] for row in rows} == {"normalised"}
    assert magnetc(site, "verify", out).returncode == 0
    root.write_text(root.read_text(encoding="utf-8").replace("of: ", "at: "), encoding="utf-8")
    assert "MG125" in magnetc(site, "check", folder).stderr


def test_an_operation_from_outside_is_applied(package, recipe):
    site = package(CODE)
    few = magnetc(site, "build", recipe("distract(0..2, most=8)"), "--emit", "scripts", "--paths", "6")
    assert few.returncode == 0, few.stderr
    assert max(offers(few.stdout)) <= 8
    shutil.rmtree(site.parent / "travel")
    every = magnetc(site, "build", recipe("offer_all(1.0)  distract(0..2, most=8)"), "--emit", "scripts", "--paths", "6")
    assert every.returncode == 0, every.stderr
    assert offers(every.stdout) == {36}, "it runs after `distract`, whatever the order in the recipe"


@pytest.mark.parametrize(("operations", "code", "words"), [
    ("offer_all(2.0)", "MG130", "`share` has to be at most 1"),
    ("offer_all(shar=0.5)", "MG125", "did you mean `share`?"),
    ("offer_al(0.5)", "MG125", "did you mean `offer_all`?"),
])
def test_its_options_are_checked_in_the_recipe(package, recipe, operations, code, words):
    done = magnetc(package(CODE), "check", recipe(operations))
    assert done.returncode == 1
    assert code in done.stderr
    assert words in done.stderr
    assert "graph.magnet" in done.stderr


@pytest.mark.parametrize(("code", "words"), [
    ("import missing_module", "cannot be imported: ModuleNotFoundError"),
    ("class OfferAll:\n    stage = 'whenever'\n    options = {}\n    def run(self): ...\n", "its stage is `whenever`"),
    ("class OfferAll:\n    stage = 'script'\n", "it has no `options`"),
])
def test_a_broken_package_is_named(package, recipe, code, words):
    done = magnetc(package(code), "check", recipe("merge(0.3)"))
    assert done.returncode == 1
    assert "MG012" in done.stderr
    assert words in done.stderr
    assert "my-package" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_operation_that_breaks_a_script_is_blamed(package, recipe):
    broken = CODE.replace("return replace(script, offered=tuple(every for _ in script.turns))", "return replace(script, offered=())")
    done = magnetc(package(broken), "build", recipe("offer_all(1.0)"), "--emit", "scripts", "--paths", "6")
    assert done.returncode == 1
    assert "MG901" in done.stderr
    assert "offer_all" in done.stderr


def test_an_importer_from_outside_fills_the_lock(package, tmp_path):
    text = (ROOT / "docs" / "plugins.md").read_text(encoding="utf-8")
    code = re.search(r"```\n(def import_notes.*?)```", text, re.DOTALL)[1]
    names = "Snapshot, object_schema, raw_tool, read_source"
    site = package(f"from magnetc.tools.importers.importer import {names}\n\n{code}", "notes", "my_package:import_notes", "importers")
    folder = tmp_path / "recipe"
    folder.mkdir()
    (folder / "notes.txt").write_text("look listen", encoding="utf-8")
    (folder / "tools.magnet").write_text('tools from notes "notes.txt"\nrefine listen() writes\n', encoding="utf-8")
    (folder / "recipe.yaml").write_text('kind: recipe\nname: notes\nversion: 1.0.0\nseed: 1\ninclude: [tools.magnet]\npaths: {}\n'
                                        'world: {python: "world:World", now: "2026-03-02T09:00:00Z"}\n', encoding="utf-8")
    done = magnetc(site, "check", folder)
    assert "MG501" in done.stderr
    assert magnetc(site, "lock", folder).returncode == 0
    done = magnetc(site, "check", folder)
    assert "2 tools" in done.stderr, done.stderr
    (folder / "notes.txt").unlink()
    assert "MG502" in magnetc(site, "lock", folder).stderr
