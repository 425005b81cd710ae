"""`deduplicate` leaves out conversations that say nearly what an earlier one says, with all that is made of them."""

import json
import shutil
import sys

import pytest
import yaml
from dataset import LIBRARY, files, magnetc, rows, verify

from magnetc.build.compile import compile_recipe
from magnetc.build.duplicates import Duplicates
from magnetc.build.unit import Conversation, Unit, UnitResult
from magnetc.diagnostics import Sink

pytestmark = pytest.mark.slow

SINGLE = {"paths": {"loan": 40}, "mixture": {"multi_turn": 1, "single_turn": 3, "abstain": 1}, "negatives": {"mutate": 1.0}}


def build(folder, out, **changes):
    if not folder.exists():
        shutil.copytree(LIBRARY, folder, ignore=shutil.ignore_patterns("out*", ".magnetc"))
    recipe = yaml.safe_load((LIBRARY / "recipe.yaml").read_text())
    (folder / "recipe.yaml").write_text(yaml.safe_dump({**recipe, **SINGLE, **changes}, sort_keys=False))
    result = magnetc("build", folder, "--trust", "-o", out, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout), result.stderr


@pytest.fixture(scope="module")
def built(own_home, tmp_path_factory):
    """(recipe, dataset with all, without near duplicates, what the builds said)."""
    place = tmp_path_factory.mktemp("deduplicate")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MAGNETC_NO_CACHE")
        whole, _ = build(place / "library", place / "all")
        told, said = build(place / "library", place / "out", deduplicate=0.4)
        yield place, whole, told, said


def test_what_is_left_out_is_counted_and_the_rest_stays_as_it_is(built):
    place, whole, told, said = built
    everything, left = ({row["id"]: row for row in rows(place / name)} for name in ("all", "out"))
    removed = told["duplicates"]["removed"]
    assert removed["conversations"] > 2
    assert {name: row for name, row in everything.items() if name in left} == left
    assert told["conversations"] == whole["conversations"] - removed["conversations"] - removed["copies"]
    assert told["duplicates"]["of"] == 40
    assert sum(times for reason, times in told["dropped"].items() if reason.startswith("conversation dropped: it says nearly")) == removed["conversations"]
    assert "40 units were made by an earlier build" in said
    assert verify(place / "out")["failures"] == []


def test_nothing_parts_from_its_base_and_the_first_stays(built):
    place, _, told, _ = built
    everything, left = ({row["id"]: row for row in rows(place / name)} for name in ("all", "out"))
    for name, row in everything.items():
        assert (name in left) == (row["tags"]["base"] in left or any(other.startswith(row["tags"]["base"] + ".") for other in left))
    for example in told["duplicates"]["examples"]:
        later, _, first = example.partition(": ")
        first = first.partition(" ")[0]
        assert first < later
        assert first in left
        assert later not in left


def test_a_copy_whose_base_overlaps_with_a_benchmark_is_compared_with_nothing(built):
    place, *_ = built
    found = list(rows(place / "all", "sft/"))
    copy = next(row for row in found if row["tags"]["copy_of"])
    base = next(row for row in found if row["id"] == copy["tags"]["base"])
    context = compile_recipe(place / "library", Sink())
    assert context is not None
    duplicates = Duplicates(0.01, context.spec)
    whole, left = (UnitResult(Unit("loan", number), conversations=[Conversation(rows=[row], turns=1, called=())]) for number, row in enumerate((base, copy)))
    assert duplicates.without(whole).conversations
    assert duplicates.without(left) is left
    assert (duplicates.compared, duplicates.removed.total()) == (1, 0)


def test_the_pages_say_so(built):
    place, _, told, _ = built
    removed = told["duplicates"]["removed"]["conversations"]
    assert f"Of 40 conversations {removed} were near duplicates" in (place / "out" / "README.md").read_text()
    assert f"<p>{removed} of 40 conversations" in (place / "out" / "report.html").read_text()


def test_equal_conversations_alone_are_left_out_at_1_and_the_same_ones_each_time(built):
    place, _, told, _ = built
    equal, _ = build(place / "library", place / "equal", deduplicate=1)
    assert equal["duplicates"]["removed"]["conversations"] < told["duplicates"]["removed"]["conversations"]
    again, _ = build(place / "again", place / "out again", deduplicate=0.4)
    assert again["duplicates"] == told["duplicates"]
    assert {name: text for name, text in files(place / "out").items() if name.startswith("sft/")} == {
        name: text for name, text in files(place / "out again").items() if name.startswith("sft/")}


def test_without_the_extra_it_says_what_to_install(built, monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "rensa", None)
    result = magnetc("build", built[0] / "library", "--trust", "-o", tmp_path / "out")
    assert result.exit_code == 1
    assert "error[MG710]: `rensa` is not installed" in result.output
    assert "magnetc[decontaminate]" in result.output
