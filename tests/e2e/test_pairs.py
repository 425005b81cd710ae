"""Pairs of the travel example: every class, what shows it, and two of one conversation."""

import re
import shutil
from collections import Counter, defaultdict
from pathlib import Path

import pytest
from dataset import failing, forge, magnetc, rows

from magnetc.distill.taxonomy import taxonomy

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def paired(own_home, tmp_path_factory):
    """A build of the travel example with two pairs of each conversation."""
    folder = tmp_path_factory.mktemp("paired")
    copy = shutil.copytree(ROOT / "examples" / "travel", folder / "recipe", ignore=shutil.ignore_patterns(".magnetc", "__pycache__"))
    text, changed = re.subn(r"negatives: \{mutate: [0-9.]+\}", "negatives: {mutate: 2}", (copy / "recipe.yaml").read_text())
    assert changed == 1
    (copy / "recipe.yaml").write_text(text)
    result = magnetc("build", copy, "--trust", "--paths", "120", "-o", folder / "out")
    assert result.exit_code == 0, result.output
    return folder / "out"


def test_every_proof_holds(paired):
    result = magnetc("verify", paired, "--trust")
    assert result.exit_code == 0, result.output


def test_each_class_is_made_and_shown_by_what_it_says(paired):
    kinds = Counter(row["fault"]["kind"] for row in rows(paired, "preference/"))
    assert set(kinds) == set(taxonomy())
    for row in rows(paired, "preference/"):
        assert row["fault"]["shows"] in taxonomy()[row["fault"]["kind"]].proof
    assert {row["fault"]["dependency"] for row in rows(paired, "preference/")} == {"none", "nested", "short", "long"}


def test_two_pairs_of_a_conversation_are_in_other_turns_and_mostly_of_other_classes(paired):
    by_base = defaultdict(list)
    for row in rows(paired, "preference/"):
        by_base[row["id"].rpartition(".pair")[0]].append((row["fault"]["kind"], row["fault"]["turn"]))
    sizes = Counter(map(len, by_base.values()))
    assert set(sizes) == {1, 2}
    assert sizes[2] > sizes[1]
    for faults in by_base.values():
        assert len({turn for _, turn in faults}) == len(faults)
    pairs = [faults for faults in by_base.values() if len(faults) == 2]
    assert sum(one[0] == other[0] for one, other in pairs) < len(pairs) / 4


def test_no_turn_is_spared(paired):
    """Of the turns there are, about as many of each place go wrong."""
    there, wrong = Counter(), Counter()
    for row in rows(paired, "preference/"):
        wrong[row["fault"]["turn"]] += 1
        there.update(range(sum(message["role"] == "user" for message in row["prompt"] + row["chosen"])))
    for turn in (turn for turn, count in there.items() if count > 60):
        assert 0.1 < wrong[turn] / there[turn] < 0.7, turn


def untrained(message):
    return {key: value for key, value in message.items() if key != "weight"}


def test_a_wrong_summary_differs_in_one_value_of_the_reply(paired):
    found = [row for row in rows(paired, "preference/") if row["fault"]["kind"] == "wrong_summary"]
    assert len(found) > 10
    for row in found:
        root = str(len(row["prompt"]))
        right, wrong = (row["certificate"][name][root] for name in ("replies", "rejected_replies"))
        others = [(a, b) for a, b in zip(right, wrong, strict=True) if a["said"] != b["said"]]
        assert others
        assert len({(a["call"], a["at"]) for a, _ in others}) == 1
        assert [untrained(message) for message in row["chosen"][1:]] == [untrained(message) for message in row["rejected"][1:]]
        assert row["chosen"][0]["credit"] == row["rejected"][0]["credit"] == 1
        assert others[0][1]["said"] in row["rejected"][0]["content"]


@pytest.mark.parametrize("change", [{"kind": "wrong_value"}, {"shows": "state"}, {"dependency": "long"}, {"turn": 9}], ids=str)
def test_nothing_else_can_be_said_of_a_wrong_summary(paired, tmp_path, change):
    def other(row):
        if row.get("fault", {}).get("kind") == "wrong_summary":
            yield {**row, "fault": {**row["fault"], **change}}

    ids = forge(paired, tmp_path / "out", other)
    assert ids
    assert all(7 in proofs for proofs in failing(tmp_path / "out").values())
    assert set(failing(tmp_path / "out")) == set(ids)


def test_a_right_reply_is_no_wrong_summary(paired, tmp_path):
    """The rejected reply with the right value in it is no rejected reply, nor is one that differs in more than a value."""
    def other(row):
        if row.get("fault", {}).get("kind") != "wrong_summary":
            return
        root = str(len(row["prompt"]))
        certificate = row["certificate"]
        replies = {**certificate["rejected_replies"], root: certificate["replies"][root]}
        yield {**row, "rejected": [row["chosen"][0], *row["rejected"][1:]], "certificate": {**certificate, "rejected_replies": replies}}
        longer = {**row["rejected"][0], "content": row["rejected"][0]["content"] + " Anything else?"}
        yield {**row, "rejected": [longer, *row["rejected"][1:]], "certificate": dict(certificate)}

    ids = forge(paired, tmp_path / "out", other)
    assert ids
    found = failing(tmp_path / "out")
    assert set(found) == set(ids)
    assert all(7 in proofs for proofs in found.values())
