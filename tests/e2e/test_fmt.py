"""`magnetc fmt` as a user runs it: in place, checking, diffing, from stdin, and into the other syntax."""

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner
from dataset import LIBRARY, magnetc

from magnetc.cli.main import main
from magnetc.diagnostics import Sink
from magnetc.frontend import load
from magnetc.tools.importers import IMPORTERS

ROOT = Path(__file__).parents[2]
RECIPES = [ROOT / "examples" / "travel", ROOT / "specs" / "bfcl", ROOT / "specs" / "bfcl_tools", LIBRARY, LIBRARY.parent / "counter"]
MESSY = "# one\nkind:   types\n\n\ntypes:\n    Miles:   {base: number , unit: 'mi'}   # two\n"
TIDY = '# one\nkind: types\n\ntypes:\n  Miles: {base: number, unit: "mi"}   # two\n'


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "types.yaml"
    path.write_text(MESSY)
    return path


def spec_of(folder):
    sink = Sink()
    spec = load(folder, sink, IMPORTERS)
    assert spec, [each.message for each in sink.diagnostics]
    return spec


def test_a_file_is_written_in_place_once(file):
    first = magnetc("fmt", file)
    assert (first.exit_code, first.stdout) == (0, f"reformatted {file}\n")
    assert file.read_text() == TIDY
    again = magnetc("fmt", file)
    assert (again.exit_code, again.stdout, again.stderr) == (0, "", "1 file left unchanged\n")


def test_check_and_diff_write_nothing_and_fail(file):
    check, diff = magnetc("fmt", file, "--check"), magnetc("fmt", file, "--diff")
    assert (check.exit_code, check.stdout) == (1, f"would reformat {file}\n")
    assert diff.exit_code == 1
    assert "-    Miles:   {base: number , unit: 'mi'}   # two\n+  Miles: {base: number, unit: \"mi\"}   # two\n" in diff.stdout
    assert file.read_text() == MESSY
    file.write_text(TIDY)
    assert magnetc("fmt", file, "--check").exit_code == 0


def test_stdin_goes_to_stdout():
    result = CliRunner().invoke(main, ["fmt", "-", "--stdin-name", "a.yaml"], input=MESSY)
    assert (result.exit_code, result.stdout) == (0, TIDY)
    result = CliRunner().invoke(main, ["fmt", "-"], input="type  A=string\n")
    assert (result.exit_code, result.stdout) == (0, "type A = string\n")


def test_a_file_with_an_error_stays_and_the_others_are_formatted(tmp_path, file):
    broken = tmp_path / "broken.magnet"
    broken.write_text("type  A = \n")
    result = magnetc("fmt", tmp_path)
    assert result.exit_code == 1
    assert "error[MG141]" in result.stderr
    assert result.stderr.endswith("1 file reformatted, 1 file could not be formatted\n")
    assert broken.read_text() == "type  A = \n"
    assert file.read_text() == TIDY


def test_what_is_not_a_recipes_file_is_passed_over_in_a_folder_and_refused_by_name(tmp_path):
    for name in ("other.yaml", "notes.txt", ".hidden/types.yaml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("a:   1\n")
    assert magnetc("fmt", tmp_path).stderr == "no files of a recipe found\n"
    for name, code in (("notes.txt", "MG006"), ("nowhere", "MG001")):
        result = magnetc("fmt", tmp_path / name)
        assert result.exit_code == 1
        assert code in result.stderr


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda path: path.name)
def test_a_recipe_has_the_same_spec_in_either_syntax(recipe, tmp_path):
    folder = Path(shutil.copytree(recipe, tmp_path / "recipe"))
    spec = spec_of(recipe)
    for syntax, suffix in (("yaml", ".magnet"), ("dsl", ".yaml"), ("yaml", ".magnet")):
        result = magnetc("fmt", folder, "--to", syntax)
        assert result.exit_code == 0, result.output
        assert list(folder.rglob(f"*{suffix}")) == []
        assert spec_of(folder) == spec
        assert magnetc("fmt", folder, "--check").exit_code == 0


def test_one_file_of_a_glob_is_included_by_its_new_name(tmp_path):
    folder = Path(shutil.copytree(ROOT / "examples" / "travel", tmp_path / "recipe"))
    result = magnetc("fmt", folder / "tools" / "maps.magnet", "--to", "yaml")
    assert result.exit_code == 0
    assert "tools/hotels.magnet, tools/maps.yaml, tools/messages.magnet" in (folder / "recipe.yaml").read_text()
    assert spec_of(folder) == spec_of(ROOT / "examples" / "travel")


def test_nothing_is_converted_where_one_file_cannot_be(tmp_path):
    folder = Path(shutil.copytree(LIBRARY, tmp_path / "recipe"))
    tools = (folder / "tools.yaml").read_text()
    (folder / "tools.yaml").write_text(tools + "    category: \"a`b\"\n")
    before = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    result = magnetc("fmt", folder, "--to", "dsl")
    assert result.exit_code == 1
    assert "error[MG160]" in result.stderr
    assert {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()} == before


def test_a_file_in_the_way_is_not_written_over(tmp_path):
    folder = Path(shutil.copytree(LIBRARY, tmp_path / "recipe"))
    (folder / "types.magnet").write_text("# mine\n")
    result = magnetc("fmt", folder, "--to", "dsl", "--check")
    assert result.exit_code == 1
    assert "error[MG010]" in result.stderr
    assert (folder / "types.magnet").read_text() == "# mine\n"
