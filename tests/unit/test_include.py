"""What `include` names: order, globs, the shipped files, and what lies outside the folder."""

import pytest

from magnetc.diagnostics import Sink
from magnetc.frontend.include import expand_include
from magnetc.source import Origin

AT = Origin("recipe.yaml", "/include")


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "recipe"
    (root / "turns").mkdir(parents=True)
    (tmp_path / "outside.yaml").write_text("kind: types\n")
    for name in ("recipe.yaml", "types.magnet", "notes.md", "turns/b.magnet", "turns/a.yaml", "turns/c.txt"):
        (root / name).write_text("")
    return root


def expand(folder, *patterns):
    sink = Sink()
    names = [file.name for file in expand_include(folder, patterns, AT, sink)]
    return names, [(d.code, d.help) for d in sink.diagnostics]


def test_files_come_in_the_order_of_patterns_and_globs_are_sorted(folder):
    assert expand(folder, "types.magnet", "turns/*") == (["types.magnet", "turns/a.yaml", "turns/b.magnet"], [])


def test_a_file_counts_once_and_a_glob_skips_the_recipe(folder):
    assert expand(folder, "turns/b.magnet", "**/*.magnet", "*.yaml", "turns/*.yaml")[0] == [
        "turns/b.magnet", "types.magnet", "turns/a.yaml"]


def test_shipped_files_need_no_suffix(folder):
    assert expand(folder, "std/types", "std/types.magnet") == (["std/types.magnet"], [])


@pytest.mark.parametrize(("pattern", "code", "advice"), [
    ("typs.magnet", "MG001", "did you mean `types.magnet`?"),
    ("types", "MG001", "did you mean `types.magnet`?"),
    ("turns", "MG001", None),
    ("std/typs", "MG001", "did you mean `std/types`?"),
    ("std", "MG001", None),
    ("std/../types.magnet", "MG005", None),
    ("../outside.yaml", "MG005", None),
    ("/etc/*.yaml", "MG005", None),
    ("turns\\a.yaml", "MG005", None),
    ("tuns/*", "MG006", None),
    ("*.md", "MG006", None),
    ("notes.md", "MG006", None),
    ("recipe.yaml", "MG006", None),
    ("[", "MG006", None),
])
def test_refused(folder, pattern, code, advice):
    names, found = expand(folder, pattern)
    assert names == []
    assert [each for each, _ in found] == [code]
    assert advice is None or advice == found[0][1]


def test_a_link_out_of_the_folder_is_refused_wherever_it_hides(folder):
    (folder / "alias.yaml").symlink_to(folder.parent / "outside.yaml")
    (folder / "aliases").symlink_to(folder.parent)
    for pattern in ("alias.yaml", "alias*.yaml", "aliases/outside.yaml"):
        assert [code for code, _ in expand(folder, pattern)[1]] == ["MG005"]


def test_a_link_inside_the_folder_is_the_file_it_names(folder):
    (folder / "same.magnet").symlink_to(folder / "types.magnet")
    assert expand(folder, "types.magnet", "same.magnet") == (["types.magnet"], [])
