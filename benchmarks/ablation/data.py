"""What arms are trained on and played in: recipes that are written for an arm and a seed, built once, and rows that are put beside those of a build."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import yaml

from magnetc.agent.reference import drawn_rows
from magnetc.build.output import MANIFEST, file_digest
from magnetc.build.read_manifest import read_manifest
from magnetc.source.write_whole import write_whole

from .arms import ARMS, FULL, SETS, SINGLES, Arm, Operations, Size
from .clock import Deadline, held, magnetc

RECIPES = Path(__file__).parent / "recipes"
TRAIN = "sft/train.jsonl"
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """The folder of all that is made, and how much of it. Whatever is in it whole is not made again."""

    work: Path
    size: Size

    def test_set(self, name: str, deadline: Deadline) -> Path:
        """The output that a set is played in."""
        recipe, seed = SETS[name]
        document = {"extend": f"../{recipe}", "seed": seed, "paths": {"care": _paths_for(self.size.played[name])}, "partitions": {"train": 0, "test": 1}}
        return self._built(f"set-{name}", document, None, deadline)

    def train_set(self, arm: Arm, seed: int, deadline: Deadline) -> Path:
        """The output that an arm is trained on in its first stage."""
        built = self._built(f"{arm.name}-{seed}", _training(seed, self.size.paths), arm.operations.text(), deadline)
        return self._with_singles(arm, seed, built, deadline) if arm.singles else built

    def pairs(self, arm: Arm, seed: int, deadline: Deadline) -> Path:
        """The output with the pairs that an arm is trained on in its second stage: those of the conversations of `full`."""
        document = {**_training(seed, self.size.paths), "negatives": {arm.pairs: 1}}
        return self._built(f"pairs-{arm.pairs}-{seed}", document, Operations().text(), deadline)

    def base(self, seed: int, deadline: Deadline) -> Path:
        """The model from nothing that all arms of a seed begin with, its tokenizer trained on what `full` is trained on."""
        place = self.work.resolve() / "bases" / str(seed)
        with held(place, deadline):
            if not place.is_dir():
                rows = read_rows(self.train_set(ARMS[FULL], seed, deadline) / TRAIN)
                from magnetc.models import scratch

                settings = scratch.ScratchSettings(seed=seed)
                tokenizer = scratch.scratch_tokenizer(scratch.scratch_texts(rows), settings.vocabulary)
                partial = place.with_name(f"{seed}.partial")
                shutil.rmtree(partial, ignore_errors=True)
                tokenizer.save_pretrained(partial)
                scratch.scratch_model(settings, tokenizer).save_pretrained(partial)
                partial.rename(place)
        return place

    def _with_singles(self, arm: Arm, seed: int, built: Path, deadline: Deadline) -> Path:
        """As many rows of Split of one goal as `full` has of Split, beside what was built without any. Of an output it has what training reads."""
        wanted = sum(map(is_split, read_rows(self.train_set(ARMS[FULL], seed, deadline) / TRAIN)))
        singles = self._built(f"singles-{seed}", _training(seed, self.size.paths), SINGLES.text() + "path care { turns 1..1 }\n", deadline)
        place = self.work / "data" / f"{arm.name}-{seed}-composed"
        with held(place, deadline):
            if not (place / MANIFEST).is_file():
                found = [row for row in read_rows(singles / TRAIN) if is_split(row)]
                if len(found) < wanted:
                    raise ValueError(f"{singles} has {len(found)} rows of Split, and {wanted} are wanted")
                added = [{**row, "id": f"single.{row['id']}"} for row in drawn_rows(found, wanted)]
                compose(built, place, [*read_rows(built / TRAIN), *added])
        return place

    def _built(self, name: str, document: Mapping[str, Any], operations: str | None, deadline: Deadline) -> Path:
        """Build a recipe that extends one of ours."""
        place, done = self.work / "data" / name, self.work / "data" / f"{name}.done"
        with held(place, deadline):
            if not done.is_file():
                recipe = self._recipe(name, document, operations)
                magnetc(deadline, self.work / "logs" / f"build-{name}.txt", "build", recipe, "-o", place, "--jobs", 1, "--trust")
                done.touch()
        return place

    def _recipe(self, name: str, document: Mapping[str, Any], operations: str | None) -> Path:
        """The recipe's folder, beside the ones that it extends."""
        recipes = self.work / "recipes"
        with held(recipes / "ours", Deadline(float("inf"))):
            for ours in RECIPES.iterdir():
                if not (recipes / ours.name).is_dir():
                    partial = recipes / f"{ours.name}.partial"
                    shutil.rmtree(partial, ignore_errors=True)
                    shutil.copytree(ours, partial)
                    partial.rename(recipes / ours.name)
        folder = recipes / f"arm-{name}"
        folder.mkdir(exist_ok=True)
        include = [] if operations is None else ["operations.magnet"]
        write_whole(folder / "recipe.yaml", yaml.safe_dump({"kind": "recipe", "name": f"arm-{name}", **document, "include": include}, sort_keys=False))
        if operations is not None:
            write_whole(folder / "operations.magnet", operations)
        return folder


def compose(built: Path, place: Path, rows: Iterable[Row]) -> None:
    """An output for training alone: `built` with other training rows."""
    text = "".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n" for row in rows)
    (place / TRAIN).parent.mkdir(parents=True, exist_ok=True)
    write_whole(place / TRAIN, text)
    manifest = read_manifest(built)
    manifest["files"][TRAIN] |= {"rows": text.count("\n"), "sha256": file_digest(place / TRAIN)}
    write_whole(place / MANIFEST, yaml.safe_dump(manifest, sort_keys=False, allow_unicode=True))


def read_rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def is_split(row: Row) -> bool:
    """Whether Split made a row."""
    return any(str(each).startswith("split.") for each in row["tags"].get("operations") or ())


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What an arm is trained on: `tokens` of a pass over all `rows`, of which `trained` have a weight; user `turns` and `calls`."""

    rows: int
    conversations: int
    turns: int
    calls: int
    tokens: int
    trained: int

    def document(self) -> dict[str, int]:
        return asdict(self)


def calls_a_turn(rows: Iterable[Row]) -> tuple[int, int]:
    """User turns and calls of rows. Of a conversation that is in several rows each counts, as each is trained on."""
    turns = calls = 0
    for row in rows:
        turns += sum(message["role"] == "user" for message in row["messages"])
        calls += sum(len(message.get("tool_calls") or ()) for message in row["messages"] if message["role"] == "assistant")
    return turns, calls


def facts(data: Path, model: Path) -> Facts:
    """Of a training set, with the tokenizer of `model`."""
    from magnetc.models.chat import Chat
    from magnetc.models.load import load_tokenizer
    from magnetc.train.encode.rows import encode_row

    rows, chat = read_rows(data / TRAIN), Chat(load_tokenizer(model))
    sequences = [sequence for row in rows for sequence in encode_row(row, chat)]
    turns, calls = calls_a_turn(rows)
    return Facts(rows=len(rows), conversations=len({row["tags"]["base"] for row in rows}), turns=turns, calls=calls, tokens=sum(map(len, sequences)),
                 trained=int(sum(sum(each.weights) for each in sequences)))


def _training(seed: int, paths: int) -> dict[str, Any]:
    return {"extend": "../practice", "seed": seed, "paths": {"care": paths}}


def _paths_for(rows: int) -> int:
    """Base paths that give so many rows: with Split and what is not kept it is about one and a half of each; rows too many are left out by a draw."""
    return max(rows * 4 // 5, 8)
