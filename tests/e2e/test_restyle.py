"""A dataset in other words: what was executed stays, every row is proven again, and equal turns stay equal."""

import json
import re
import shutil
import zlib
from base64 import b64decode

import pytest
import yaml
from dataset import LIBRARY, files, magnetc, rows, sides, verify
from hosted import hosted, said_offline
from running import teacher

from magnetc.engine.journal import NAME, entries
from magnetc.teachers.openai import client as client_module

pytestmark = pytest.mark.slow

PATHS = 14


@pytest.fixture(scope="module")
def offline(own_home, tmp_path_factory):
    return said_offline(tmp_path_factory.mktemp("offline") / "out", PATHS)


@pytest.fixture(scope="module")
def restyled(offline, tmp_path_factory):
    """(the recipe's folder, the output, what the command counted): by a model that makes no mistakes."""
    work = tmp_path_factory.mktemp("restyled")
    with teacher(rows=offline / "sft") as server:
        folder = hosted(work / "travel", server.url)
        result = magnetc("restyle", offline, "-o", work / "out", "--teacher", folder, "--trust", "--json")
    assert result.exit_code == 0, result.output
    return folder, work / "out", json.loads(result.stdout)


def words(messages):
    return [m["content"] for m in messages if m["role"] in ("user", "assistant") and m["content"]]


def without_words(row):
    """A row without what may change: words, and what a proof finds in them."""
    def bare(message):
        said = message["role"] in ("user", "assistant")
        return {key: value for key, value in message.items() if not (said and key == "content")}

    certificate = {key: value for key, value in row["certificate"].items() if key not in ("row", "arguments")}
    lists = {key: [bare(m) for m in row[key]] for key in ("messages", "prompt", "chosen", "rejected") if key in row}
    return {**row, **lists, "certificate": certificate}


def test_words_are_others_and_nothing_else_is(offline, restyled):
    _, out, told = restyled
    before, after = list(rows(offline)), list(rows(out))
    assert [without_words(row) for row in after] == [without_words(row) for row in before]
    changed = total = 0
    for old, new in zip(before, after):
        for was, now in zip(sides(old), sides(new)):
            pairs = list(zip(words(was), words(now)))
            changed += sum(a != b for a, b in pairs)
            total += len(pairs)
            assert all(b == a or b.removeprefix("Ok: ").removeprefix("Hm, ").removeprefix("So: ") == a for a, b in pairs)
    assert changed > total * 0.8
    assert told["restyled"] > 50
    assert told["changed"] == len(before) == told["rows"]
    for old, new in zip(before, after):
        assert {k: {p: {**e, "necessary": 0} for p, e in v.items()} for k, v in new["certificate"]["arguments"].items()} == \
               {k: {p: {**e, "necessary": 0} for p, e in v.items()} for k, v in old["certificate"]["arguments"].items()}


def test_every_row_is_proven_anew(restyled):
    _, out, told = restyled
    assert verify(out)["failures"] == []
    assert magnetc("verify", out, "--trust").exit_code == 0
    assert sum(told["kept"].values()) <= 3, told["kept"]


def shown_rows(out):
    """The rows that the report has."""
    text = (out / "report.html").read_text(encoding="utf-8")
    return json.loads(zlib.decompress(b64decode(re.search(r'id="packed">([^<]*)<', text)[1])))["rows"]


def test_what_is_beside_the_rows_has_the_new_words_or_is_as_it_was(offline, restyled):
    _, out, told = restyled
    manifests = [yaml.safe_load((made / "manifest.yaml").read_text(encoding="utf-8")) for made in (offline, out)]
    assert manifests[1].pop("restyled") == {"messages": told["restyled"], "kept": sum(told["kept"].values())}
    assert {key for key in manifests[0] if manifests[0][key] != manifests[1][key]} == {"files", "others"}
    others = [manifest["others"] for manifest in manifests]
    assert {name for name in others[0] if others[0][name] != others[1].get(name)} == {"report.html"}
    assert {entry["id"]: entry["row"].get("messages") for entry in shown_rows(out)} == {row["id"]: row.get("messages") for row in rows(out)}
    before, after = ((made / "README.md").read_text(encoding="utf-8") for made in (offline, out))
    ways = re.compile("(?<=[*:] )(Ok: |Hm, |So: )")
    assert before != after
    assert ways.sub("", after) == before


def test_a_turn_that_rows_share_is_said_in_one_way(offline, restyled):
    """Rows of one base path that were alike up to a message are alike up to it still, sides of pairs too."""
    shared = 0
    said = {}
    for old, new in zip(rows(offline), rows(restyled[1])):
        for was, now in zip(sides(old), sides(new)):
            for at, message in enumerate(was):
                if message["role"] in ("user", "assistant") and message["content"]:
                    told = json.dumps([[m["role"], m["content"], m.get("tool_calls")] for m in was[: at + 1]])
                    key = (old["tags"]["base"], told)
                    shared += key in said
                    assert said.setdefault(key, now[at]["content"]) == now[at]["content"]
    assert shared > 50


def test_the_sides_of_a_pair_are_said_alike(offline, restyled):
    compared = 0
    for old, new in zip(rows(offline, "preference/"), rows(restyled[1], "preference/")):
        for at, (good, bad) in enumerate(zip(old["chosen"], old["rejected"])):
            if good["role"] == bad["role"] == "user" and good["content"] == bad["content"]:
                compared += 1
                assert new["chosen"][at]["content"] == new["rejected"][at]["content"]
        replies = [[now["content"] == was["content"] for was, now in zip(old[side], new[side]) if was["role"] == "assistant" and was["content"]]
                   for side in ("chosen", "rejected")]
        assert replies[0][:1] == replies[1][:1], "both or neither"
    assert list(rows(restyled[1], "preference/"))


def test_again_it_asks_nobody_and_says_the_same(offline, restyled, tmp_path):
    folder, out, _ = restyled
    paid = len(list(entries(folder / NAME)))
    result = magnetc("restyle", offline, "-o", tmp_path / "again", "--teacher", folder, "--trust", "--replay")
    assert result.exit_code == 0, result.output
    assert files(tmp_path / "again") == files(out)
    assert len(list(entries(folder / NAME))) == paid


def test_faults_are_asked_again_and_nothing_unproven_is_written(offline, tmp_path, monkeypatch):
    monkeypatch.setattr(client_module, "_growing", lambda state: 0.01)
    with teacher(faults=0.4, rows=offline / "sft") as server:
        folder = hosted(tmp_path / "travel", server.url)
        result = magnetc("restyle", offline, "-o", tmp_path / "out", "--teacher", folder, "--trust", "--json")
        stats = server.stats()
    assert result.exit_code == 0, result.output
    assert {"invented", "wrong language", "refusal", "500"} <= stats.keys()
    told = json.loads(result.stdout)
    assert told["teacher"]["restyle"]["refused"] > 10
    assert told["restyled"] > 50
    assert verify(tmp_path / "out")["failures"] == []


def test_a_model_of_no_use_changes_nothing(offline, tmp_path):
    with teacher(faults=1.0, only=("invented",)) as server:
        folder = hosted(tmp_path / "travel", server.url)
        result = magnetc("restyle", offline, "-o", tmp_path / "out", "--teacher", folder, "--trust", "--json")
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert (told["restyled"], told["changed"]) == (0, 0)
    assert any("it states" in reason for reason in told["kept"])
    assert list(rows(tmp_path / "out")) == list(rows(offline))
    assert verify(tmp_path / "out")["failures"] == []


def test_what_cannot_be_restyled_is_told(offline, tmp_path):
    nobody = magnetc("restyle", offline, "-o", tmp_path / "out", "--trust")
    assert nobody.exit_code == 1
    assert "error[MG519]" in nobody.output
    folder = hosted(tmp_path / "travel", "http://127.0.0.1:9/v1")
    itself = magnetc("restyle", offline, "-o", offline, "--teacher", folder, "--trust")
    assert "error[MG010]" in itself.output
    changed = shutil.copytree(offline, tmp_path / "changed")
    data = changed / "sft" / "train.jsonl"
    data.write_text(data.read_text(encoding="utf-8").replace("a", "b", 1), encoding="utf-8")
    result = magnetc("restyle", changed, "-o", tmp_path / "out", "--teacher", folder, "--trust")
    assert "error[MG519]" in result.output
    assert not (tmp_path / "out").exists()


def test_exports_have_the_new_words(own_home, tmp_path):
    """BFCL's questions are those of the rows, conversation by conversation; its answers are as they were."""
    folder = shutil.copytree(LIBRARY, tmp_path / "library", ignore=shutil.ignore_patterns("out*"))
    recipe = folder / "recipe.yaml"
    plain = recipe.read_text(encoding="utf-8") + "emit: [trl, bfcl]\n"
    recipe.write_text(plain, encoding="utf-8")
    assert magnetc("build", folder, "--trust", "--paths", 8, "-o", tmp_path / "out").exit_code == 0
    with teacher(rows=tmp_path / "out" / "sft") as server:
        recipe.write_text(plain + f'teacher: {{openai: {{model: small, endpoint: "{server.url}"}}}}\n', encoding="utf-8")
        result = magnetc("restyle", tmp_path / "out", "-o", tmp_path / "restyled", "--teacher", folder, "--trust")
    assert result.exit_code == 0, result.output
    assert verify(tmp_path / "restyled")["failures"] == []

    def exported(out, name):
        ids = (out / "exports/bfcl/ids.txt").read_text(encoding="utf-8").splitlines()
        entries = map(json.loads, (out / "exports/bfcl" / name).read_text(encoding="utf-8").splitlines())
        return {row: {key: value for key, value in entry.items() if key != "id"} for row, entry in zip(ids, entries, strict=True)}

    answers, again = (exported(tmp_path / out, "possible_answer/BFCL_v4_multi_turn_base.json") for out in ("out", "restyled"))
    assert answers == again
    asked = exported(tmp_path / "restyled", "BFCL_v4_multi_turn_base.json")
    for row in rows(tmp_path / "restyled", "sft/"):
        if row["id"] in asked:
            said = [m["content"] for m in row["messages"] if m["role"] == "user"]
            assert [m["content"] for turn in asked[row["id"]]["question"] for m in turn if m["role"] == "user"] == said
            assert any(text.startswith(("Ok: ", "Hm, ", "So: ")) for text in said)
