"""A recipe's mixture: the kinds of conversation have the shares that it asks for, and what is lacking is told."""

import json
import shutil
from collections import Counter

import pytest
import yaml
from dataset import LIBRARY, files, magnetc, rows, verify

from magnetc.passes.mixture import Kind, kind_of

pytestmark = pytest.mark.slow


def recipe(folder, **changes):
    """The library, where users can be told of each tool that there is none."""
    shutil.copytree(LIBRARY, folder, ignore=shutil.ignore_patterns("out*", ".magnetc"))
    turns = folder / "turns.yaml"
    turns.write_text(turns.read_text().replace("capabilities:\n", "capabilities:\n  - {tool: find_books, phrases: [{locale: en, text: search for books}]}\n"))
    path = folder / "recipe.yaml"
    path.write_text(yaml.safe_dump({**yaml.safe_load(path.read_text()), **changes}, sort_keys=False))
    return folder


def kinds(out):
    whole = [row for row in rows(out, "sft/") if not row["id"].rpartition(".")[2].isdecimal()]
    return Counter(kind_of(row["tags"]["operations"], sum(message["role"] == "user" for message in row["messages"])) for row in whole)


@pytest.fixture(scope="module")
def cached(own_home):
    """Units that were made once are not made again."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MAGNETC_NO_CACHE")
        yield


@pytest.fixture(scope="module")
def mixed(cached, tmp_path_factory):
    """(recipe, dataset, what the build said)."""
    folder = recipe(tmp_path_factory.mktemp("mixture") / "library", mixture={"multi_turn": 20, "single_turn": 14, "abstain": 6}, paths={"loan": 60}, negatives={})
    out = folder.parent / "out"
    return folder, out, magnetc("build", folder, "--trust", "-o", out, "--json")


def test_the_dataset_has_the_shares_and_every_proof_holds(mixed):
    _, out, result = mixed
    assert result.exit_code == 0, result.output
    found = kinds(out)
    told = json.loads(result.stdout)["made"]["mixture"]
    assert {kind: each["times"] for kind, each in told.items()} == {kind: found[kind] for kind in Kind}
    for each in told.values():
        assert abs(each["made"] - each["asked"]) < 0.05
    assert verify(out)["failures"] == []


def test_a_single_turn_stands_alone_and_each_abstention_has_its_twin(mixed):
    ids = {row["id"]: row for row in rows(mixed[1], "sft/")}
    singles = {row["tags"]["base"] for row in ids.values() if sum(message["role"] == "user" for message in row["messages"]) == 1 and not row["tags"]["copy_of"]}
    assert singles
    for row in ids.values():
        base = row["tags"]["copy_of"]
        assert not base or base in ids
        if base in singles:   # what goes on would have several turns
            assert ".no_tool." in row["id"]


def test_report_card_and_summary_say_what_was_asked_and_made(mixed):
    folder, out, _ = mixed
    assert "Mixture, by conversations" in (out / "report.html").read_text()
    assert "| single_turn | 35.0 % |" in (out / "README.md").read_text()
    again = magnetc("build", folder, "--trust", "-o", out)
    assert "is up to date" in again.output
    assert "35.0% asked" in again.output


def test_another_ratio_makes_only_the_units_anew_that_change(cached, tmp_path):
    folder = recipe(tmp_path / "library", mixture={"multi_turn": 20, "single_turn": 14, "abstain": 6}, paths={"loan": 30}, negatives={})
    text = (folder / "recipe.yaml").read_text()
    first = magnetc("build", folder, "--trust", "-o", tmp_path / "out")
    assert first.exit_code == 0, first.output
    before = files(tmp_path / "out")
    (folder / "recipe.yaml").write_text(text.replace("multi_turn: 20", "multi_turn: 24"))
    plan = json.loads(magnetc("plan", folder, "--trust", "--json").stdout)
    assert 0 < plan["paths"][0]["made"] < 15
    assert [cause["name"] for cause in plan["causes"]] == ["the mixture"]
    assert f"{30 - plan['paths'][0]['made']} units were made by an earlier build" in magnetc("build", folder, "--trust", "-o", tmp_path / "out").output
    (folder / "recipe.yaml").write_text(text)
    magnetc("build", folder, "--trust", "-o", tmp_path / "out")
    assert files(tmp_path / "out") == before


def test_what_cannot_be_met_is_a_warning_with_its_reasons(cached, tmp_path):
    folder = recipe(tmp_path / "library", mixture={"single_turn": 1, "abstain": 2}, paths={"loan": 20}, negatives={})
    turns = folder / "turns.yaml"
    spoken = yaml.safe_load(turns.read_text())
    turns.write_text(yaml.safe_dump({key: said for key, said in spoken.items() if key != "capabilities"}, sort_keys=False))
    result = magnetc("build", folder, "--trust", "-o", tmp_path / "out")
    assert result.exit_code == 0, result.output
    assert "warning[MG618]: the mixture asks for 66.7% `abstain`" in result.output
    assert "no_tool.none refused: no turn gives room for it" in result.output
    assert kinds(tmp_path / "out")[Kind.MULTI_TURN] == 0


@pytest.mark.parametrize(("mixture", "said"), [
    ({"abstain": 1}, "the mixture has abstentions alone"),
    ({"multi_turn": 1, "abstain": 4}, "4 abstentions of each other conversation"),
    ({"single_turn": 0}, "each part of the mixture is 0"),
])
def test_a_mixture_that_no_conversations_have_is_an_error(own_home, tmp_path, mixture, said):
    result = magnetc("check", recipe(tmp_path / "library", mixture=mixture))
    assert result.exit_code == 1
    assert "error[MG230]" in result.output
    assert said in result.output
