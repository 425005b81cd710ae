"""Training data of an arm at a number of trained tokens: rows drawn by the seed, again and again where there are too few.

    python -m benchmarks.pretrained.equal DATA -o OUT --stage sft --like out/offline --held-out out/offline --seeds 3 --set base=NAME

DATA is an output of `magnetc build` (or of `restyle`), or a file or folder of conversations in a form that `magnetc lint-data` reads: those of TRL, OpenAI, ShareGPT.
OUT/0, OUT/1, …, a folder a seed, are what `magnetc train` trains one epoch on. Tokens are counted as training counts them: under the chat template of the base, what has a
weight; of a pair, what the likelihood or the preference acts on. `--like` is the dataset whose one pass says how many, `--tokens` says it outright.
Left out, and counted: sequences that training would drop for their length, rows that train nothing, and rows that are held out: of a held-out base path, or
with the words of a held-out conversation.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from magnetc import __version__
from magnetc.build.manifest import VERSION, stages
from magnetc.build.output import MANIFEST, Output, file_digest
from magnetc.build.read_manifest import read_manifest
from magnetc.cli.report import announce, diagnosed, fail
from magnetc.diagnostics import Sink
from magnetc.distill.proofs.intact import row_digest
from magnetc.train.run.settings import TrainSettings, read_settings

FILES = {"sft": "sft/train.jsonl", "mdpo": "preference/train.jsonl"}
TRAINED = ("sft/train.jsonl", "sft/validation.jsonl")
NAME = "equal.json"

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Size:
    """What a row comes to under the chat template: tokens that are trained, and tokens of its sequences."""

    trained: int
    tokens: int


@dataclass(frozen=True, slots=True)
class HeldOut:
    """What no training row may be: of these base paths, or with all that the user says in one of these conversations."""

    bases: frozenset[str] = frozenset()
    words: frozenset[tuple[str, ...]] = frozenset()

    def has(self, row: Row) -> bool:
        return (row.get("tags") or {}).get("base") in self.bases or _spoken(row) in self.words


@dataclass(slots=True)
class Measured:
    """The rows of a dataset that can be trained on, by id, what they come to, and how many others were left out, by why."""

    rows: dict[str, Row] = field(default_factory=dict)
    sizes: dict[str, Size] = field(default_factory=dict)
    left_out: Counter[str] = field(default_factory=Counter)

    @property
    def trained(self) -> int:
        return sum(size.trained for size in self.sizes.values())

    def document(self) -> dict[str, Any]:
        return {"rows": len(self.rows), "trained": self.trained, "tokens": sum(size.tokens for size in self.sizes.values()),
                "left_out": dict(sorted(self.left_out.items()))}


def drawn(sizes: Mapping[str, int], tokens: int, seed: int) -> list[tuple[str, int]]:
    """Which rows are trained, each with the number of the pass that it is taken in, so that they come to `tokens`.

    Each pass takes all rows in an order of its own. The last row is taken where that comes nearer: the sum is off by half a row at the most, but for the
    first row, which is always taken. `sizes` are trained tokens by id, at least 1 each, of at least one row.
    """
    found: list[tuple[str, int]] = []
    left, number = tokens, 0
    while True:
        for id in sorted(sizes, key=lambda each: sha256(f"{seed} {number} {each}".encode()).digest()):
            if found and abs(left - sizes[id]) >= left:
                return found
            found.append((id, number))
            left -= sizes[id]
            if left <= 0:
                return found
        number += 1


def measured(rows: Iterable[Row], stage: str, settings: TrainSettings, chat: Any, held_out: HeldOut) -> Measured:
    """What can be trained on under the settings' length, and how much it is."""
    found = Measured()
    for row in rows:
        if held_out.has(row):
            found.left_out["held out"] += 1
            continue
        size, dropped = _size(row, stage, settings, chat)
        found.left_out["sequences that are too long"] += dropped
        if size.trained:
            found.rows[row["id"]], found.sizes[row["id"]] = row, size
        else:
            found.left_out["rows that train nothing"] += 1
    found.left_out += Counter()   # without zeros
    return found


def _size(row: Row, stage: str, settings: TrainSettings, chat: Any) -> tuple[Size, int]:
    """What a row comes to, and how many of its sequences are dropped."""
    from magnetc.train.encode.limit import limited
    from magnetc.train.encode.pairs import encode_pair
    from magnetc.train.encode.rows import encode_row
    from magnetc.train.preference.credit import with_credit

    over = "cut" if settings.over == "cut" else "drop"
    if stage == "sft":
        sequences = encode_row(row, chat)
        kept = limited(sequences, settings.length, over).kept
        return Size(int(sum(sum(each.weights) for each in kept)), sum(map(len, kept))), len(sequences) - len(kept)
    pairs = limited([encode_pair(row, chat)], settings.length, over).kept
    if not pairs:
        return Size(0, 0), 1
    pair = with_credit(pairs[0], settings.mdpo.credit, settings.mdpo.discount)
    acted_on = sum(int(((part.likelihood != 0) | (part.credit != 0)).sum()) for part in (pair.prompt, pair.chosen, pair.rejected))
    return Size(acted_on, sum(len(part.ids) for part in (pair.prompt, pair.chosen, pair.rejected))), 0


def read_rows(data: Path, stage: str) -> Iterator[Row]:
    """The training rows of an output, or those of a file or folder of anyone's: weight 1 on what the agent says, unless it says 0."""
    if not (data / MANIFEST).is_file():
        yield from _own_rows(data)
        return
    manifest = read_manifest(data)
    name = FILES[stage]
    if name not in manifest["files"]:
        raise SystemExit(f"{data}: it has no {name}; the recipe needs `{'negatives' if stage == 'mdpo' else 'partitions'}`")
    if file_digest(data / name) != manifest["files"][name]["sha256"]:
        raise SystemExit(f"{data / name}: it is not the file that the manifest lists; build it again")
    for line in (data / name).read_text(encoding="utf-8").splitlines():
        yield json.loads(line)


def _own_rows(data: Path) -> Iterator[Row]:
    from magnetc.emit.foreign.forms import read_row
    from magnetc.emit.foreign.lines import data_files, lines_of
    from magnetc.emit.foreign.trl import messages_of, tools_of, unfit

    for number, file in enumerate(data_files(data), 1):
        for line in lines_of(file):
            row, problems = read_row(line.row) if not line.problem else (None, [])
            problem = unfit(row, problems) if row else None
            if row is None or problem:
                why = line.problem or (problem or problems[0]).message
                raise SystemExit(f"{file}, line {line.number}: {why}; `magnetc lint-data {data}` shows all that is wrong")
            yield {"id": f"{number}-{line.number}", "messages": messages_of(row), "tools": tools_of(row), "tags": {}, "certificate": {}}


def held_out_of(out: Path | None) -> HeldOut:
    """What is held out of an output: all conversations but those of the partitions that training reads."""
    if out is None:
        return HeldOut()
    names = [name for name in read_manifest(out)["files"] if name.startswith("sft/") and name not in TRAINED]
    rows = [json.loads(line) for name in names for line in (out / name).read_text(encoding="utf-8").splitlines()]
    return HeldOut(frozenset(row["tags"]["base"] for row in rows), frozenset(map(_spoken, rows)))


def _spoken(row: Row) -> tuple[str, ...]:
    messages = row["messages"] if "messages" in row else [*row["prompt"], *row["chosen"]]
    return tuple(str(message.get("content")) for message in messages if message["role"] == "user")


def write(found: Measured, chosen: Sequence[tuple[str, int]], stage: str, name: str, seed: int, folder: Path) -> dict[str, Any]:
    """A dataset of the chosen rows, and what it comes to. A row that is taken again has the number of its pass behind its id."""
    output = Output(folder)
    try:
        for id, number in chosen:
            row = found.rows[id] if not number else {**found.rows[id], "id": f"{id}~{number}"}
            row = {**row, "certificate": {**row["certificate"]}}
            row["certificate"]["row"] = row_digest(row)
            output.row(FILES[stage], row)
        files = output.data_files()
        output.manifest({"version": VERSION, "name": name, "recipe_version": f"seed {seed}", "description": "", "compiler": f"magnetc {__version__}", "seed": seed,
                         "states": [], "files": files, "others": {}, "train": {"stages": stages(files)}})
        output.commit()
    finally:
        output.discard()
    sizes = [found.sizes[id] for id, _ in chosen]
    trained = sum(size.trained for size in sizes)
    return {"rows": len(chosen), "different": len({id for id, _ in chosen}), "passes": trained / found.trained, "trained": trained,
            "tokens": sum(size.tokens for size in sizes)}


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("-o", "--out", type=Path, required=True)
    parser.add_argument("--stage", choices=tuple(FILES), required=True)
    parser.add_argument("--tokens", type=int)
    parser.add_argument("--like", type=Path)
    parser.add_argument("--held-out", type=Path)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--set", dest="changes", action="append", default=[], metavar="KEY=VALUE", help="as of `magnetc train`: base, length, over, template")
    options = parser.parse_args(arguments)
    if (options.tokens is None) == (options.like is None):
        parser.error("give one of --tokens and --like")
    sink = Sink()
    with diagnosed(sink):
        settings = read_settings({}, options.changes, sink)
        if settings is None:
            fail(sink)
        _equal(options, settings)
    return 0


def _equal(options: argparse.Namespace, settings: TrainSettings) -> None:
    from magnetc.train.run.base import chat_of

    if not isinstance(settings.base, str):
        raise SystemExit("--set base: name a model; one from nothing has no chat template yet")
    chat, held_out = chat_of(settings.base, settings), held_out_of(options.held_out)
    found = measured(read_rows(options.data, options.stage), options.stage, settings, chat, held_out)
    if not found.rows:
        raise SystemExit(f"{options.data}: no row can be trained on: {dict(found.left_out)}")
    tokens = options.tokens or (found if options.like == options.data else
                                measured(read_rows(options.like, options.stage), options.stage, settings, chat, held_out)).trained
    name = options.data.stem or "data"
    made = {str(seed): write(found, drawn({id: size.trained for id, size in found.sizes.items()}, tokens, seed), options.stage, name, seed, options.out / str(seed))
            for seed in range(options.seeds)}
    told = {"stage": options.stage, "asked": tokens, "data": found.document(), "seeds": made}
    (options.out / NAME).write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    announce(f"{options.data}, {options.stage}: {tokens:,} trained tokens asked; one pass has {found.trained:,}")
    for seed, each in made.items():
        announce(f"  seed {seed}: {each['trained']:,} trained of {each['tokens']:,} tokens in {each['rows']:,} rows, {each['passes']:.2f} passes")


if __name__ == "__main__":
    raise SystemExit(main())
