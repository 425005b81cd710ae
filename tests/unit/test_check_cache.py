"""What a check keeps: shown as the first time in every format, and given up for anything that could make it stale."""

import os
import shutil
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from corpus import ALONE, CASES, assembled

from magnetc import plugins
from magnetc.build import check_cache
from magnetc.build import compiler as compiler_module
from magnetc.build.check import check_recipe
from magnetc.build.check_cache import NAME, recall, remember
from magnetc.build.compile import compile_recipe
from magnetc.cli.main import main
from magnetc.diagnostics import Sink
from magnetc.diagnostics.render import FORMATS
from magnetc.ir.probed import declared_digest
from magnetc.source.disk import digest

RECIPE = """kind: recipe
name: small
version: 1.0.0
include: [types.yaml, tools/*.yaml]
seed: 7
world: {python: "world:World", now: "2026-03-02T09:00:00Z"}
"""
TYPES = "kind: types\ntypes:\n  City: {base: string, examples: [Rome, Oslo]}\n"
TOOLS = "kind: tools\ntools:\n  find:\n    parameters: {city: {type: City}}\n    returns: {city: City}\n"


@pytest.fixture(scope="module", autouse=True)
def own_compiler():
    """One digest of the compiler for all tests of this file: it does not change in between."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MAGNETC_NO_CACHE")
        yield


@pytest.fixture
def recipe(tmp_path):
    folder = tmp_path / "recipe"
    (folder / "tools").mkdir(parents=True)
    (folder / "recipe.yaml").write_text(RECIPE)
    (folder / "types.yaml").write_text(TYPES)
    (folder / "tools" / "a.yaml").write_text(TOOLS)
    return folder


def cold(folder):
    """A check that is worked out, and kept."""
    sink = Sink()
    found = check_recipe(folder, sink)
    assert found.sink is sink, "the check was taken from what is kept"
    return found


def rendered(checked):
    texts = {name: render(checked.sink, prefix="some/where") for name, render in FORMATS.items()}
    return texts | {"full, in colour": FORMATS["full"](checked.sink, prefix="", color=True), "counts": (checked.name, checked.counts)}


@pytest.mark.parametrize("case", sorted({*CASES} - ALONE))
def test_what_is_kept_shows_the_same_in_every_format(case, tmp_path):
    folder = assembled(case, tmp_path)
    first = cold(folder)
    again = recall(folder)
    assert again is not None, "not kept"
    assert rendered(again) == rendered(first)
    assert [each.fix for each in again.sink.diagnostics] == [each.fix for each in first.sink.diagnostics]


def test_the_second_check_of_a_sound_recipe_compiles_nothing(recipe, monkeypatch):
    first = cold(recipe)
    assert first.counts == (1, 0, 0)
    monkeypatch.setitem(sys.modules, "magnetc.build.compile", None)
    assert rendered(check_recipe(recipe, Sink())) == rendered(first)


def test_the_command_says_the_same_twice_and_can_be_told_not_to_keep(recipe):
    (recipe / "types.yaml").write_text(TYPES.replace("examples", "exmples"))
    runs = [CliRunner().invoke(main, ["check", str(recipe), "--format", "full"]) for _ in range(2)]
    assert [(run.exit_code, run.stderr) for run in runs] == [(1, runs[0].stderr)] * 2
    assert "MG125" in runs[0].stderr
    kept = (recipe / NAME).read_bytes()
    (recipe / NAME).write_bytes(b"nonsense")
    assert CliRunner().invoke(main, ["check", str(recipe), "--no-cache"]).stderr == runs[0].stderr
    assert (recipe / NAME).read_bytes() == b"nonsense"
    assert kept != b"nonsense"
    assert CliRunner().invoke(main, ["check", str(recipe), "--fix"]).exit_code == 0
    assert CliRunner().invoke(main, ["check", str(recipe)]).exit_code == 0


def rewrite(name, text):
    def change(folder):
        place = folder / name
        before = place.stat() if place.exists() else None
        place.parent.mkdir(exist_ok=True)
        place.write_text(text)
        if before:
            os.utime(place, ns=(before.st_atime_ns, before.st_mtime_ns))

    return change


def linked(folder):
    elsewhere = folder.parent / "elsewhere.yaml"
    elsewhere.write_text(TYPES)
    (folder / "types.yaml").unlink()
    (folder / "types.yaml").symlink_to(elsewhere)


CHANGES = {
    "a comment": rewrite("types.yaml", TYPES + "# more\n"),
    "as many bytes at the same time": rewrite("types.yaml", TYPES.replace("Rome", "Roma")),
    "another file that a glob matches": rewrite("tools/b.yaml", TOOLS.replace("find", "look")),
    "a matched file is gone": lambda folder: (folder / "tools" / "a.yaml").unlink(),
    "a lock": rewrite("magnetc.lock", '{"tools": {}}'),
    "another root": rewrite("recipe.magnet", "recipe other { }\n"),
    "the root": rewrite("recipe.yaml", RECIPE.replace("7", "8")),
    "a link that leads outside": linked,
}


@pytest.mark.parametrize("change", CHANGES)
def test_any_change_is_seen(recipe, change):
    cold(recipe)
    assert recall(recipe) is not None
    CHANGES[change](recipe)
    again = cold(recipe)
    assert rendered(again) == rendered(check_recipe(recipe, Sink(), cached=False))


def test_what_is_missing_is_looked_for_again(recipe):
    (recipe / "recipe.yaml").write_text(RECIPE.replace("types.yaml", "typs.yaml"))
    assert [each.help for each in cold(recipe).sink.diagnostics] == ["did you mean `types.yaml`?"]
    (recipe / "typ.yaml").write_text(TYPES)
    assert [each.help for each in cold(recipe).sink.diagnostics] == ["did you mean `typ.yaml`?"]
    (recipe / "typs.yaml").write_text(TYPES)
    assert cold(recipe).counts


def test_a_base_is_part_of_what_was_read(recipe):
    own = recipe.parent / "own"
    own.mkdir()
    (own / "recipe.yaml").write_text(RECIPE.replace("include: [types.yaml, tools/*.yaml]", "extend: ../recipe"))
    assert cold(own).counts == (1, 0, 0)
    assert recall(own) is not None
    (recipe / "types.yaml").write_text(TYPES.replace("base: string", "bse: string"))
    broken = cold(own)
    assert rendered(recall(own)) == rendered(broken)
    assert "../recipe/types.yaml" in {each.primary.at.file for each in broken.sink.diagnostics}


def test_another_compiler_works_it_out(recipe, monkeypatch):
    cold(recipe)
    monkeypatch.setattr(check_cache, "compiler", lambda: "another")
    assert recall(recipe) is None


def test_the_compiler_is_all_of_its_files(tmp_path, monkeypatch):
    before = compiler_module.compiler.__wrapped__()
    (tmp_path / "numpy-99.dist-info").mkdir()
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path)])
    assert compiler_module.compiler.__wrapped__() != before
    monkeypatch.setattr(sys, "path", sys.path[:-1])
    assert compiler_module.compiler.__wrapped__() == before
    monkeypatch.setattr(compiler_module, "resource", lambda *parts: tmp_path)
    monkeypatch.setattr(compiler_module, "own_sources", compiler_module.own_sources.__wrapped__)
    assert compiler_module.compiler.__wrapped__() != before


def signed(text):
    return digest(text).encode() + b"\n" + text


DAMAGED = {
    "nothing": lambda kept: b"",
    "half of it": lambda kept: kept[: len(kept) // 2],
    "one letter": lambda kept: kept.replace(b'"small"', b'"smalm"'),
    "no JSON": lambda kept: signed(b"{"),
    "not UTF-8": lambda kept: signed(b'"\xff"'),
    "another shape": lambda kept: signed(b"[]"),
    "parts are missing": lambda kept: signed(kept.partition(b"\n")[2].replace(b'"facts"', b'"fact"')),
    "a question that nobody asks": lambda kept: signed(kept.partition(b"\n")[2].replace(b'"kind"', b'"age"')),
    "no words for a place": lambda kept: signed(kept.partition(b"\n")[2].replace(b'"diagnostics":[[', b'"diagnostics":[["MG001"],[')),
    "deep": lambda kept: signed(b"[" * 100_000),
}


@pytest.mark.parametrize("damage", DAMAGED)
def test_a_damaged_file_is_passed_over(recipe, damage):
    first = cold(recipe)
    kept = (recipe / NAME).read_bytes()
    assert DAMAGED[damage](kept) != kept
    (recipe / NAME).write_bytes(DAMAGED[damage](kept))
    assert rendered(cold(recipe)) == rendered(first)
    assert (recipe / NAME).read_bytes() == kept


def test_a_folder_that_cannot_be_written_is_fine(recipe):
    (recipe / ".magnetc").write_text("a file, where a folder would have to be")
    assert cold(recipe).counts
    assert cold(recipe).counts
    assert sorted(path.name for path in recipe.iterdir()) == [".magnetc", "recipe.yaml", "tools", "types.yaml"]


def test_nothing_is_left_where_there_is_no_recipe(tmp_path):
    assert cold(tmp_path).counts is None
    assert cold(tmp_path / "nowhere").counts is None
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_read_is_not_kept(recipe):
    checked = cold(recipe)
    (recipe / NAME).unlink()
    with pytest.raises(FileNotFoundError):
        checked.sink.disk.read(recipe / "gone.yaml")
    remember(recipe, checked)
    assert not (recipe / NAME).exists()


def test_nothing_is_kept_beside_plugins(recipe, monkeypatch):
    monkeypatch.setattr(plugins, "are_installed", lambda: True)
    cold(recipe)
    assert not (recipe / NAME).exists()


def test_findings_of_probes_hold_for_code_and_are_not_kept(recipe):
    spec = compile_recipe(recipe, Sink()).spec
    declares = declared_digest(spec.tool["find"], spec.tool["find"], spec.type_table)
    flow = f'{{"source": "find", "target": "find", "pointer": "/city", "parameter": "city", "finding": "refuted", "tries": 1, "declares": "{declares}"}}'
    (recipe / "magnetc.lock").write_text(f'{{"tools": {{}}, "probes": {{"world": "0", "flows": [{flow}]}}}}')
    assert not cold(recipe).sink.disk.is_whole
    assert not (recipe / NAME).exists()


OPENED: list[str] = []
WATCHED: list[str] = []


def _watch(event, arguments):
    if WATCHED and event in ("open", "os.listdir", "os.scandir") and isinstance(arguments[0], (str, Path)):
        OPENED.append(str(arguments[0]))


sys.addaudithook(_watch)


@pytest.mark.parametrize("case", ["library", "travel"])
def test_every_file_that_is_opened_is_remembered(case, tmp_path):
    root = Path(__file__).parents[2]
    source = {"library": root / "tests" / "data" / "recipes" / "library", "travel": root / "examples" / "travel"}[case]
    folder = Path(shutil.copytree(source, tmp_path / case, ignore=shutil.ignore_patterns(".magnetc", "out")))
    OPENED.clear()
    WATCHED.append("")
    try:
        found = check_recipe(folder, Sink(), cached=False)
    finally:
        WATCHED.clear()
    known = {str(fact.path) for fact in found.sink.disk.facts}
    opened = {each for each in OPENED if each.startswith(str(folder)) and Path(each).is_file()}
    assert len(opened) > 3
    assert opened <= known
