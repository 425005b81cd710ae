"""What a student does wrong in a dataset's turns, mined: pairs and repairs that are proven as any row is."""

import json
import shutil
from collections import Counter
from copy import deepcopy

import pytest
import yaml
from dataset import LIBRARY, files, forge, magnetc, rows, sides, verify
from running import teacher

from magnetc.emit.rows import is_pair
from magnetc.ir.pointer import scalars


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    """A folder of its own: the journal of what a student said is in the folder that the command runs in."""
    return tmp_path_factory.mktemp("work")


@pytest.fixture(scope="module")
def mined(library, work):
    """(the output, what the command counted, what the server did): by a student that errs in half of its calls."""
    with pytest.MonkeyPatch.context() as patch, teacher(agent=library, mistakes=0.5) as server:
        patch.chdir(work)
        command = ("mine", library, "--model", "student", "--endpoint", server.url, "--trust", "-n", 4, "--json")
        result = magnetc(*command, "-o", work / "mined")
        assert result.exit_code == 0, result.output
        asked = server.stats()["requests"]
        again = magnetc(*command, "-o", work / "again")
        assert again.exit_code == 0, again.output
        assert server.stats()["requests"] == asked, "the journal has what the student said"
        assert files(work / "again") == files(work / "mined")
        few = magnetc(*command, "-o", work / "few", "--pairs", 1, "--only", "--no-repairs", "--conversations", 10)
        assert few.exit_code == 0, few.output
    return work / "mined", json.loads(result.stdout), json.loads(few.stdout)


def new(library, out, name):
    known = {row["id"] for row in rows(library)}
    return [row for row in rows(out, name) if row["id"] not in known]


def test_what_is_found_is_proven_and_stands_behind_what_was_there(library, mined):
    out, told, _ = mined
    before, after = list(rows(library)), list(rows(out))
    assert [row for row in after if row["id"] in {row["id"] for row in before}] == before
    pairs, repairs = new(library, out, "preference/"), new(library, out, "sft/")
    assert len(pairs) == told["pairs"] > 10
    assert len(repairs) == told["repairs"] > 10
    assert verify(out)["failures"] == []
    assert Counter(row["fault"]["kind"] for row in pairs) == told["faults"]
    assert told["rollouts"] == 4 * told["turns"]
    assert told["right"] + sum(told["wrong"].values()) <= told["rollouts"]
    assert len({row["id"] for row in after}) == len(after)
    manifest = yaml.safe_load((out / "manifest.yaml").read_text())
    assert manifest["mined"] == {key: value for key, value in told.items() if key != "out"}
    assert [stage["stage"] for stage in manifest["train"]["stages"]] == ["sft", "mdpo"]
    figures = json.loads((out / "figures.json").read_text())
    assert figures["pairs"] == len(list(rows(out, "preference/")))
    assert figures["files"] == {name: entry["rows"] for name, entry in manifest["files"].items()}


def test_a_pair_is_the_row_s_turn_against_what_the_student_did(library, mined):
    out, _, _ = mined
    conversations = {row["id"]: row for row in rows(library, "sft/")}
    per_conversation, turns = Counter(), set()
    for row in new(library, out, "preference/"):
        assert is_pair(row["id"])
        assert row["fault"]["made"] == "rollout"
        base = row["id"].partition(".pair")[0]
        per_conversation[base] += 1
        turns.add((base, row["fault"]["turn"]))
        whole = conversations[base]["messages"]
        assert [m["content"] for m in row["prompt"] + row["chosen"]] == [m["content"] for m in whole[: len(row["prompt"] + row["chosen"])]]
        assert [m.get("tool_calls") for m in row["chosen"][:1]] != [m.get("tool_calls") for m in row["rejected"][:1]] or row["chosen"] != row["rejected"]
        assert sum(m["role"] == "user" for m in row["chosen"] + row["rejected"]) == 0, "both sides end with the turn"
        assert row["chosen"][0]["credit"] == row["rejected"][0]["credit"] == 1
    assert max(per_conversation.values()) == 2
    assert len(turns) == sum(per_conversation.values()), "each is in a turn of its own"


def test_a_repair_follows_the_wrong_call_and_alone_is_trained(library, mined):
    out, _, _ = mined
    answered = 0
    for row in new(library, out, "sft/"):
        (slip,) = list(row["certificate"]["slips"])
        entry = row["certificate"]["slips"][slip]
        answered += bool(entry.get("answered"))
        at = next(i for i, m in enumerate(row["messages"]) if [c["id"] for c in m.get("tool_calls") or ()] == [slip])
        assert all(not m["weight"] for m in row["messages"][: at + 1] if m["role"] == "assistant")
        repair = row["messages"][at + 2]
        assert repair["weight"] == 1
        assert entry["repair"] in [call["id"] for call in repair["tool_calls"]]
        ids = [call["id"] for m in row["messages"] for call in m.get("tool_calls") or ()]
        assert ids == [f"call_{number}" for number in range(1, len(ids) + 1)]
    assert answered, "a look at the wrong thing is repaired too, not only what the world refuses"


def test_what_was_there_can_be_left_out(library, mined, work):
    _, _, told = mined
    out = work / "few"
    assert verify(out)["failures"] == []
    assert told["conversations"] == 10
    assert {row["fault"]["made"] for row in rows(out, "preference/train")} == {"rollout"}
    assert max(Counter(row["id"].partition(".pair")[0] for row in rows(out, "preference/train")).values()) == 1
    assert list(rows(out, "preference/validation")) == list(rows(library, "preference/validation"))
    assert list(rows(out, "sft/")) == list(rows(library, "sft/"))


def test_a_slip_that_was_answered_says_so(mined, tmp_path):
    out, _, _ = mined

    def lie(row):
        if ".repair" not in row["id"]:
            return
        changed = deepcopy(row)
        for entry in changed["certificate"]["slips"].values():
            if entry.pop("answered", None) is None:
                entry["answered"] = True
        yield changed

    ids = forge(out, tmp_path / "out", lie)
    found = verify(tmp_path / "out")["failures"]
    assert {failure["row"] for failure in found} == set(ids)
    assert {failure["proof"] for failure in found} == {2}
    assert any("it did not err" in failure["message"] for failure in found)


def test_nothing_comes_from_a_slip(mined, tmp_path):
    out, _, _ = mined

    def told(row, call):
        return next(json.loads(m["content"]) for m in row["messages"] if m.get("tool_call_id") == call)

    def lie(row):
        """Words of the wrong look's result in place of the right one's, certified as what they are; and sources in it."""
        for slip, entry in row["certificate"].get("slips", {}).items():
            for index, said in row["certificate"]["replies"].items():
                for number, each in enumerate(said):
                    value = dict(scalars(told(row, slip))).get(each["at"])
                    if each["call"] == entry["repair"] and isinstance(value, str):
                        changed = deepcopy(row)
                        message = changed["messages"][int(index)]
                        message["content"] = message["content"].replace(each["said"], value, 1)
                        changed["certificate"]["replies"][index][number] |= {"said": value, "call": slip}
                        yield changed
            for call, sources in row["certificate"]["arguments"].items():
                for pointer, source in sources.items():
                    if source.get("output") == entry["repair"] and source["at"] in dict(scalars(told(row, slip))):
                        changed = deepcopy(row)
                        changed["certificate"]["arguments"][call][pointer]["output"] = slip
                        yield changed

    ids = forge(out, tmp_path / "out", lambda row: lie(row) if ".repair" in row["id"] else ())
    found = verify(tmp_path / "out")["failures"]
    assert len(ids) > 3
    assert {failure["row"] for failure in found} >= set(ids)
    assert any("which is a slip" in failure["message"] for failure in found)


@pytest.mark.parametrize(("change", "code"), [("rows", "MG626"), ("missing", "MG620"), ("train", "MG626")])
def test_what_cannot_be_mined(library, work, tmp_path, change, code, monkeypatch):
    monkeypatch.chdir(tmp_path)
    out = tmp_path / "out"
    if change != "missing":
        shutil.copytree(library, out)
    if change == "rows":
        path = out / "sft/train.jsonl"
        path.write_text(path.read_text().replace("a", "b", 1))
    if change == "train":
        manifest = yaml.safe_load((out / "manifest.yaml").read_text())
        del manifest["files"]["sft/train.jsonl"]
        (out / "manifest.yaml").write_text(yaml.safe_dump(manifest))
        (out / "sft/train.jsonl").unlink()
    result = magnetc("mine", out, "-o", tmp_path / "mined", "--model", "student", "--endpoint", "http://127.0.0.1:9/v1", "--trust")
    assert result.exit_code == 1
    assert code in result.output
    assert not (tmp_path / "mined").exists()


@pytest.fixture(scope="module")
def judged(library, work):
    """(the output, what the command counted): with a teacher that is asked about words."""
    with pytest.MonkeyPatch.context() as patch, teacher(agent=library, mistakes=0.5) as server, teacher(faults=0.2) as judge:
        patch.chdir(work)
        folder = shutil.copytree(LIBRARY, work / "judging", ignore=shutil.ignore_patterns("out*", ".magnetc"))
        with (folder / "recipe.yaml").open("a") as file:
            file.write(f'teacher: {{openai: {{model: judge, endpoint: "{judge.url}"}}}}\n')
        result = magnetc("mine", library, "--model", "student", "--endpoint", server.url, "--trust", "-n", 2, "--only", "--judge", folder, "--json",
                         "-o", work / "judged", "--pairs", 4)
        assert result.exit_code == 0, result.output
        assert "judge_turn:" in result.output
    return work / "judged", json.loads(result.stdout)


def test_words_that_execution_says_nothing_of_are_judged(library, judged):
    out, told = judged
    found = [row for row in rows(out, "preference/train") if row["fault"]["kind"] == "wrong_words"]
    assert len(found) == told["faults"]["wrong_words"] > 3
    assert told["judged"] >= len(found)
    for row in found:
        assert row["fault"]["shows"] == "judged"
        assert row["certificate"]["judged"] == {"model": "judge", "votes": 3, "wrong": 3}
        assert [m["role"] for m in row["chosen"] + row["rejected"]] == ["assistant", "assistant"]
        assert "4711" in row["rejected"][0]["content"]
    assert verify(out)["failures"] == []


def test_a_judge_s_word_is_no_other_proof(judged, tmp_path):
    out, _ = judged

    def lie(row):
        if "judged" in row.get("certificate", {}):
            for change in ({"votes": 3, "wrong": 1, "model": "judge"}, {"votes": 3, "wrong": 4, "model": "judge"}, {"votes": 3, "wrong": 3}, None):
                yield {**deepcopy(row), "certificate": {**deepcopy(row["certificate"]), "judged": change}}
            for fault in ({"shows": "state"}, {"kind": "stopped_early"}, {"shows": "policy"}):
                yield {**deepcopy(row), "fault": {**row["fault"], **fault}}
            same = deepcopy(row)
            same["rejected"][0]["content"] = same["chosen"][0]["content"]
            yield same
        elif "fault" in row:
            yield {**deepcopy(row), "fault": {**row["fault"], "kind": "wrong_words", "shows": "judged"},
                   "certificate": {**deepcopy(row["certificate"]), "judged": {"model": "judge", "votes": 1, "wrong": 1}}}

    ids = forge(out, tmp_path / "out", lie)
    found = verify(tmp_path / "out")["failures"]
    assert {failure["row"] for failure in found} == set(ids)


def test_who_cannot_judge(library, work, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    command = ("mine", library, "-o", tmp_path / "mined", "--model", "student", "--endpoint", "http://127.0.0.1:9/v1", "--trust", "--judge")
    result = magnetc(*command, LIBRARY)
    assert result.exit_code == 1
    assert "MG519" in result.output
    result = magnetc(*command, tmp_path / "nowhere")
    assert result.exit_code == 1
    assert not (tmp_path / "mined").exists()


def test_options_that_make_no_sense(library):
    for options, said in ((("--template", "["), "no JSON object"), (("--samples", "0"), "0 is not in the range"), ((), "Missing option '--model'")):
        command = ("mine", library, "-o", "x", *(("--model", "m") if options else ()), *options)
        result = magnetc(*command)
        assert result.exit_code == 2
        assert said in result.output


def test_sides_of_mined_pairs_are_conversations(mined):
    out, _, _ = mined
    assert all(side[-1]["role"] == "assistant" for row in rows(out, "preference/") for side in sides(row))


def test_mined_again_it_has_rows_of_its_own(mined, work):
    """Another student on the mined dataset, and the same one once more: no id and no row comes twice."""
    out, _, _ = mined
    before = {row["id"] for row in rows(out)}
    with pytest.MonkeyPatch.context() as patch, teacher(agent=out, mistakes=0.9) as server:
        patch.chdir(work)
        for name in ("other", "same"):
            command = ("mine", work / "other" if name == "same" else out, "--model", "other", "--endpoint", server.url, "--trust", "-n", 2)
            result = magnetc(*command, "-o", work / name)
            assert result.exit_code == 0, result.output
    found = list(rows(work / "other"))
    assert len(found) > len(before)
    assert len({row["id"] for row in found}) == len(found)
    again = list(rows(work / "same"))
    assert len({row["id"] for row in again}) == len(again)
    said = [json.dumps([row["tools"], *(row.get(part) for part in ("messages", "prompt", "chosen", "rejected"))]) for row in again]
    assert len(set(said)) == len(said)
    assert verify(work / "same")["failures"] == []
