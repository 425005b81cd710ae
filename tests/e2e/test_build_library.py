"""A build as its users find it: files, digests, rows, partitions, pairs."""

import json
import re
import shutil
import socket
from collections import defaultdict
from hashlib import sha256
from itertools import pairwise
from pathlib import Path

import pytest
import yaml
from dataset import LIBRARY, Row, magnetc, rows, sides

from magnetc.distill.proofs.intact import row_digest
from magnetc.distill.taxonomy import taxonomy
from magnetc.ir.graph import Edge, EdgeKind, LocalDependencyGraph, ValueFlow
from magnetc.ir.text import print_graph


@pytest.fixture(scope="module")
def all_rows(library) -> list[Row]:
    return list(rows(library))


@pytest.fixture(scope="module")
def conversations(library) -> list[Row]:
    return list(rows(library, "sft"))


@pytest.fixture(scope="module")
def pairs(library) -> list[Row]:
    return list(rows(library, "preference"))


def test_summary(tmp_path):
    result = magnetc("build", LIBRARY, "--trust", "-o", tmp_path / "out", "--paths", 4)
    assert result.exit_code == 0
    for word in ("conversations", "rows", "preference pairs", "user turns", "tool calls", f"magnetc verify {tmp_path / 'out'}"):
        assert word in result.stdout
    assert result.stderr == ""


def test_json_summary_agrees_with_the_files(tmp_path):
    out = tmp_path / "out"
    result = magnetc("build", LIBRARY, "--trust", "-o", out, "--paths", 4, "--json")
    summary = json.loads(result.stdout)
    conversations, pairs = list(rows(out, "sft")), list(rows(out, "preference"))
    assert summary["out"] == str(out)
    assert summary["rows"] == len(conversations)
    assert summary["pairs"] == len(pairs) == sum(summary["faults"].values())
    assert summary["conversations"] == len({re.sub(r"\.\d+$", "", row["id"]) for row in conversations})
    whole = [row for row in conversations if not re.search(r"\.\d+$", row["id"])]
    assert summary["calls"] == sum(len(message.get("tool_calls", ())) for row in whole for message in row["messages"])
    assert summary["turns"] == sum(message["role"] == "user" for row in whole for message in row["messages"])
    assert summary["files"] == {name: len(list(rows(out, name))) for name in summary["files"]}


def test_files(library):
    found = {path.relative_to(library).as_posix() for path in library.rglob("*") if path.is_file()}
    states = {name for name in found if re.fullmatch(r"states/[0-9a-f]{32}\.json", name)}
    digests = {f"digests/{folder}-{part}.txt" for folder, part in (
        ("sft", "train"), ("sft", "validation"), ("sft", "test"), ("preference", "train"), ("preference", "validation"))}
    data = {name.replace("digests/", "").replace("-", "/").replace(".txt", ".jsonl") for name in digests}
    recipe = {f"recipe/{path.name}" for path in LIBRARY.iterdir() if path.is_file()}
    assert len(states) == 3
    assert found == {"manifest.yaml", "README.md", "graph.json", "coverage.json", "figures.json", "report.html"} | states | digests | data | recipe


def test_graph_is_the_one_that_emit_prints(library):
    data = json.loads((library / "graph.json").read_text())
    edges = []
    for edge in data["edges"]:
        values = tuple(ValueFlow(value["at"], value["parameter"]) for value in edge["values"])
        edges.append(Edge(**edge | {"kind": EdgeKind(edge["kind"]), "values": values, "also": tuple(edge.get("also", ()))}))
    graph = LocalDependencyGraph.of((node["id"] for node in data["nodes"]), edges)
    assert graph.edges
    assert print_graph(graph).strip() == magnetc("build", LIBRARY, "--emit", "graph").stdout.strip()


def test_necessary_values_flow_along_edges_of_the_graph(library, conversations):
    data = json.loads((library / "graph.json").read_text())
    flows = {(e["source"], e["target"], v["parameter"]) for e in data["edges"] for v in e["values"]}
    seen = set()
    for row in conversations:
        named = {c["id"]: c["function"]["name"] for m in row["messages"] for c in m.get("tool_calls", ())}
        for call, arguments in row["certificate"]["arguments"].items():
            for pointer, source in arguments.items():
                if source.get("necessary"):
                    seen.add((named[source["output"]], named[call], pointer.split("/")[1]))
    assert seen
    assert seen <= flows


def test_manifest_digests_are_right(library):
    manifest = yaml.safe_load((library / "manifest.yaml").read_text())
    for name, entry in manifest["files"].items():
        lines = (library / name).read_text(encoding="utf-8").splitlines()
        listed = (library / entry["digests"]["file"]).read_text().splitlines()
        assert entry["rows"] == len(lines) == len(listed)
        assert entry["sha256"] == sha256((library / name).read_bytes()).hexdigest()
        assert entry["digests"]["sha256"] == sha256((library / entry["digests"]["file"]).read_bytes()).hexdigest()
        for line, known in zip(lines, listed):
            row = json.loads(line)
            assert known == f"{row['id']} {row['certificate']['row']}"
            assert row_digest(row) == row["certificate"]["row"]
    assert {path.stem for path in (library / "states").iterdir()} == set(manifest["states"])
    stages = manifest["train"]["stages"]
    assert [stage["stage"] for stage in stages] == ["sft", "mdpo"]
    assert all(stage["train"] in manifest["files"] and stage["validation"] in manifest["files"] for stage in stages)


def test_card(library):
    text = (library / "README.md").read_text(encoding="utf-8")
    head = yaml.safe_load(text.split("---")[1])
    listed = {entry["path"] for config in head["configs"] for entry in config["data_files"]}
    assert listed == set(yaml.safe_load((library / "manifest.yaml").read_text())["files"])
    assert "library 0.1.0" in text
    assert "magnetc verify" in text


def test_nothing_of_the_machine_is_written(library):
    secrets = [str(Path.home()), str(LIBRARY.parent), str(library.parent), socket.gethostname(), "/tmp/"]
    for path in library.rglob("*"):
        if path.is_file():
            text = path.read_text(encoding="utf-8")
            assert [secret for secret in secrets if len(secret) > 3 and secret in text] == [], path.name
            times = set(re.findall(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ?", text))
            assert times <= {"2026-05-04T10:00:00Z"}


def test_ids_are_unique(all_rows):
    ids = [row["id"] for row in all_rows]
    assert len(ids) == len(set(ids))


def test_messages_are_well_formed(all_rows):
    for row in all_rows:
        for side in sides(row):
            roles = [message["role"] for message in side]
            assert roles[0] == "system"
            assert roles.count("system") == 1
            assert roles[1] == "user"
            assert roles[-1] == "assistant"
            assert all(after == "assistant" for before, after in pairwise(roles) if before == "user")
            assert all(isinstance(message["content"], str) for message in side)
            ids = [call["id"] for message in side for call in message.get("tool_calls", ())]
            assert len(ids) == len(set(ids))
            for index, message in enumerate(side):
                if message["role"] != "assistant":
                    continue
                assert message["weight"] in (0, 1)
                calls = message.get("tool_calls", [])
                assert message["content"] or calls
                answers = side[index + 1 : index + 1 + len(calls)]
                assert [(m["role"], m["tool_call_id"], m["name"]) for m in answers] == [
                    ("tool", call["id"], call["function"]["name"]) for call in calls]
                assert all(isinstance(json.loads(call["function"]["arguments"]), dict) for call in calls)


def test_replies_are_context_and_calls_are_trained(conversations):
    for row in conversations:
        if not row["tags"]["copy_of"]:
            for message in row["messages"]:
                if message["role"] == "assistant":
                    assert message["weight"] == (1 if message.get("tool_calls") else 0)


def test_tools_are_json_schemas(all_rows):
    for row in all_rows:
        tools = json.loads(row["tools"])
        assert tools
        for tool in tools:
            parameters = tool["function"]["parameters"]
            assert tool["type"] == "function"
            assert tool["function"]["description"]
            assert set(parameters["required"]) <= set(parameters["properties"])


def test_certificates(all_rows):
    for row in all_rows:
        certificate = row["certificate"]
        assert set(certificate["world"]) >= {"initial", "seed", "now", "replay", "final"}
        messages = row.get("messages") or row["prompt"] + row["chosen"]
        made = {call["id"]: json.loads(call["function"]["arguments"]) for m in messages for call in m.get("tool_calls", ())}
        assert certificate["arguments"].keys() == made.keys()
        for name, arguments in made.items():
            entries = certificate["arguments"][name]
            assert {pointer.removeprefix("/") for pointer in entries} == set(arguments)
            for entry in entries.values():
                assert {"user", "output", "system"} & set(entry)
                assert "output" not in entry or entry["necessary"] in (True, False, "context")


def test_every_operation_and_several_faults_occur(conversations, pairs):
    operations = {name.partition("@")[0] for row in conversations for name in row["tags"]["operations"]}
    assert operations >= {"merge", "insert.long", "split.miss_func", "split.miss_params"}
    assert len({row["fault"]["kind"] for row in pairs}) >= 4


def test_copies_originals_and_pairs_stay_together(library):
    parts = defaultdict(set)
    for file in ("train", "validation", "test"):
        for folder in ("sft", "preference"):
            for row in rows(library, f"{folder}/{file}"):
                parts[row["tags"]["base"]].add(file)
    assert all(len(found) == 1 for found in parts.values())
    assert set().union(*parts.values()) == {"train", "validation", "test"}
    copies = [row for row in rows(library, "sft") if row["tags"]["copy_of"]]
    originals = {row["id"] for row in rows(library, "sft") if not row["tags"]["copy_of"]}
    assert copies
    assert all(row["tags"]["copy_of"] == row["tags"]["base"] in originals for row in copies)


def names(row: Row) -> set[str]:
    return {tool["function"]["name"] for tool in json.loads(row["tools"])}


def test_a_missing_tool_makes_two_rows(conversations):
    by_id = {row["id"]: row for row in conversations}
    whole = [row for row in conversations if row["id"].endswith(".miss_func")]
    assert whole
    for after in whole:
        (before,) = (row for name, row in by_id.items() if name.startswith(after["id"] + "."))
        ((index, missing),) = before["certificate"]["refused"].items()
        assert not names(before) & set(missing)
        assert names(after) == names(before) | set(missing)
        history = len(before["messages"])
        assert [m | {"weight": 0} for m in before["messages"]] == [m | {"weight": 0} for m in after["messages"][:history]]
        assert all(m.get("weight", 0) == 0 for m in after["messages"][:history])
        assert any(m.get("weight") for m in after["messages"][history:])
        refusal = before["messages"][int(index)]
        assert int(index) == history - 1
        assert (refusal["role"], refusal["weight"]) == ("assistant", 1)
        called = {call["function"]["name"] for m in after["messages"][history:] for call in m.get("tool_calls", ())}
        assert set(missing) <= called


def test_a_missing_value_is_asked_for_and_given(conversations):
    asked = [row for row in conversations if row["id"].endswith(".miss_params")]
    assert asked
    for row in asked:
        questions = [i for i, m in enumerate(row["messages"]) if m["role"] == "assistant" and m["content"].endswith("?")
                     and row["messages"][i - 1]["role"] == "user"]
        assert len(questions) == 1
        assert row["messages"][questions[0]]["weight"] == 1
        assert row["messages"][questions[0] + 1]["role"] == "user"
        assert row["messages"][questions[0] + 2]["tool_calls"]


def test_pairs(pairs, conversations):
    originals = {row["id"]: row for row in conversations}
    for row in pairs:
        assert row["fault"]["kind"] in taxonomy()
        source = originals[row["id"].removesuffix(".pair")]["messages"]
        shared = len(row["prompt"])
        assert row["prompt"][-1]["role"] in ("user", "tool")
        assert row["chosen"][0]["role"] == row["rejected"][0]["role"] == "assistant"
        assert row["chosen"][0] != row["rejected"][0]
        assert [m["content"] for m in row["prompt"] + row["chosen"]] == [m["content"] for m in source[: shared + len(row["chosen"])]]
        assert sum(m["role"] == "user" for m in row["prompt"]) == row["fault"]["turn"] + 1
        assert all("credit" not in message for message in row["prompt"])
        for side in (row["chosen"], row["rejected"]):
            assert side[0]["credit"] == 1
            assert all(m["credit"] in (0, 1) for m in side if m["role"] == "assistant")
            later = next((i for i, m in enumerate(side) if m["role"] == "user"), len(side))
            assert not any(m.get("credit") for m in side[later:])
        assert all(m["weight"] == 0 for m in row["rejected"] if m["role"] == "assistant")


def test_a_second_build_replaces_the_first(tmp_path):
    out = tmp_path / "out"
    for count in (3, 2):
        assert magnetc("build", LIBRARY, "--trust", "-o", out, "--paths", count).exit_code == 0
    assert len({row["tags"]["base"] for row in rows(out)}) == 2
    assert list(tmp_path.iterdir()) == [out]


def test_the_output_is_in_the_recipe_by_default(tmp_path):
    folder = shutil.copytree(LIBRARY, tmp_path / "recipe")
    for _ in range(2):
        assert magnetc("build", folder, "--trust", "--paths", 2).exit_code == 0
    assert (folder / "out" / "manifest.yaml").is_file()
    assert not (folder / "out" / "recipe" / "out").exists()
