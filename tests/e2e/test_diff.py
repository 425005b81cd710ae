"""What is other between two recipes and two datasets, in the words of the domain."""

import json
import shutil

import pytest
import yaml
from dataset import LIBRARY, magnetc


@pytest.fixture
def other(own_home, tmp_path):
    return shutil.copytree(LIBRARY, tmp_path / "other", ignore=shutil.ignore_patterns("out*"))


def edit(recipe, name, change):
    path = recipe / name
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    change(document)
    path.write_text(yaml.safe_dump(document, sort_keys=False, allow_unicode=True), encoding="utf-8")


def told(*options):
    return magnetc("diff", *options).stdout.splitlines()


def test_comments_and_layout_are_no_difference(other):
    path = other / "turns.yaml"
    path.write_text("# a comment\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
    assert told(LIBRARY, other) == ["the recipes are the same"]
    assert magnetc("diff", LIBRARY, other, "--exit-code").exit_code == 0


def test_each_kind_of_thing_is_told_as_what_it_is(other):
    edit(other, "tools.yaml", lambda document: document["tools"]["find_books"].update(description="Something else."))
    edit(other, "turns.yaml", lambda document: document["turns"][0]["phrases"].pop())
    edit(other, "recipe.yaml", lambda document: document.update(seed=12, paths={"loan": 30}))
    lines = told(LIBRARY, other)
    assert "~ recipe `seed`: 11 to 12" in lines
    assert "~ tool `find_books`: description: Books on a topic that are on the shelf. to Something else." in lines
    assert "~ turn `find_books`: 1 phrase removed" in lines
    back = told(other, LIBRARY)
    assert "~ turn `find_books`: 1 phrase added" in back
    assert magnetc("diff", LIBRARY, other, "--exit-code").exit_code == 1


def test_rows_of_two_datasets_are_compared(library, other, tmp_path):
    assert magnetc("build", other, "--trust", "--paths", 22, "-o", tmp_path / "more").exit_code == 0
    found = json.loads(magnetc("diff", library, tmp_path / "more", "--json").stdout)
    rows = {each["rows"]: each for each in found["rows"]}
    assert rows["sft loan"]["changed"] == 0
    assert rows["sft loan"]["only_first"] == 0
    assert rows["sft loan"]["same"] >= 20
    assert rows["sft loan"]["only_second"] >= 2
    assert found["recipe"] == []


def test_a_folder_that_is_none_of_both_says_so(tmp_path):
    result = magnetc("diff", tmp_path, LIBRARY)
    assert result.exit_code == 1
    assert "error[MG" in result.output
