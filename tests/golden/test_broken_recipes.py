"""Broken recipes: each case of the corpus is checked from the command line, and must show what its `expected.txt` holds."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from corpus import BROKEN, CASES, SOUND

import magnetc
from magnetc.build.compile import compile_recipe
from magnetc.cli.main import main
from magnetc.diagnostics import Sink

WITHOUT_PLACE = {"not_utf8", "utf16", "no_root"}
"""Files that cannot be shown, or are not there."""

ROOMS = ("frontend", "passes/conflict.py", "build/compile.py", "build/current_probes.py", "plugins.py", "cli/report.py", "cli/check.py",
         "tools/importers/importer.py")
"""All that `magnetc check` runs and that has diagnostics; `frontend/format` is `magnetc fmt` alone."""

ELSEWHERE = {
    "MG003": "a file over 64 MB",
    "MG009": "a recipe of more than 10,000 files",
    "MG011": "a file that the system refuses to open once it has been found",
    "MG012": "a package with a malformed operation, which a recipe cannot install",
    "MG307": "a finding of the lock that holds for one digest of code and declarations alone (tests/e2e/test_lock_probe.py)",
    "MG502": "importers say it where they contact their source, which a check never does",
    "MG900": "a defect of magnetc itself",
}
"""Codes in those rooms that a check of a small folder does not reach, and why."""


@pytest.mark.parametrize("case", CASES)
def test_what_a_user_sees(case, broken, golden, monkeypatch):
    monkeypatch.chdir(broken)
    result = CliRunner().invoke(main, ["check", case, "-W", "error"])
    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit)
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    assert "[MG" in result.stderr
    assert case in WITHOUT_PLACE or (f"--> {case}/" in result.stderr and " | " in result.stderr and "^" in result.stderr)
    golden(BROKEN / case / "expected.txt", result.stderr)


def test_the_sound_recipe_is_sound():
    sink = Sink()
    assert compile_recipe(SOUND, sink) is not None
    assert sink.diagnostics == []


def test_every_code_of_a_check_is_shown_by_some_case():
    package = Path(magnetc.__file__).parent
    modules = [module for room in ROOMS for module in ([package / room] if room.endswith(".py") else sorted((package / room).rglob("*.py")))
               if "format" not in module.relative_to(package).parts]
    emitted = {code for module in modules for code in re.findall(r'"(MG\d{3})"', module.read_text(encoding="utf-8"))}
    shown = {code for case in CASES
             for code in re.findall(r"^(?:error|warning)\[(MG\d{3})\]", (BROKEN / case / "expected.txt").read_text(encoding="utf-8"), re.MULTILINE)}
    assert emitted - shown == set(ELSEWHERE)


@pytest.mark.parametrize(("case", "least"), [("several_wrong_names", 5), ("several_wrong_shapes", 5), ("two_phases", 4), ("forty_mistakes", 40)])
def test_all_errors_are_shown_in_one_run(case, least):
    """Whatever its phase: errors of syntax and shape do not hide those of names and types."""
    shown = (BROKEN / case / "expected.txt").read_text(encoding="utf-8")
    assert len(re.findall(r"^error\[", shown, re.MULTILINE)) >= least
    assert len(set(re.findall(r"^error\[MG\d{3}\]: (.*)$", shown, re.MULTILINE))) >= least
