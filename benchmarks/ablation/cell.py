"""A cell: an arm of a seed, from its recipe to what its model does in every set. Each part is on disk when it is done, and what is there is not done again."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from magnetc.agent.play import play
from magnetc.agent.reference import drawn_rows
from magnetc.agent.score import Score, score
from magnetc.build.acting import ActingModel, acting
from magnetc.build.opened import Opened, open_output
from magnetc.diagnostics import Sink
from magnetc.ir.checkpoint import Checkpoint
from magnetc.source.write_whole import write_whole

from .arms import ARMS, FULL, Size
from .clock import Broken, Deadline, magnetc
from .data import Store, facts, read_rows

MOST_ACTIONS = 8


class Cell:
    """`device` and `batch` say how the model plays; they decide nothing of what it does but for rounding."""

    def __init__(self, work: Path, size: Size, name: str, seed: int, device: str = "auto", batch: int = 32):
        self.size, self.arm, self.seed, self.device, self.batch = size, ARMS[name], seed, device, batch
        self.store = Store(work=work, size=size)
        self.folder = work / "cells" / f"{name}-{seed}"
        self.log = work / "logs" / f"{name}-{seed}.txt"

    @property
    def final(self) -> Path:
        return self.folder / "model" / "final"

    def is_trained(self) -> bool:
        return (self.final / "SERVE.md").is_file()

    def is_done(self) -> bool:
        return (self.folder / "facts.json").is_file() and all(len(self.played(name)) == expected for name, expected in self.expected().items())

    def is_ready(self) -> bool:
        """Whether what it goes on from is there."""
        return not self.arm.pairs or self._start().is_trained()

    def expected(self) -> dict[str, int]:
        """How many conversations of each set are played; -1 while that is not known."""
        path = self.folder / "expected.json"
        known = json.loads(path.read_text()) if path.is_file() else {}
        return {name: known.get(name, -1) for name in self.size.played}

    def played(self, name: str) -> list[dict[str, Any]]:
        """What the model did in a set so far, a line each; a line that was cut off is none."""
        path = self._plays(name)
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True) if path.is_file() else []
        return [json.loads(line) for line in lines if line.endswith("\n")]

    def run(self, deadline: Deadline) -> None:
        """Do all that is not done. Raises OutOfTime, Broken."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if not self.is_trained():
            self._train(deadline)
        if not (self.folder / "facts.json").is_file():
            self._tell(deadline)
        for name in self.size.played:
            asyncio.run(self._play(name, deadline))

    def _train(self, deadline: Deadline) -> None:
        stage, data = ("mdpo", self.store.pairs(self.arm, self.seed, deadline)) if self.arm.pairs else ("sft", self._data(deadline))
        changes = [word for change in self._changes(stage, deadline) for word in ("--set", change)]
        magnetc(deadline, self.log, "train", data, "-o", self.folder / "model", "--stage", stage, *changes)

    def _changes(self, stage: str, deadline: Deadline) -> list[str]:
        """The training settings: the same for all arms, but for where and how strongly a preference acts, and what it goes on from."""
        size, named = self.size, any(change.startswith("base=") for change in self.size.changes)
        found = ["select=false", f"length={size.packing}", "over=cut", f"seed={self.seed}", f"sft.steps={size.steps}", "sft.lr=3e-3", "sft.batch=1",
                 f"sft.packing={size.packing}", "sft.warmup=0.05", *size.changes]
        if stage == "mdpo":
            found += [f"mdpo.steps={size.preference_steps}", "mdpo.lr=3e-4", "mdpo.batch=4", "mdpo.floor=5", f"mdpo.lambda={self.arm.preference}",
                      f"mdpo.credit={self.arm.credit}", f"base={json.dumps(str(self._start().final.resolve()))}"]
            return [*found, *(change for change in size.changes if change.startswith("mdpo."))]
        return found if named else [*found, f"base={json.dumps(str(self.store.base(self.seed, deadline)))}"]

    def _data(self, deadline: Deadline) -> Path:
        return self.store.train_set(self.arm, self.seed, deadline)

    def _start(self) -> Cell:
        return Cell(self.store.work, self.size, FULL, self.seed)

    def _tell(self, deadline: Deadline) -> None:
        """Keep what the arm was trained on."""
        found: dict[str, Any] = {"steps": self.size.preference_steps if self.arm.pairs else self.size.steps}
        if self.arm.pairs:
            found["pairs"] = len(read_rows(self.store.pairs(self.arm, self.seed, deadline) / "preference/train.jsonl"))
        else:
            found |= facts(self._data(deadline), self.final).document()
        write_whole(self.folder / "facts.json", json.dumps(found, indent=1) + "\n")

    async def _play(self, name: str, deadline: Deadline) -> None:
        """Play what is not played of a set, some conversations at once, and keep what came of each."""
        if len(self.played(name)) == self.expected()[name]:
            return
        opened = open_output(self.store.test_set(name, deadline), Sink())
        if opened is None:
            raise Broken(f"the recipe of set `{name}` does not load")
        rows = drawn_rows(read_rows(opened.folder / "sft" / "test.jsonl"), self.size.played[name])
        write_whole(self.folder / "expected.json", json.dumps({**self.expected(), name: len(rows)}) + "\n")
        known = self.played(name)
        write_whole(self._plays(name), "".join(map(_line, known)))
        seen = {each["id"] for each in known}
        await self._play_rows(opened, [row for row in rows if row["id"] not in seen], self._plays(name), deadline)

    async def _play_rows(self, opened: Opened, rows: Sequence[Mapping[str, Any]], path: Path, deadline: Deadline) -> None:
        checkpoint = Checkpoint(model=str(self.final.resolve()), device=self.device, batch=self.batch)
        pool = opened.pool(1)
        try:
            async with acting(ActingModel(model=checkpoint, most_tokens=self.size.most_tokens), self.folder) as agent:
                for start in range(0, len(rows), self.size.chunk):
                    deadline.left()
                    played = await play(rows[start : start + self.size.chunk], agent.policy, pool, opened.spec, opened.states, most_actions=MOST_ACTIONS,
                                        batch=agent.batch)
                    with path.open("a", encoding="utf-8") as file:
                        file.writelines(_line(outcome(score(each, opened.spec))) for each in played)
        finally:
            await pool.close()

    def _plays(self, name: str) -> Path:
        return self.folder / f"{name}.jsonl"


def outcome(one: Score) -> dict[str, Any]:
    """What is kept of a conversation that was played."""
    distances: dict[str, list[int]] = {}
    for turn in one.verdicts:
        if turn.reference_calls:
            sums = distances.setdefault(turn.distance, [0, 0])
            sums[0] += turn.success
            sums[1] += 1
    return {"id": one.row, "base": one.base, "operations": list(one.operations), "turns": one.turns, "turn_successes": one.turn_successes,
            "success": one.success, "reference_calls": one.reference_calls, "recalled": one.recalled, "made": one.made, "asks": one.asks,
            "asked_rightly": one.asked_rightly, "declines": one.declines, "declined_rightly": one.declined_rightly, "distances": distances}


def _line(found: Mapping[str, Any]) -> str:
    return json.dumps(found, ensure_ascii=False, separators=(",", ":")) + "\n"
