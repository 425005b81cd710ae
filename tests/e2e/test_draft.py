"""Drafting: what a teacher proposes is checked as an author's own words are, and an offline build uses it."""

import shutil

import pytest
from dataset import LIBRARY, magnetc
from running import teacher

from magnetc.teachers.openai import client as client_module

pytestmark = pytest.mark.slow

LINE = "teacher: offline\n"


@pytest.fixture
def recipe(own_home, tmp_path, monkeypatch):
    """The library without phrases for one of its tools."""
    monkeypatch.setattr(client_module, "_growing", lambda state: 0.01)
    folder = shutil.copytree(LIBRARY, tmp_path / "recipe", ignore=shutil.ignore_patterns("out*"))
    path = folder / "turns.yaml"
    text = path.read_text(encoding="utf-8")
    start = text.index("  - chain: [renew_loan]")
    path.write_text(text[:start] + text[text.index("  - chain: [return_book]"):], encoding="utf-8")
    recipe = folder / "recipe.yaml"
    recipe.write_text(recipe.read_text(encoding="utf-8").replace("turns.yaml]", "turns.yaml, 'turns/*.magnet']") + LINE, encoding="utf-8")
    (folder / "turns").mkdir()
    (folder / "turns" / "own.magnet").write_text('domain library\n', encoding="utf-8")
    return folder


def ask(folder, url):
    path = folder / "recipe.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace(LINE, f'teacher: {{openai: {{model: small, endpoint: "{url}"}}}}\n'), encoding="utf-8")


def unask(folder, url):
    path = folder / "recipe.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace(f'teacher: {{openai: {{model: small, endpoint: "{url}"}}}}\n', LINE), encoding="utf-8")


@pytest.mark.parametrize("faults", [0.0, 0.4])
def test_phrases_are_proposed_checked_and_used(recipe, tmp_path, faults):
    before = magnetc("check", recipe)
    assert "renew_loan" in before.output, "a tool without phrases is told"
    with teacher(faults=faults) as server:
        ask(recipe, server.url)
        drafted = magnetc("draft", "turns", recipe, "--enough", "2")
        assert drafted.exit_code == 0, drafted.output
        assert "phrases to" in drafted.stderr
        text = (recipe / "turns" / "draft.magnet").read_text(encoding="utf-8")
        assert "turn renew_loan {" in text
        assert "find_books" not in text, "tools that have enough are left alone"
        again = magnetc("draft", "turns", recipe, "--enough", "2")
        assert "every tool has enough phrases" in again.stderr
        unask(recipe, server.url)
    checked = magnetc("check", recipe)
    assert checked.exit_code == 0, checked.output
    assert "renew_loan" not in checked.output
    assert magnetc("fmt", recipe, "--check").exit_code in (0, 1)
    assert magnetc("build", recipe, "--trust", "--paths", 4, "-o", tmp_path / "out").exit_code == 0


def test_what_cannot_be_used_is_told_and_not_written(recipe):
    with teacher(faults=1.0, only=("invented",)) as server:
        ask(recipe, server.url)
        result = magnetc("draft", "turns", recipe, "--tool", "renew_loan")
    assert result.exit_code == 1
    assert "made_up" in result.stderr
    assert not (recipe / "turns" / "draft.magnet").exists()


def test_the_offline_teacher_drafts_nothing(recipe):
    result = magnetc("draft", "turns", recipe)
    assert result.exit_code == 1
    assert "error[MG515]" in result.output
