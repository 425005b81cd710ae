"""`magnetc check --fix`: what it changes, what it leaves, what it says."""

import json

import pytest
from click.testing import CliRunner
from corpus import BROKEN, CASES, assembled

from magnetc.build.fix import fix_recipe
from magnetc.cli.main import main


@pytest.fixture
def recipe(tmp_path):
    """A copy of a broken recipe, which tests may change."""

    def copy(case):
        return assembled(case, tmp_path)

    return copy


def check(folder, *options):
    return CliRunner().invoke(main, ["check", str(folder), *options])


def test_safe_fixes_are_made_until_the_recipe_is_sound(recipe):
    folder = recipe("unknown_type")
    result = check(folder, "--fix")
    assert result.exit_code == 0, result.stderr
    assert "1 fixed, 0 remain\n" in result.stderr
    assert "type: Goods" in (folder / "tools.yaml").read_text()
    assert check(folder).exit_code == 0


def test_fixes_uncover_others(recipe):
    """The file's kind is misspelt, so that the names in it are checked only once that is fixed."""
    folder = recipe("wrong_kind")
    graph = folder / "graph.yaml"
    graph.write_text(graph.read_text() + "links: [{from: find_shops, to: order}]\n")
    fixed = fix_recipe(folder, unsafe=False)
    assert fixed.count == 2
    assert fixed.sink.diagnostics == []


def test_a_guess_waits_to_be_asked_for(recipe):
    folder = recipe("misspelt_world")
    before = (folder / "recipe.yaml").read_bytes()
    result = check(folder, "--fix")
    assert result.exit_code == 1
    assert "0 fixed, 1 remains; --unsafe-fixes would fix 1 of these" in result.stderr
    assert (folder / "recipe.yaml").read_bytes() == before
    assert "1 fixed, 0 remain" in check(folder, "--fix", "--unsafe-fixes").stderr
    assert '"world:Errands"' in (folder / "recipe.yaml").read_text()


def test_a_diff_changes_nothing(recipe):
    folder = recipe("unknown_type")
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    result = check(folder, "--fix", "--diff")
    assert result.exit_code == 1
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    lines = result.stdout.splitlines()
    assert lines[0] == f"--- {folder.as_posix()}/tools.yaml"
    assert [line for line in lines if line.startswith("-    ")] == ["-    parameters: {goods: {type: Good}}"]
    assert [line for line in lines if line.startswith("+    ")] == ["+    parameters: {goods: {type: Goods}}"]
    assert "1 would be fixed, 0 would remain" in result.stderr


def test_line_ends_and_byte_order_marks_stay(recipe):
    folder = recipe("unknown_type")
    path = folder / "tools.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    before = path.read_bytes()
    assert check(folder, "--fix").exit_code == 0
    assert path.read_bytes() == before.replace(b"type: Good}", b"type: Goods}")


def test_how_to_fix_needs_fix(recipe):
    folder = recipe("unknown_type")
    for option in ("--diff", "--unsafe-fixes"):
        result = check(folder, option)
        assert result.exit_code == 2
        assert "--fix" in result.stderr


def test_a_sound_recipe_has_nothing_to_fix(recipe):
    folder = recipe("unknown_type")
    check(folder, "--fix")
    result = check(folder, "--fix", "--diff")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "0 would be fixed, 0 would remain" in result.stderr


@pytest.mark.parametrize("case", CASES)
def test_fixes_of_every_broken_recipe(case, recipe, golden):
    """Each fix is made, none comes back, and what they do to the corpus is on record."""
    folder = recipe(case)
    before = json.loads(check(folder, "--format", "json").stdout)
    result = check(folder, "--fix", "--unsafe-fixes", "--diff")
    has_fix = any(each["fix"] for each in before)
    assert bool(result.stdout) == has_fix
    expected = BROKEN / case / "fixed.diff"
    if has_fix:
        golden(expected, result.stdout.replace(folder.as_posix(), case))
    else:
        assert not expected.exists()
    again = fix_recipe(folder, unsafe=True)
    assert not [each for each in again.sink.diagnostics if each.fix], "a fix that does not help"
