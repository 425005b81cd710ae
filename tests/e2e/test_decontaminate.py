"""Decontamination: what overlaps with a benchmark is not in the dataset, the build says so, and verification finds what is put back."""

import json
import shutil
import sys
from copy import deepcopy
from pathlib import Path

import pytest
import yaml
from dataset import LIBRARY, Row, failing, files, forge, magnetc, rows, verify
from hosted import hosted
from running import teacher

pytest.importorskip("rensa")

TASK = "Is the moon over the mountains full tonight, or does it only look so because of all the snow up there?"


def recipe(folder: Path, decontaminate: str, **benchmarks: str) -> Path:
    """A copy of the library recipe that says so, with files of questions beside it."""
    shutil.copytree(LIBRARY, folder)
    with (folder / "recipe.yaml").open("a", encoding="utf-8") as file:
        file.write(f"decontaminate: {decontaminate}\n")
    for name, text in benchmarks.items():
        (folder / f"{name}.jsonl").write_text(text, encoding="utf-8")
    return folder


def whole(out: Path) -> dict[str, Row]:
    """Conversations that no copy is made of, by id."""
    return {row["id"]: row for row in rows(out, "sft/") if not row["tags"]["copy_of"] and row["id"].endswith(tuple("0123456789"))}


def said(row: Row) -> list[str]:
    return [message["content"] for message in row["messages"] if message["role"] == "user"]


def calls(row: Row) -> list[dict]:
    return [{"role": "assistant", "tool_calls": message["tool_calls"]} for message in row["messages"] if message.get("tool_calls")]


@pytest.fixture(scope="module")
def planted(library, tmp_path_factory):
    """Built against a task of each kind, taken from conversations of the library: the recipe, the output, what was said and the ids."""
    place = tmp_path_factory.mktemp("planted")
    found = list(whole(library).values())
    near = next(row for row in found if len(said(row)[-1].split()) >= 15)
    called = next(row for row in found if len(calls(row)) >= 3 and row is not near)
    begun = next(row for row in found if row not in (near, called) and calls(row))
    state = json.loads((library / "states" / f"{begun['certificate']['world']['initial']}.json").read_text(encoding="utf-8"))
    tasks = [
        {"id": "near", "messages": [{"role": "user", "content": said(near)[-1].upper() + " Quickly, please!"}]},
        {"id": "called", "messages": [{"role": "user", "content": "Something else."}, *calls(called)]},
        {"id": "begun", "messages": [{"role": "user", "content": "Another thing."}, *calls(begun)], "initial_state": state},
        {"id": "distant", "goal": TASK},
    ]
    folder = recipe(place / "library", "{against: [mine.jsonl, other.jsonl], most: 1}", mine="".join(json.dumps(task) + "\n" for task in tasks),
                    other=json.dumps({"question": TASK}))
    result = magnetc("build", folder, "--trust", "-o", place / "out")
    return folder, place / "out", result, (near["id"], called["id"], begun["id"])


def test_each_kind_of_overlap_is_left_out_and_nothing_else(library, planted):
    _, out, result, ids = planted
    assert result.exit_code == 3
    assert "error[MG632]" in result.stderr
    before, after = ({row["id"]: row for row in rows(each)} for each in (library, out))
    assert after.items() <= before.items(), "what is kept is as it was"
    gone = before.keys() - after.keys()
    assert set(ids) <= gone
    figures = json.loads((out / "figures.json").read_text(encoding="utf-8"))["contamination"]
    assert figures["removed"] == {"rows": sum("messages" in before[each] for each in gone), "pairs": sum("chosen" in before[each] for each in gone), "of": len(before)}
    mine, other = figures["against"]
    assert set(mine["overlaps"]) == {"words", "calls", "state"}
    assert (mine["tasks"], other["overlaps"]) == (4, {})


def test_everything_tells_what_was_found(planted):
    _, out, result, ids = planted
    manifest = yaml.safe_load((out / "manifest.yaml").read_text(encoding="utf-8"))
    removed = manifest["contamination"]["removed"]["rows"] + manifest["contamination"]["removed"]["pairs"]
    assert manifest["gates"] == {"status": "missed", "decontaminate": {"asked": 1.0, "reached": removed}}
    assert "contamination.json" in manifest["others"]
    assert f"error[MG632]: {removed} of " in result.stderr
    assert "the recipe allows 1" in result.stderr
    assert f"{ids[0]}: the user's turn" in result.stderr or "has the words of `near` in `mine.jsonl`" in result.stderr
    dropped = json.loads((out / "figures.json").read_text(encoding="utf-8"))["dropped"]
    reasons = {reason for reason in dropped if "proof 8 (clean)" in reason}
    assert any(reason.startswith("conversation dropped: ") and reason.endswith("a user's words of `mine.jsonl`") for reason in reasons)
    assert any(reason.startswith("pair dropped: ") for reason in reasons)
    assert "| `mine.jsonl` | " in (out / "README.md").read_text(encoding="utf-8")
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "Overlap with benchmarks" in page
    assert "mine.jsonl" in page


def test_the_output_holds_no_benchmark(planted):
    _, out, _, _ = planted
    assert not any(b"moon over" in content for content in files(out).values())
    assert not any(name.startswith("recipe/") and name.endswith(".jsonl") for name in files(out))


def test_what_is_left_is_proven_from_the_output_alone(planted, tmp_path):
    _, out, _, _ = planted
    moved = shutil.copytree(out, tmp_path / "elsewhere")
    assert verify(moved)["failures"] == []


def test_a_row_that_is_changed_to_a_task_fails(planted, tmp_path):
    _, out, _, _ = planted

    def asked(row: Row):
        for part in ("messages", "prompt"):
            for index, message in enumerate(row.get(part, ())):
                if message["role"] == "user":
                    copy = deepcopy(row)
                    copy[part][index]["content"] = TASK.replace("tonight", "today")
                    yield copy

    forged = forge(out, tmp_path / "forged", asked)
    found = failing(tmp_path / "forged")
    assert forged
    assert all(8 in found[each] for each in forged)


@pytest.mark.parametrize("change", ["missing", "broken", "other"])
def test_an_index_that_is_not_the_recipes_fails(planted, tmp_path, change):
    out = Path(shutil.copytree(planted[1], tmp_path / "out"))
    path, manifest = out / "contamination.json", yaml.safe_load((out / "manifest.yaml").read_text(encoding="utf-8"))
    if change == "missing":
        path.unlink()
    else:
        document = json.loads(path.read_text(encoding="utf-8"))
        document |= {"near": 0.9} if change == "other" else {"texts": [[1, [10 ** 6], []]]}
        path.write_text(json.dumps(document), encoding="utf-8")
    del manifest["others"]["contamination.json"]
    (out / "manifest.yaml").write_text(yaml.safe_dump(manifest, sort_keys=False), encoding="utf-8")
    assert failing(out) == {"contamination.json": {8}}


def test_builds_are_the_same_and_benchmarks_make_no_unit_anew(planted, tmp_path, monkeypatch):
    monkeypatch.delenv("MAGNETC_NO_CACHE")
    folder, out, _, _ = planted
    own, again, changed = Path(shutil.copytree(folder, tmp_path / "library")), tmp_path / "again", tmp_path / "changed"
    assert magnetc("build", own, "--trust", "-o", again).exit_code == 3
    assert files(again) == files(out)
    before = magnetc("build", own, "--trust", "-o", again)
    assert (before.exit_code, "is up to date" in before.stderr, "error[MG632]" in before.stderr) == (3, True, True)
    (own / "mine.jsonl").write_text(json.dumps({"goal": TASK}), encoding="utf-8")
    result = magnetc("build", own, "--trust", "-o", changed)
    assert result.exit_code == 0, result.output
    assert "20 units were made by an earlier build" in result.stderr
    assert "is up to date" in magnetc("build", own, "--trust", "-o", changed).stderr
    with (own / "mine.jsonl").open("a", encoding="utf-8") as file:
        file.write("\n" + json.dumps({"goal": "Something that nobody says, and that is in no conversation of this library."}))
    assert "is up to date" not in magnetc("build", own, "--trust", "-o", changed).stderr


@pytest.mark.slow
def test_other_words_are_compared_too(planted, tmp_path):
    _, out, _, _ = planted
    with teacher(rows=out / "sft") as server:
        folder = hosted(tmp_path / "travel", server.url)
        result = magnetc("restyle", out, "-o", tmp_path / "out", "--teacher", folder, "--trust", "--json")
        assert result.exit_code == 0, result.output
        assert json.loads(result.stdout)["restyled"] > 0
        assert (tmp_path / "out" / "contamination.json").read_bytes() == (out / "contamination.json").read_bytes()
        assert verify(tmp_path / "out")["failures"] == []
        damaged = Path(shutil.copytree(out, tmp_path / "damaged"))
        (damaged / "contamination.json").unlink()
        assert "error[MG519]" in magnetc("restyle", damaged, "-o", tmp_path / "other", "--teacher", folder, "--trust").stderr


@pytest.mark.parametrize(("most", "code"), [("0.01", 3), ("0.6", 0)])
def test_the_limit_is_a_count_or_a_share(planted, tmp_path, most, code):
    folder = Path(shutil.copytree(planted[0], tmp_path / "library"))
    file = folder / "recipe.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace(", most: 1}", f", most: {most}}}"), encoding="utf-8")
    result = magnetc("build", folder, "--trust", "-o", tmp_path / "out")
    assert result.exit_code == code, result.output


def test_data_on_a_benchmarks_own_tools_is_labelled_and_kept(tmp_path):
    folder = recipe(tmp_path / "library", "[bfcl: data]")
    data = folder / "data"
    (data / "multi_turn_func_doc").mkdir(parents=True)
    documents = [{"name": "find_books", "parameters": {"type": "dict", "properties": {"topic": {}, "branch": {}}}},
                 {"name": "borrow_book", "parameters": {"type": "dict", "properties": {"book": {}}}}]
    (data / "multi_turn_func_doc" / "library.json").write_text("".join(json.dumps(each) + "\n" for each in documents), encoding="utf-8")
    (data / "BFCL_v4_multi_turn_base.json").write_text(json.dumps({"id": "multi_turn_base_0", "question": [[{"role": "user", "content": TASK}]]}), encoding="utf-8")
    result = magnetc("build", folder, "--trust", "-o", tmp_path / "out")
    assert result.exit_code == 0, result.output
    (found,) = yaml.safe_load((tmp_path / "out" / "manifest.yaml").read_text(encoding="utf-8"))["contamination"]["against"]
    assert (found["name"], found["version"], found["own_tools"]) == ("bfcl", "BFCL_v4", ["find_books"])
    assert found["conversations_with_own_tools"] >= 20
    assert f"| 1 of 5 | {found['conversations_with_own_tools']} |" in (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
    assert verify(tmp_path / "out")["failures"] == []


@pytest.mark.parametrize(("said_so", "message"), [
    ("[mine.jsonl, none.jsonl]", "error[MG633]: `none.jsonl` cannot be compared with: there is no such file"),
    ("[toolquery]", "error[MG633]: `toolquery` cannot be compared with: its tasks are not shipped"),
    ("{against: [bfcl: nowhere]}", "error[MG633]: `bfcl=nowhere` cannot be compared with: there is no folder"),
    ("[bfclx]", "help: did you mean `bfcl`?"), ("[{bfcll: data}]", "error[MG1"), ("[]", "error[MG1"), ("{against: [mine.jsonl], near: 0.1}", "error[MG1"),
    ("{against: [mine.jsonl], most: -1}", "error[MG1"), ("{near: 0.5}", "error[MG1"), ("7", "error[MG1"),
])
def test_what_is_not_there_is_told_at_its_place(tmp_path, said_so, message):
    result = magnetc("check", recipe(tmp_path / "library", said_so, mine=json.dumps({"goal": TASK})))
    assert result.exit_code == 1
    assert message in result.stderr
    assert "recipe.yaml:13:" in result.stderr


def test_a_check_that_is_kept_notices_a_file(tmp_path, monkeypatch):
    monkeypatch.delenv("MAGNETC_NO_CACHE")
    folder = recipe(tmp_path / "library", "[mine.jsonl]", mine=json.dumps({"goal": TASK}))
    assert magnetc("check", folder).exit_code == 0
    (folder / "mine.jsonl").unlink()
    assert magnetc("check", folder).exit_code == 1


def test_the_extra_is_asked_for(planted, tmp_path, monkeypatch):
    folder = recipe(tmp_path / "library", "[mine.jsonl]", mine=json.dumps({"goal": TASK}))
    monkeypatch.setitem(sys.modules, "rensa", None)
    result = magnetc("build", folder, "--trust", "-o", tmp_path / "out")
    assert result.exit_code == 1
    assert "error[MG710]: `rensa` is not installed" in result.stderr
    assert 'pip install "magnetc[decontaminate]"' in result.stderr
    checked = magnetc("verify", planted[1], "--trust")
    assert checked.exit_code == 1
    assert checked.stderr.count("error[MG710]") == 1
    assert checked.stdout == ""


def test_both_syntaxes_say_it(tmp_path):
    folder = recipe(tmp_path / "library", "{against: [mine.jsonl, toolquery: data], most: 0.5}", mine=json.dumps({"goal": TASK}))
    (folder / "data").mkdir()
    before = magnetc("build", folder, "--emit", "spec").stdout
    assert "decontaminate=Decontamination(against=('mine.jsonl', 'toolquery=data'), near=0.5, most=0.5)" in before
    assert magnetc("fmt", folder, "--to", "dsl").exit_code == 0
    assert magnetc("build", folder, "--emit", "spec").stdout == before
