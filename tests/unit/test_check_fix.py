"""`magnetc check --fix`: what it changes, what it leaves, what it says."""

from difflib import unified_diff

import pytest
from click.testing import CliRunner
from corpus import BROKEN, CASES, assembled

from magnetc.build.compile import compile_recipe
from magnetc.build.fix import fix_recipe
from magnetc.cli.main import main
from magnetc.diagnostics import Applicability, Sink


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
def test_fixes_of_every_broken_recipe(case, broken, golden):
    """What has a fix is gone once it is made, and what remains was there before; what fixes do to the corpus is on record."""
    sink = Sink()
    compile_recipe(broken / case, sink)
    mended = [each for each in sink.diagnostics if each.fix]
    expected = BROKEN / case / "fixed.diff"
    if not mended:
        assert not expected.exists()
        return
    fixed = fix_recipe(broken / case, unsafe=True)
    golden(expected, diff_of(fixed, case))
    remain = messages(fixed.sink.diagnostics)
    assert not [each for each in fixed.sink.diagnostics if each.fix], "a fix that does not help"
    assert not remain & messages(mended)
    assert remain <= messages(sink.diagnostics) | UNCOVERED.get(case, set())


def test_safe_fixes_of_the_corpus_leave_no_safe_fix(broken):
    """`--fix` alone: made until none is left, and what it was made for is gone."""
    for case in ("forty_mistakes", "dsl_recipe_unknown_key", "several_wrong_shapes"):
        sink = Sink()
        compile_recipe(broken / case, sink)
        safe = [each for each in sink.diagnostics if each.fix and each.fix.applicability is Applicability.SAFE]
        fixed = fix_recipe(broken / case, unsafe=False)
        assert safe
        assert not messages(safe) & messages(fixed.sink.diagnostics)


UNCOVERED = {
    "dsl_escape": {r"MG206: `matching` of `Zip` is not a regular expression: bad escape \q at character 2"},
    "dsl_operation_option": {"MG125: unknown key `p` in `split`"},
    "dsl_unknown_word": {"MG141: expected a whole number, found `two`"},
    "forty_mistakes": {"MG128: item 2 of `emit` cannot be `jsonl`",
                       "MG305: `find_shop.name` has the type `string`, `order.amount` takes `Amount`"},
    "import_of_no_importer": {"MG501: tools from python `tools.py` are not in magnetc.lock"},
    "key_is_a_number": {"MG129: `5` cannot be a name here"},
    "locale_form": {"MG413: there are no frames for the locale `en_US`"},
    "no_recipe_kind": {"MG126: `seed` and `world` are missing in this recipe file"},
    "norway": {"MG413: there are no frames for the locale `no`"},
    "reply_section": {"MG415: `{#goods}` goes through a `Goods`, which is no list"},
    "wrong_emit": {"MG128: item 2 of `emit` cannot be `jsonl`"},
}
"""Errors that stand behind others in a case and show when these are fixed."""


def messages(diagnostics):
    return {f"{each.code}: {each.message}" for each in diagnostics}


def diff_of(fixed, case):
    """As `check --fix --diff` prints it."""
    lines = []
    for name, after in sorted(fixed.after.items()):
        path = f"{case}/{name}"
        lines += unified_diff(fixed.before[name].splitlines(keepends=True), after.splitlines(keepends=True), path, path)
    lines = [line.replace("\r\n", "\n") for line in lines]
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)
