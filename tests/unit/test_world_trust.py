"""Trust hangs on the content of the code, not on its place."""

import shutil
from dataclasses import replace

import pytest

from magnetc.diagnostics import MagnetError
from magnetc.ir.spec import WorldSpec
from magnetc.source import Origin
from magnetc.tools.trust import code_digest, code_files, is_trusted, require_trust, store, trust

SPEC = WorldSpec(python="world:World", now="2026-03-02T09:00:00Z", origin=Origin("recipe.yaml", "/world"))


@pytest.fixture
def recipe(tmp_path, monkeypatch):
    monkeypatch.setenv("MAGNETC_CONFIG", str(tmp_path / "config"))
    folder = tmp_path / "recipe"
    (folder / "lib").mkdir(parents=True)
    (folder / "recipe.yaml").write_text("kind: recipe\n")
    (folder / "world.py").write_text("class World: ...\n")
    (folder / "lib" / "prices.py").write_text("PRICES = {}\n")
    return folder


def test_trust_is_needed_once_and_follows_a_copy(recipe, tmp_path):
    with pytest.raises(MagnetError) as caught:
        require_trust(recipe, SPEC, allow=False)
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == "MG606"
    assert diagnostic.notes == ("`lib/prices.py`", "`world.py`")
    assert f"`magnetc trust {recipe}`" in diagnostic.help
    require_trust(recipe, SPEC, allow=True)
    assert not store().exists()
    trust(code_digest(recipe, SPEC), recipe)
    require_trust(recipe, SPEC, allow=False)
    copy = shutil.copytree(recipe, tmp_path / "elsewhere")
    require_trust(copy, SPEC, allow=False)


def test_every_change_of_what_would_run_needs_trust_again(recipe, tmp_path):
    digests = {code_digest(recipe, SPEC)}
    (recipe / "recipe.yaml").write_text("kind: recipe\nname: other\n")
    assert code_digest(recipe, SPEC) in digests
    digests.add(code_digest(recipe, replace(SPEC, packages=("a==1",))))
    digests.add(code_digest(recipe, replace(SPEC, python="lib.prices:PRICES")))
    (recipe / "lib" / "prices.py").write_text("PRICES = {1: 2}\n")
    digests.add(code_digest(recipe, SPEC))
    (recipe / "lib" / "prices.py").rename(recipe / "prices.py")
    digests.add(code_digest(recipe, SPEC))
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "more.py").write_text("")
    (recipe / "linked").symlink_to(outside)
    digests.add(code_digest(recipe, SPEC))
    assert len(digests) == 6
    assert [path.as_posix() for path in code_files(recipe)] == ["linked/more.py", "prices.py", "world.py"]


def test_built_datasets_caches_and_hidden_folders_do_not_count(recipe):
    before = code_digest(recipe, SPEC)
    for place in ("out/recipe", "__pycache__", ".venv/lib"):
        (recipe / place).mkdir(parents=True)
        (recipe / place / "world.py").write_text("class World: ...\n")
    (recipe / "out" / "manifest.yaml").write_text("")
    (recipe / "again").symlink_to(recipe)
    assert code_digest(recipe, SPEC) == before
    assert len(code_files(recipe / "out" / "recipe")) == 1


def test_the_store_keeps_what_it_has_and_survives_damage(recipe):
    trust("a" * 32, recipe)
    trust("b" * 32, recipe)
    assert is_trusted("a" * 32)
    assert is_trusted("b" * 32)
    assert [path.name for path in store().parent.iterdir()] == ["trust.json"]
    store().write_text("[")
    assert not is_trusted("a" * 32)
    trust("c" * 32, recipe)
    assert is_trusted("c" * 32)
