"""Building again: nothing is made that was made before, and nothing stale is taken for it."""

import json
import shutil

import pytest
from dataset import LIBRARY, files, magnetc

from magnetc.engine.units import NAME

pytestmark = pytest.mark.slow


@pytest.fixture
def recipe(own_home, tmp_path, monkeypatch):
    monkeypatch.delenv("MAGNETC_NO_CACHE")
    return shutil.copytree(LIBRARY, tmp_path / "recipe", ignore=shutil.ignore_patterns("out*"))


def build(recipe, out, *options):
    result = magnetc("build", recipe, "--trust", "-o", out, "--json", *options)
    assert result.exit_code == 0, result.output
    return result


def reused(result):
    told = [line for line in result.stderr.splitlines() if "made by an earlier build" in line]
    return int(told[0].partition(" ")[0]) if told else 0


def test_what_is_up_to_date_is_left_alone(recipe, tmp_path):
    first = build(recipe, tmp_path / "out", "--paths", 8)
    written = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*")}
    second = build(recipe, tmp_path / "out", "--paths", 8)
    assert "is up to date" in second.stderr
    assert json.loads(second.stdout) == json.loads(first.stdout)
    assert [line for line in second.stderr.splitlines() if "warning" in line] == [line for line in first.stderr.splitlines() if "warning" in line]
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*")} == written


def test_a_dataset_that_was_touched_is_written_again(recipe, tmp_path):
    build(recipe, tmp_path / "out", "--paths", 8)
    before = files(tmp_path / "out")
    (tmp_path / "out" / "sft" / "train.jsonl").write_text("", encoding="utf-8")
    result = build(recipe, tmp_path / "out", "--paths", 8)
    assert "is up to date" not in result.stderr
    assert reused(result) == 8
    assert files(tmp_path / "out") == before


def test_a_comment_costs_nothing_and_more_paths_cost_those_alone(recipe, tmp_path):
    build(recipe, tmp_path / "out", "--paths", 8)
    path = recipe / "recipe.yaml"
    path.write_text("# About this recipe.\n\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
    assert reused(build(recipe, tmp_path / "commented", "--paths", 8)) == 8
    assert reused(build(recipe, tmp_path / "more", "--paths", 12)) == 8
    anew = build(recipe, tmp_path / "anew", "--paths", 12, "--no-cache")
    assert reused(anew) == 0
    assert files(tmp_path / "anew") == files(tmp_path / "more")


@pytest.mark.parametrize("what", ["seed", "phrase", "code", "data"])
def test_whatever_else_changes_is_made_anew(recipe, tmp_path, what):
    build(recipe, tmp_path / "out", "--paths", 4)
    if what == "code":
        path = recipe / "world.py"
        path.write_text(path.read_text(encoding="utf-8") + "\n# another\n", encoding="utf-8")
    elif what == "data":   # a world may read it
        (recipe / "books.json").write_text("{}", encoding="utf-8")
    elif what == "seed":
        assert reused(build(recipe, tmp_path / "other", "--paths", 4, "--seed", 99)) == 0
        return
    else:
        path = recipe / "turns.yaml"
        text = path.read_text(encoding="utf-8")
        at = text.index("text: \"") + len("text: \"")
        path.write_text(text[:at] + "kindly " + text[at:], encoding="utf-8")
    assert reused(build(recipe, tmp_path / "other", "--paths", 4)) == 0


@pytest.mark.parametrize("damage", [b"", b"no database"])
def test_a_store_that_is_damaged_is_no_store(recipe, tmp_path, damage):
    build(recipe, tmp_path / "out", "--paths", 4)
    before = files(tmp_path / "out")
    (recipe / NAME).write_bytes(damage)
    for extra in ("-wal", "-shm"):
        (recipe / NAME).with_name(NAME.name + extra).unlink(missing_ok=True)
    assert reused(build(recipe, tmp_path / "again", "--paths", 4)) == 0
    assert files(tmp_path / "again") == before


TRAVEL = LIBRARY.parents[3] / "examples" / "travel"
EDITS = {
    "a tool's description": ("tools/money.magnet", "at today's rate", "at the rate of today"),
    "a phrase of one tool": ("turns/bookings.magnet", 'turn cancel_booking {\n  en do  "', 'turn cancel_booking {\n  en do  "please '),
    "what is replied for one tool": ("replies.magnet", "Your phone number is {phone}", "The phone number is {phone}"),
    "how values of one type are pointed at": ("turns/refers.magnet", "the cheapest flight", "the flight with the lowest price"),
}


@pytest.fixture(scope="module")
def travel(tmp_path_factory):
    """The example, built once with a store."""
    folder = tmp_path_factory.mktemp("travel")
    shutil.copytree(TRAVEL, folder / "recipe", ignore=shutil.ignore_patterns("out*", ".magnetc"))
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MAGNETC_NO_CACHE")
        build(folder / "recipe", folder / "out", "--paths", 40)
    return folder / "recipe"


@pytest.mark.parametrize("what", EDITS)
def test_a_change_costs_the_units_that_come_from_it(own_home, travel, tmp_path, monkeypatch, what):
    monkeypatch.delenv("MAGNETC_NO_CACHE")
    recipe = shutil.copytree(travel, tmp_path / "recipe")
    name, old, new = EDITS[what]
    text = (recipe / name).read_text(encoding="utf-8")
    assert old in text
    (recipe / name).write_text(text.replace(old, new, 1), encoding="utf-8")
    planned = json.loads(magnetc("plan", recipe, "--trust", "--paths", 40, "--json").stdout)
    again = build(recipe, tmp_path / "again", "--paths", 40)
    made = 40 - reused(again)
    assert 0 < made < 30
    assert sum(path["made"] for path in planned["paths"]) == made
    (cause,) = planned["causes"]
    assert (cause["change"], cause["units"]) == ("changed", made)
    assert cause["place"].startswith(f"{name}:")
    build(recipe, tmp_path / "anew", "--paths", 40, "--no-cache")
    assert files(tmp_path / "again") == files(tmp_path / "anew")
