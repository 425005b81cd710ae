"""What a build tells about its recipe: each mistake is found, at its place, and the recipe without it is silent."""

import shutil

import pytest
from dataset import LIBRARY, magnetc

pytestmark = pytest.mark.slow

MISTAKES = {
    "state": ("types.yaml", '"/topics/*"', '"/topic/*"', "MG608", "`/topic/*` matches nothing"),
    "type of state": ("types.yaml", '"/topics/*"', '"/topics"', "MG608", "is no `Topic`: it is not"),
    "profile": ("world.py", "def profile(", "def profil(", "MG608", "has none"),
    "parameter": ("world.py", "def return_book(self, loan_id)", "def return_book(self, loan)", "MG609", "takes no `loan_id`"),
    "result": ("world.py", '"returned": True', '"given": True', "MG612", "`/returned` is missing"),
    "chains": ("turns.yaml", None, None, "MG614", "`split.miss_func` was never applied"),
    "reply": ("turns.yaml", '  - {chain: [opening_hours], phrases: [{locale: en, text: "It is open from {opens} to {closes}."}]}\n', "",
              "MG616", "it has no `reply`"),
    "replay": ("world.py", "_code(self.seed, kind,", "_code(__import__('os').urandom(4), kind,", "MG615", "does not replay"),
    "errors": ("world.py", "lent = {", "raise ValueError('moved')\n        lent = {", "MG615", "not executable: moved"),
}


def build(folder, change):
    shutil.copytree(LIBRARY, folder)
    name, old, new, _, _ = change
    path = folder / name
    text = path.read_text(encoding="utf-8")
    if old is None:
        text = text[:text.index("capabilities:")]
    else:
        assert old in text
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")
    return magnetc("build", folder, "--trust", "-o", folder / "out", "--jobs", "1")


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_build_tells_what_is_wrong(mistake, tmp_path):
    *_, code, words = change = MISTAKES[mistake]
    result = build(tmp_path / "recipe", change)
    assert f"[{code}]" in result.output
    assert words in " ".join(result.output.split())


def test_a_build_without_conversations_fails_and_writes_nothing(tmp_path):
    result = build(tmp_path / "recipe", MISTAKES["errors"])
    assert "error[MG615]" in result.output
    assert result.exit_code == 1
    assert not (tmp_path / "recipe" / "out").exists()


def test_a_sound_recipe_is_told_nothing(tmp_path):
    result = magnetc("build", LIBRARY, "--trust", "-o", tmp_path / "out", "--jobs", "1")
    assert "warning" not in result.output
