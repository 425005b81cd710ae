"""The tasks: ours, which are shipped, and those of AgentBoard, where the user has them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from magnetc.diagnostics import Diagnostic, MagnetError
from magnetc.distill.contamination.toolquery import task_files
from magnetc.ir.json import Json, digest
from magnetc.ir.read_json import read_json
from magnetc.source.resources import resource

Family = Literal["weather", "movie", "academia"]
FAMILIES: tuple[Family, ...] = ("weather", "movie", "academia")
RECIPE = "toolquery"
"""The folder of the recipe in `specs/`, whose world, tools and tasks these are."""

OURS, AGENTBOARD = "magnetc-toolquery-60", "agentboard-tool-query"
"""The sets by name. A score of one is no score of the other."""

NEEDS = {"weather": "open-meteo.com, whose answers it asks for as they are today", "movie": "themoviedb.org, with a key of the user's"}
"""What AgentBoard's own tools of a family ask over the network."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One question. `init` is what its world is told at the start; `calls` are a way to the answer, of our own tasks alone."""

    id: str
    family: Family
    difficulty: str
    goal: str
    answer: Json
    subgoals: tuple[Json, ...]
    init: Mapping[str, str] = field(default_factory=dict)
    calls: tuple[tuple[str, dict[str, Json]], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskSet:
    """A held-out set, by name and digest. `left_out` says how many of its tasks are not run, and why."""

    name: str
    digest: str
    tasks: tuple[Task, ...]
    left_out: Mapping[str, int] = field(default_factory=dict)

    def part(self, families: Sequence[str], limit: int | None) -> TaskSet:
        """The tasks of some families, the first of each so many as `limit` says; the set keeps its digest, and its name says that it is a part."""
        chosen = [task for family in FAMILIES if family in families for task in [t for t in self.tasks if t.family == family][:limit]]
        name = self.name if len(chosen) == len(self.tasks) else f"{self.name}[{len(chosen)} of {len(self.tasks)}]"
        return TaskSet(name=name, digest=self.digest, tasks=tuple(chosen), left_out=self.left_out)


def own_tasks() -> TaskSet:
    """The 60 tasks in `specs/toolquery/tasks.jsonl`. Their digest is that of all they hold, results of the world and answers too."""
    rows = [read_json(line) for line in resource("specs", RECIPE, "tasks.jsonl").read_text(encoding="utf-8").splitlines()]
    tasks = tuple(Task(id=row["id"], family=row["family"], difficulty=row["difficulty"], goal=row["goal"], answer=row["answer"],
                       subgoals=tuple(row["subgoals"]), init=row.get("init", {}), calls=tuple((call["name"], call["arguments"]) for call in row["calls"]))
                  for row in rows)
    return TaskSet(name=OURS, digest=digest(rows)[:12], tasks=tasks)


def agentboard_tasks(folder: Path) -> TaskSet:
    """The tasks of AgentBoard's `tool-query/test.jsonl` below `folder` that need no network: those of academia.

    Raises:
        MagnetError: MG707 where they are not there, or are not written as AgentBoard writes them.
    """
    paths = task_files(folder)
    if not paths:
        raise unusable(folder, "no file `tool-query/test.jsonl` is in it", "name the folder that AgentBoard's data was unpacked to")
    rows = [row for path in paths for row in _rows(path, folder)]
    tasks = [_task(number, row, folder) for number, row in enumerate(rows, 1)]
    left_out = {f"{family} needs {NEEDS[family]}": count for family in NEEDS if (count := sum(task.family == family for task in tasks))}
    return TaskSet(name=AGENTBOARD, digest=digest(rows)[:12], tasks=tuple(task for task in tasks if task.family not in NEEDS), left_out=left_out)


def _rows(path: Path, folder: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise unusable(folder, f"`{path.name}` cannot be read: {error}") from None
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                row = read_json(line)
            except ValueError as error:
                raise unusable(folder, f"line {number} of `{path.name}` is no JSON: {error}") from None
            rows.append(row if isinstance(row, dict) else {})
    return rows


def _task(number: int, row: dict[str, Any], folder: Path) -> Task:
    match row:
        case {"goal": str(goal), "subgoals": [_, *_] as subgoals, "additional_info": {"tool": "weather" | "movie" | "academia" as family, **more}}:
            return Task(id=f"{number}", family=family, difficulty=str(row.get("difficulty", "")), goal=goal, answer=more.get("answer"),
                        subgoals=tuple(subgoals))
    raise unusable(folder, f"task {number} is no task of ToolQuery", "each line has `goal`, `subgoals`, and in `additional_info` a `tool`: weather, movie or academia")


def unusable(folder: Path, why: str, advice: str = "") -> MagnetError:
    """MG707: what is in a folder is not AgentBoard's ToolQuery."""
    return MagnetError(Diagnostic(code="MG707", message=f"`{folder}` cannot be used as AgentBoard's data: {why}", help=advice or None))
