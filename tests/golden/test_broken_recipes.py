"""Broken recipes: `broken/NAME` is checked from the command line, and must show what its `expected.txt` holds."""

import pytest
from click.testing import CliRunner
from corpus import BROKEN, CASES

from magnetc.cli.main import main

WITHOUT_PLACE = {"not_utf8", "utf16"}
"""Files that cannot be shown."""


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


@pytest.mark.parametrize("case", ["several_wrong_names", "several_wrong_shapes"])
def test_all_errors_of_a_phase_are_shown_at_once(case):
    assert (BROKEN / case / "expected.txt").read_text().count("error[MG") >= 5
