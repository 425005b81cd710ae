"""Which entries of BFCL have something in common with the data that a model was trained on."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from magnetc.build.opened import read_states
from magnetc.build.read_manifest import read_manifest
from magnetc.diagnostics import Sink
from magnetc.distill.contamination.content import Content, contents
from magnetc.distill.contamination.file import rows_of
from magnetc.distill.contamination.index import Index
from magnetc.distill.contamination.source import Benchmark as Indexed
from magnetc.distill.contamination.source import Source
from magnetc.distill.proofs.clean import real_parts
from magnetc.eval.bfcl.entries import Entry, text_of
from magnetc.extras import required
from magnetc.frontend import load
from magnetc.tools.importers import IMPORTERS

TRAINED = ("sft/train.jsonl", "sft/validation.jsonl", "preference/train.jsonl", "preference/validation.jsonl")
"""What of a dataset a model has seen; validation chooses among its checkpoints."""


def overlapping(entries: Iterable[Entry], data: Path, sink: Sink) -> tuple[dict[str, list[str]], int]:
    """Kinds of what entries have in common with `data`, by id, without those that have nothing; and how many rows were compared.

    `data` is an output of a build, or a file of rows of anyone's. Nothing is compared where the output's recipe does not load: see `sink`.

    Raises:
        MagnetError: MG710 without `rensa`; MG620 or MG633 for data that cannot be read.
    """
    required("rensa", extra="decontaminate")
    tasks = tuple((entry.id, _content(entry)) for entry in entries)
    index = Index.of([Indexed(name="bfcl", version="", tasks=tasks)])
    found: dict[str, set[str]] = {}
    rows = 0
    for sides in _output(data, sink) if data.is_dir() else _file(data):
        rows += 1
        for kind, names in index.tasks_of(sides).items():
            for name in names:
                found.setdefault(name, set()).add(kind)
    return {name: sorted(kinds) for name, kinds in sorted(found.items())}, rows


def _content(entry: Entry) -> Content:
    users = tuple(" ".join(text_of(message) for message in turn if message.get("role") == "user") for turn in entry.turns)
    calls = tuple(tuple(call for call in turn if call) for turn in entry.truth_calls)
    return Content(users=tuple(filter(None, users)), turns=calls, state=entry.config or None)


def _file(path: Path) -> Iterator[Sequence[Content]]:
    source = Source("", str(path))
    source.check(Path())
    return (contents(row) for _, row in rows_of(source, path))


def _output(out: Path, sink: Sink) -> Iterator[Sequence[Content]]:
    """Of each row its sides, calls read back into real names."""
    manifest = read_manifest(out)
    spec = load(out / "recipe", sink, IMPORTERS)
    if spec is None or sink.has_errors:
        return
    states, _ = read_states(out, manifest)
    for name in TRAINED:
        if (out / name).is_file():
            with (out / name).open(encoding="utf-8") as file:
                for line in file:
                    row = json.loads(line)
                    yield contents(real_parts(row, spec), states.get(_initial(row)))


def _initial(row: Mapping[str, Any]) -> str:
    return row["certificate"]["world"]["initial"]
