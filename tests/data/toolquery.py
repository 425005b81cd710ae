"""ToolQuery in tests: its shipped tasks, what answers them as they are to be, and a small benchmark that is written as AgentBoard's is."""

from __future__ import annotations

import json
import pickle
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from magnetc.agent.policy import Action, Request
from magnetc.eval.toolquery.tasks import Task

SPEC = Path(__file__).parents[2] / "specs" / "toolquery"


def records() -> list[dict[str, Any]]:
    """The lines of `tasks.jsonl`."""
    return [json.loads(line) for line in (SPEC / "tasks.jsonl").read_text(encoding="utf-8").splitlines()]


def call(name: str, /, **arguments: Any) -> Action:
    return Action(calls=((name, arguments),))


def finish(answer: Any) -> Action:
    return call("finish", answer=answer)


class Solver:
    """Makes the calls that each task states, one a message, then what `end` says."""

    def __init__(self, tasks: Sequence[Task], end: Callable[[Task], Action] = lambda task: finish(task.answer)):
        self._tasks, self._end = {task.goal: task for task in tasks}, end
        self.sizes: list[int] = []

    async def act(self, requests: Sequence[Request]) -> list[Action]:
        self.sizes.append(len(requests))
        return [self._next(request) for request in requests]

    def _next(self, request: Request) -> Action:
        task = self._tasks[next(message["content"] for message in request.messages if message["role"] == "user")]
        said = sum(message["role"] == "assistant" for message in request.messages)
        return Action(calls=(task.calls[said],)) if said < len(task.calls) else self._end(task)


def as_rows(folder: Path, tasks: Sequence[dict[str, Any]]) -> Path:
    """A folder of conversations that solve tasks, for the agent behind the endpoint of the tests to read."""
    (folder / "sft").mkdir(parents=True)
    with (folder / "sft" / "train.jsonl").open("w", encoding="utf-8") as file:
        for task in tasks:
            calls = [*((each["name"], each["arguments"]) for each in task["calls"]), ("finish", {"answer": task["answer"]})]
            said = [{"role": "assistant", "content": "", "tool_calls": [{"id": "x", "type": "function", "function": {
                "name": name, "arguments": json.dumps(arguments)}}]} for name, arguments in calls]
            file.write(json.dumps({"messages": [{"role": "user", "content": task["goal"]}, *said]}) + "\n")
    return folder


PAPERS = {0: {"year": 2019, "venue": "Tiny Conference", "n_citation": 4, "keywords": ["nets"], "doc_type": "Conference"},
          1: {"year": 2021, "venue": "Tiny Journal", "n_citation": 9, "keywords": [], "doc_type": "Journal"}}
TITLES = {"First Steps": 0, "Second Thoughts": 1}
PEOPLE = {7: {"name": "Ada Quill", "org": "North"}, 8: {"name": "Ben Rook", "org": "South"}}
AGENTBOARD_TASKS = [
    {"goal": "When did First Steps appear?", "difficulty": "easy", "subgoals": ["PaperNet is loaded.", PAPERS[0], 2019],
     "additional_info": {"answer": 2019, "tool": "academia", "goal_type": 0}},
    {"goal": "What did Ada Quill and Ben Rook write together?", "difficulty": "easy", "id": 1,
     "subgoals": ["AuthorNet is loaded.", {"weight": 1, "collaborative_papers": ["Second Thoughts"]}, ["Second Thoughts"]],
     "additional_info": {"answer": ["Second Thoughts"], "tool": "academia", "goal_type": 0}},
    {"goal": "How warm is it?", "difficulty": "hard", "subgoals": [3.0], "additional_info": {
        "answer": 3.0, "tool": "weather", "goal_type": 0, "init_config": {"current_date": "2023-01-01", "current_location": "Paris"}}},
]


def agentboard(folder: Path, **instead: Any) -> Path:
    """A folder as AgentBoard's data is unpacked, with graphs pickled as networkx pickles them. `instead`: other objects, by file."""
    raw = folder / "tool-query" / "academia" / "raw"
    raw.mkdir(parents=True)
    (folder / "tool-query" / "test.jsonl").write_text("".join(json.dumps(task) + "\n" for task in AGENTBOARD_TASKS), encoding="utf-8")
    shared = {"weight": 1, "collaborative_papers": [1]}
    own = {"paper_net": _graph(PAPERS, {0: {}, 1: {0: {}}}), "author_net": _graph(PEOPLE, {7: {8: shared}, 8: {7: shared}}), "title2id_dict": TITLES,
           "author2id_dict": {row["name"]: number for number, row in PEOPLE.items()}, "id2title_dict": {number: title for title, number in TITLES.items()},
           "id2author_dict": {number: row["name"] for number, row in PEOPLE.items()}} | instead
    for name, value in own.items():
        (raw / f"{name}.pkl").write_bytes(value if isinstance(value, bytes) else pickle.dumps(value))
    return folder


def _graph(nodes: dict[int, Any], edges: dict[int, Any]) -> bytes:
    """What pickling a `networkx.DiGraph` gives, without the package."""
    module = ModuleType("networkx.classes.digraph")
    kind = type("DiGraph", (), {"__module__": module.__name__})
    module.__dict__["DiGraph"] = kind
    graph = kind()
    graph.__dict__.update(graph={}, _node=nodes, _adj=edges, _succ=edges, node_dict_factory=dict)
    before = {name: sys.modules.get(name) for name in ("networkx", "networkx.classes", module.__name__)}
    sys.modules.update({name: sys.modules.get(name) or ModuleType(name) for name in ("networkx", "networkx.classes")} | {module.__name__: module})
    try:
        return pickle.dumps(graph)
    finally:
        for name, old in before.items():
            if old is None:
                del sys.modules[name]
            else:
                sys.modules[name] = old
