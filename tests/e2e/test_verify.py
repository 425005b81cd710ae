"""Verification: what a build wrote passes from anywhere, and what anyone changed does not."""

import json
import shutil
from collections.abc import Callable
from copy import deepcopy
from itertools import count, islice
from pathlib import Path

import pytest
import yaml
from dataset import Row, data_files, failing, forge, magnetc, rows, sides, verify
from tampering import (
    changed_arguments,
    changed_faults,
    changed_replies,
    changed_results,
    changed_shown,
    changed_structure,
    changed_words,
    swapped_sides,
)

from magnetc.distill.taxonomy import taxonomy
from magnetc.ir.json import wire

ACCEPTED = ("messages", "prompt", "chosen")


@pytest.fixture
def copy(library, tmp_path):
    """A copy of the library dataset to damage."""
    return Path(shutil.copytree(library, tmp_path / "out"))


def edit(out: Path, name: str, change: Callable[[list[str]], None]) -> None:
    """Change the lines of a file and nothing else."""
    lines = (out / name).read_text(encoding="utf-8").splitlines(keepends=True)
    change(lines)
    (out / name).write_text("".join(lines), encoding="utf-8")


def undetected(library: Path, out: Path, change, proofs: set[int]) -> list[str]:
    """The changes that no proof of `proofs` finds, all digests being right."""
    ids = forge(library, out, change)
    assert ids
    found = failing(out)
    return [each for each in ids if not found.get(each, set()) & proofs]


def test_every_proof_holds_wherever_the_folder_is(library, tmp_path):
    moved = shutil.copytree(library, tmp_path / "elsewhere" / "data set")
    found = verify(moved)
    assert found == {"rows": len(list(rows(library))), "failures": []}
    result = magnetc("verify", moved, "--trust")
    assert result.stdout == f"{found['rows']} rows checked: every proof holds\n"


def test_untrusted_code_does_not_run(library, tmp_path, monkeypatch):
    monkeypatch.setenv("MAGNETC_CONFIG", str(tmp_path))
    result = magnetc("verify", library)
    assert result.exit_code == 1
    assert "error[MG606]" in result.stderr
    assert "`world.py`" in result.stderr
    assert magnetc("trust", library).exit_code == 0
    assert magnetc("verify", library).exit_code == 0


def test_another_argument_fails(library, tmp_path):
    def accepted(row: Row):
        return changed_arguments(row, ACCEPTED)

    assert undetected(library, tmp_path / "out", accepted, {1, 3, 5}) == []


def test_another_argument_of_the_rejected_side_fails(library, tmp_path):
    def rejected(row: Row):
        return changed_arguments(row, ("rejected",))

    assert undetected(library, tmp_path / "out", rejected, {1, 7}) == []


def test_another_result_fails(library, tmp_path):
    assert undetected(library, tmp_path / "out", changed_results, {1}) == []


def test_other_words_for_a_value_fail(library, tmp_path):
    assert undetected(library, tmp_path / "out", changed_words, {5}) == []


def test_another_value_in_a_reply_fails(library, tmp_path):
    assert undetected(library, tmp_path / "out", changed_replies, {3}) == []


def test_swapped_sides_fail(library, tmp_path):
    assert undetected(library, tmp_path / "out", swapped_sides, {3, 7}) == []


def test_another_fault_fails(library, tmp_path):
    assert undetected(library, tmp_path / "out", lambda row: changed_faults(row, list(taxonomy())), {7}) == []


def test_a_row_that_is_built_otherwise_fails(library, tmp_path):
    numbers = count()

    def some(row: Row):
        return islice(changed_structure(row), next(numbers) % 4, None, 4)

    assert undetected(library, tmp_path / "out", some, set(range(9))) == []


def test_tools_shown_otherwise_than_certified_fail(library, tmp_path):
    assert undetected(library, tmp_path / "out", changed_shown, {0, 1, 2}) == []


CHANGES = {
    "weight": lambda row: row_messages(row)[-1].update(weight=1 - row_messages(row)[-1]["weight"]),
    "words": lambda row: row_messages(row)[1].update(content=row_messages(row)[1]["content"] + " Thanks!"),
    "tools": lambda row: row.update(tools=row["tools"].replace("A", "a").replace("Extend", "Prolong")),
    "tags": lambda row: row["tags"].update(locale="fr"),
    "certificate": lambda row: row["certificate"]["world"].update(seed=1),
    "digest": lambda row: row["certificate"].update(row="0" * 32),
    "id": lambda row: row.update(id=row["id"] + "x"),
    "key": lambda row: row.update(note="kept"),
}


def row_messages(row: Row) -> list[dict]:
    return row["messages"] if "messages" in row else row["prompt"] + row["chosen"]


@pytest.mark.parametrize("change", CHANGES)
def test_any_change_breaks_the_digest_and_names_the_row(copy, change):
    changed = []
    for name in data_files(copy):
        def spoil(lines: list[str]) -> None:
            for index in range(0, len(lines), 2):
                row = json.loads(lines[index])
                changed.append(row["id"])
                CHANGES[change](row)
                lines[index] = wire(row) + "\n"

        edit(copy, name, spoil)
    found = failing(copy)
    assert [each for each in changed if 0 not in found.get(each, set())] == []
    assert set(found) == {*changed, *data_files(copy)}


def drop_last(lines: list[str]) -> None:
    del lines[-1]


def drop_first(lines: list[str]) -> None:
    del lines[0]


def duplicate(lines: list[str]) -> None:
    lines.append(lines[0])


def swap(lines: list[str]) -> None:
    lines[0], lines[1] = lines[1], lines[0]


def truncate(lines: list[str]) -> None:
    lines[-1] = lines[-1][: len(lines[-1]) // 2]


def blank(lines: list[str]) -> None:
    lines.insert(1, "\n")


@pytest.mark.parametrize("damage", [drop_last, drop_first, duplicate, swap, truncate, blank], ids=lambda d: d.__name__)
def test_damaged_lines_are_failures(copy, damage):
    before = [row["id"] for row in rows(copy, "sft/train")]
    edit(copy, "sft/train.jsonl", damage)
    found = failing(copy)
    assert 0 in found["sft/train.jsonl"]
    expected = {drop_last: before[-1], drop_first: before[0], duplicate: "", swap: before[0], truncate: before[-1], blank: before[1]}
    assert not expected[damage] or 0 in found[expected[damage]]


LINES = {
    "broken JSON": b'{"id": "x", "messages": [',
    "no object": b"[1, 2]",
    "no members": b"{}",
    "not UTF-8": b'{"id": "\xff"}',
    "NaN": b'{"id": NaN, "certificate": {}}',
    "a lone surrogate": b'{"id": "\\ud800", "certificate": {"row": ""}}',
    "nested too deeply": b'{"id": ' + b"[" * 100_000,
    "a number too large": b'{"id": ' + b"9" * 5000 + b"}",
}


@pytest.mark.parametrize("line", LINES)
def test_lines_that_are_no_rows_are_failures(copy, line):
    lines = (copy / "sft/train.jsonl").read_bytes().splitlines(keepends=True)
    name = json.loads(lines[2])["id"]
    lines[2] = LINES[line] + b"\n"
    (copy / "sft/train.jsonl").write_bytes(b"".join(lines))
    assert 0 in failing(copy)[name]


@pytest.mark.parametrize("name", ["sft/train.jsonl", "digests/sft-train.txt"])
def test_a_missing_file_is_a_failure(copy, name):
    (copy / name).unlink()
    assert 0 in failing(copy)[name]


def test_a_file_that_nobody_listed_is_a_failure(copy):
    shutil.copyfile(copy / "sft/train.jsonl", copy / "sft/extra.jsonl")
    assert failing(copy) == {"sft/extra.jsonl": {0}}


@pytest.mark.parametrize("text", ["{", "[]", '{"topics": []}', "[" * 100_000])
def test_a_broken_state_is_a_failure(copy, text):
    state = next((copy / "states").iterdir())
    state.write_text(text)
    found = failing(copy)
    assert found[f"states/{state.name}"] == {0}
    uses = [row["id"] for row in rows(copy) if row["certificate"]["world"]["initial"] == state.stem]
    assert all(1 in found[each] for each in uses)


@pytest.mark.parametrize(("manifest", "why"), [
    (None, "cannot be read"), ("{", "cannot be read"), ("[]", "lists no files"), ("files: {}", "lists no initial states"),
    ("files: {a: 1}", "does not say"), ("files: {a: {rows: 1, sha256: x}}\nstates: []", "does not say"),
])
def test_a_folder_that_is_no_output_is_refused(copy, manifest, why):
    if manifest is None:
        (copy / "manifest.yaml").unlink()
    else:
        (copy / "manifest.yaml").write_text(manifest)
    result = magnetc("verify", copy, "--trust")
    assert result.exit_code == 1
    assert "error[MG620]" in result.stderr
    assert why in result.stderr


def test_a_broken_recipe_in_the_output_is_an_error(copy):
    (copy / "recipe" / "paths.yaml").write_text("kind: pathes\n")
    result = magnetc("verify", copy, "--trust")
    assert result.exit_code == 1
    assert "did you mean `paths`" in result.stderr


def test_a_changed_world_fails(copy):
    world = copy / "recipe" / "world.py"
    world.write_text(world.read_text().replace('"18:30"', '"19:30"'))
    late = [row["id"] for row in rows(copy) if any('"18:30"' in m["content"] for side in sides(row) for m in side)]
    assert late
    assert {row for row, proofs in failing(copy).items() if 1 in proofs} == set(late)


def test_an_added_row_is_found(copy):
    """A consistent file with one row more than the manifest says."""
    lines = (copy / "sft/test.jsonl").read_text(encoding="utf-8")
    row = deepcopy(next(rows(copy, "sft/train")))
    (copy / "sft/test.jsonl").write_text(lines + wire(row) + "\n", encoding="utf-8")
    found = verify(copy)["failures"]
    assert any(row["id"] == failure["row"] and failure["proof"] == 0 for failure in found)
    assert yaml.safe_load((copy / "manifest.yaml").read_text())["files"]["sft/test.jsonl"]["rows"] == len(lines.splitlines())


@pytest.mark.parametrize("name", ["recipe/world.py", "recipe/tools.yaml"])
def test_a_changed_file_of_the_recipe_is_named(copy, name):
    edit(copy, name, lambda lines: lines.append("\n"))
    result = magnetc("verify", copy, "--trust")
    assert result.exit_code == 1
    assert f"{name}: proof 0 (intact)" in result.output
