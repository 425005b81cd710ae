"""Positives by a teacher that acts: what it does is what the script does, and what it thinks names nothing that stands nowhere."""

import json
import re
import shutil
from collections import Counter
from copy import deepcopy

import pytest
from dataset import LIBRARY, failing, files, forge, magnetc, rows, verify
from running import teacher

from magnetc.teachers.reasoned import KEY, problems

pytestmark = pytest.mark.slow

PATHS = 5


def recipe(folder, url, positives, operations="", **changes):
    shutil.copytree(LIBRARY, folder, ignore=shutil.ignore_patterns(".magnetc", "__pycache__"), dirs_exist_ok=True)
    text = (LIBRARY / "recipe.yaml").read_text() + (f'teacher: {{openai: {{model: small, endpoint: "{url}"}}}}\n{positives}\n' if url else "")
    for old, new in changes.items():
        text, count = re.subn(rf"^{old}: .*$", f"{old}: {new}", text, flags=re.MULTILINE)
        assert count == 1
    (folder / "recipe.yaml").write_text(text)
    if operations:
        (folder / "operations.yaml").write_text(f"kind: operations\noperations: {operations}\n")
    return folder


def built(work, library, positives="positives: {act: {reasoning: true}}", operations="", **server):
    with teacher(rows=library / "sft", **server) as running:
        folder = recipe(work / "recipe", running.url, positives, operations)
        result = magnetc("build", folder, "--trust", "--paths", PATHS, "-o", work / "out", "--json")
    assert result.exit_code == 0, result.output
    return work / "out", json.loads(result.stdout)


@pytest.fixture(scope="module")
def acted(library, tmp_path_factory):
    return built(tmp_path_factory.mktemp("acted"), library)


def thoughts(out):
    return [message[KEY] for row in rows(out, "sft/") for message in row["messages"] if KEY in message]


def bare(out):
    """Rows without what was thought: the files of a dataset that nobody thinks in."""
    return [[{key: value for key, value in message.items() if key != KEY} for message in row["messages"]] for row in rows(out, "sft/")]


def test_what_the_teacher_does_is_proven_and_it_thinks_before_each_message(acted):
    out, figures = acted
    assert figures["teacher"]["act"]["used"] > 15
    assert not figures["teacher"]["act"].get("refused")
    assert "reply" not in figures["teacher"] or figures["teacher"]["reply"]["used"]   # pairs ask it for the rejected side's words
    for row in rows(out, "sft/"):
        slips = row["certificate"].get("slips", {})
        for message in row["messages"]:
            slipped = any(call["id"] in slips for call in message.get("tool_calls", ()))
            assert KEY not in message if message["role"] != "assistant" or slipped else True
    assert len(thoughts(out)) > 15
    assert not [text for text in thoughts(out) if re.search("hint", text, re.IGNORECASE)]
    assert verify(out)["failures"] == []


def test_pairs_have_no_thoughts(acted):
    pairs = list(rows(acted[0], "preference/"))
    assert len(pairs) > 2
    assert not [1 for row in pairs for part in ("prompt", "chosen", "rejected") for message in row[part] if KEY in message]


@pytest.mark.slow
def test_without_reasoning_the_rows_are_the_same_without_it(acted, library, tmp_path):
    out, _ = built(tmp_path, library, "positives: {act: {}}")
    assert thoughts(out) == []
    assert bare(out) == bare(acted[0])


@pytest.mark.slow
def test_one_call_at_a_time_is_its_own_way(library, tmp_path, acted):
    out, figures = built(tmp_path, library, actor="stepwise")
    most = Counter(len(message.get("tool_calls", ())) for row in rows(out, "sft/") for message in row["messages"])
    assert max(most) == 1
    assert verify(out)["failures"] == []
    assert figures["conversations"] == acted[1]["conversations"]


def test_a_look_that_was_not_needed_is_no_fault_and_no_part_of_the_row(library, tmp_path, acted):
    (tmp_path / "stepwise").mkdir()
    out, figures = built(tmp_path, library, actor="looking")
    assert bare(out) == bare(built(tmp_path / "stepwise", library, actor="stepwise")[0])
    assert figures["dropped"]["act: a look that was not needed, left out with the turn's thoughts"] > 1
    assert not figures["teacher"]["act"].get("refused")
    assert 0 < len(thoughts(out)) < len(thoughts(acted[0]))
    assert verify(out)["failures"] == []


def test_calls_may_come_in_another_order_that_comes_to_the_same(tmp_path):
    """Of two things that are asked for at once, the second first."""
    both = "[{merge: {p: 1.0}}, {insert: {short: 1.0, long: 0}}]"
    plain = magnetc("build", recipe(tmp_path / "plain", "", "", both), "--trust", "--paths", PATHS, "-o", tmp_path / "reference")
    assert plain.exit_code == 0, plain.output
    out, figures = built(tmp_path, tmp_path / "reference", operations=both, actor="backwards")
    assert not figures["teacher"]["act"].get("refused")
    theirs, ours = ([order(row) for row in rows(folder, "sft/")] for folder in (tmp_path / "reference", out))
    assert theirs != ours
    assert sorted(map(sorted, theirs)) == sorted(map(sorted, ours))
    assert verify(out)["failures"] == []


def order(row):
    return [(call["function"]["name"], call["function"]["arguments"]) for message in row["messages"] for call in message.get("tool_calls", ())]


def test_who_speaks_of_the_hint_is_asked_again(library, tmp_path, acted):
    out, figures = built(tmp_path, library, actor="leaking")
    assert figures["teacher"]["act"]["refused"] == figures["teacher"]["act"]["used"]
    assert bare(out) == bare(acted[0])
    assert not [text for text in thoughts(out) if "hint" in text]


@pytest.mark.parametrize("actor", [pytest.param("wrong", marks=pytest.mark.slow), "inventing"])
def test_who_does_other_things_costs_no_conversation(actor, library, tmp_path, acted):
    """Where the teacher is of no use, the script's form is kept, and the reasons are counted."""
    out, figures = built(tmp_path, library, actor=actor)
    assert not [1 for row in rows(out, "sft/") for message in row["messages"] if KEY in message and (actor == "inventing" or "tool_calls" in message)]
    assert figures["conversations"] == acted[1]["conversations"]
    reasons = {reason: count for reason, count in figures["dropped"].items() if reason.startswith("act left out: act: ")}
    assert sum(reasons.values()) > 4, figures["dropped"]
    assert verify(out)["failures"] == []


@pytest.mark.parametrize("text", ["The hint says so.", "It costs 987654.", "They said `nowhere`.", "", 7], ids=str)
def test_a_thought_that_stands_on_nothing_fails(acted, tmp_path, text):
    def other(row):
        trained = [index for index, message in enumerate(row.get("messages", ())) if message.get("weight") and KEY in message]
        if trained:
            copy = deepcopy(row)
            copy["messages"][trained[0]][KEY] = text
            yield copy

    ids = forge(acted[0], tmp_path / "out", other)
    found = failing(tmp_path / "out")
    assert ids
    assert set(found) == set(ids)
    assert all(3 in proofs for proofs in found.values())


@pytest.mark.parametrize("part", ["prompt", "chosen", "rejected"])
def test_a_thought_in_a_pair_fails(acted, tmp_path, part):
    """Only one side could have it, and nothing holds that of the other against what was seen."""
    def other(row):
        if "rejected" in row:
            index = max(index for index, message in enumerate(row[part]) if message["role"] == "assistant") if part != "prompt" else 0
            copy = deepcopy(row)
            copy[part][index][KEY] = "All is there that I need."
            yield copy

    ids = forge(acted[0], tmp_path / "out", other)
    assert ids
    assert set(failing(tmp_path / "out")) == set(ids)


def test_exports_keep_thoughts_where_they_can(acted, tmp_path):
    forms = ("trl-objects", "sharegpt", "openai")
    result = magnetc("export", acted[0], *(part for form in forms for part in ("--to", form)), "-o", tmp_path / "shared")
    assert result.exit_code == 0, result.output
    kept = {form: any(KEY.encode() in text for text in files(tmp_path / "shared" / form).values()) for form in forms}
    assert kept == {"trl-objects": True, "sharegpt": False, "openai": False}


def test_parquet_has_a_column_for_thoughts_where_there_are_some(acted, library, tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    for out, there in ((acted[0], True), (library, False)):
        assert magnetc("export", out, "--to", "parquet", "-o", tmp_path / str(there)).exit_code == 0
        columns = str(parquet.read_schema(tmp_path / str(there) / "sft" / "train.parquet").field("messages").type)
        assert (KEY in columns) == there


@pytest.mark.parametrize(("text", "seen", "count"), [
    ("They leave on March 3.", ["on 2026-03-03"], 0), ("They leave on March 4.", ["on 2026-03-03"], 1), ("It is K5TPDR.", ["K5TPDR"], 0), ("It is K5TPDX.", ["K5TPDR"], 1),
    ("They say \"Vienna\".", ["to vienna"], 0), ("They say \"Venice\".", ["to vienna"], 1), ("The reference calls do.", ["x"], 1), ("As I was told to.", ["x"], 1)])
def test_thoughts_are_held_against_what_stands_there(text, seen, count):
    assert len(list(problems(text, seen))) == count
