"""Judge a built dataset by BFCL's own checkers: its conversations as answers, its rejected sides as wrong answers."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from magnetc.build.read_manifest import read_manifest
from magnetc.diagnostics import Diagnostic, MagnetError
from magnetc.emit.exports.bfcl import to_bfcl
from magnetc.emit.rows import PAIR
from magnetc.eval.bfcl.check import check
from magnetc.tools.environments import ensure_environment

EXPORT = "exports/bfcl"

Verdict = dict[str, Any]


def judge_conversations(out: Path, announce: Callable[[str], None]) -> list[Verdict]:
    """Verdicts on every conversation of the BFCL export in `out`, each with its row's id.

    Raises:
        MagnetError: MG701 when `out` has no BFCL export, MG702 when the checkers do not run.
    """
    python = _environment(out, announce)
    ids = (out / EXPORT / "ids.txt").read_text(encoding="utf-8").split()
    questions = list(_lines(out / EXPORT / "BFCL_v4_multi_turn_base.json"))
    answers = _lines(out / EXPORT / "possible_answer" / "BFCL_v4_multi_turn_base.json")
    decoded = _lines(out / EXPORT / "decoded.json")
    entries = [
        {**question, "ground_truth": answer["ground_truth"], "decoded": made["decoded"], "results": made["results"]}
        for question, answer, made in zip(questions, answers, decoded)
    ]
    return [{**verdict, "row": row} for verdict, row in zip(check(python, entries), ids)]


def judge_pairs(out: Path, announce: Callable[[str], None]) -> list[Verdict]:
    """Verdicts on the rejected side of every pair, up to the end of its faulty turn, with the chosen side as the truth.

    The checkers compare states and results: pairs whose fault shows in neither (a reply, words that were judged, a rule) are left out.
    """
    python = _environment(out, announce)
    ids = (out / EXPORT / "ids.txt").read_text(encoding="utf-8").split()
    questions = dict(zip(ids, _lines(out / EXPORT / "BFCL_v4_multi_turn_base.json")))
    entries, rows = [], []
    for path in sorted((out / "preference").glob("*.jsonl")):
        for row in _lines(path):
            question = questions.get(PAIR.sub("", row["id"]))
            if question is not None and row["fault"]["shows"] in ("state", "missing result"):
                entries.append(_pair_entry(row, question, len(entries)))
                rows.append(row)
    verdicts = check(python, entries)
    return [{**v, "row": row["id"], "fault": row["fault"]["kind"]} for v, row in zip(verdicts, rows)]


def _pair_entry(row: dict[str, Any], question: dict[str, Any], number: int) -> dict[str, Any]:
    turns = sum(message["role"] == "user" for message in row["prompt"])
    config, classes = question["initial_config"], question["involved_classes"]
    good, bad = (
        to_bfcl(f"multi_turn_base_{number}", row["prompt"] + row[side], config, classes) for side in ("chosen", "rejected")
    )
    truth = good["answer"]["ground_truth"][:turns]
    return {**good["question"], "ground_truth": truth, "decoded": bad["decoded"][:turns]}


def _environment(out: Path, announce: Callable[[str], None]) -> Path:
    manifest = read_manifest(out)
    if not (out / EXPORT / "ids.txt").is_file():
        raise MagnetError(Diagnostic(code="MG701", message=f"`{out}` has no BFCL export",
                                     help="put `bfcl` into `emit` of the recipe and build again"))
    return ensure_environment(tuple(manifest["world"]["packages"]), announce)


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)
