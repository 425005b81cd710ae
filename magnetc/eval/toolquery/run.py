"""An agent at all tasks, and what that comes to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from magnetc.agent.lanes import advance_all
from magnetc.agent.policy import Policy
from magnetc.build.interval import LEVEL, Interval, of_mean, wilson
from magnetc.eval.toolquery.environment import Environment, Tools
from magnetc.eval.toolquery.episode import Episode
from magnetc.eval.toolquery.scoring import MOST_STEPS
from magnetc.eval.toolquery.tasks import FAMILIES, Task, TaskSet
from magnetc.ir.json import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskScore:
    """What became of a task.

    `success` is AgentBoard's: the task was ended, and each of its subgoals reached. `strict` asks beside it that the answer given is the task's,
    and not only a value that some call has given. `grounded` is the share of steps that were a call of an offered tool with all its parameters.
    """

    task: Task
    progress: float
    success: bool
    strict: bool
    steps: int
    grounded: float
    ended: bool
    answer: Json
    messages: Sequence[dict[str, Any]]

    def document(self) -> dict[str, Json]:
        """As JSON, without the messages."""
        return {"id": self.task.id, "family": self.task.family, "difficulty": self.task.difficulty, "success": self.success, "strict": self.strict,
                "progress": self.progress, "steps": self.steps, "grounded": self.grounded, "ended": self.ended, "answer": self.answer,
                "expected": self.task.answer}


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Means over some tasks, with intervals: Wilson's of shares, of the progress rate by its standard error."""

    tasks: int
    successes: int
    strict: int
    progress: float
    progress_interval: Interval
    steps: float
    grounded: float

    @property
    def success_rate(self) -> float:
        return self.successes / self.tasks

    @property
    def strict_rate(self) -> float:
        return self.strict / self.tasks

    def document(self) -> dict[str, Json]:
        return {"tasks": self.tasks, "success_rate": self.success_rate, "success_interval": list(wilson(self.successes, self.tasks)),
                "strict_success_rate": self.strict_rate, "strict_success_interval": list(wilson(self.strict, self.tasks)),
                "progress_rate": self.progress, "progress_interval": list(self.progress_interval), "steps": self.steps, "grounding": self.grounded}


def group(scores: Sequence[TaskScore]) -> Group:
    """What some tasks, at least one, come to."""
    count, rates = len(scores), [score.progress for score in scores]
    return Group(tasks=count, successes=sum(score.success for score in scores), strict=sum(score.strict for score in scores),
                 progress=sum(rates) / count, progress_interval=of_mean(rates), steps=sum(score.steps for score in scores) / count,
                 grounded=sum(score.grounded for score in scores) / count)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What an agent did in a set of tasks. `shown`: the digest of what it was shown beside goals and results."""

    chosen: TaskSet
    shown: str
    most_steps: int
    scores: tuple[TaskScore, ...]

    def groups(self) -> dict[str, Group]:
        """All together, then by family and difficulty."""
        named = {"all": list(self.scores)}
        named |= {family: [score for score in self.scores if score.task.family == family] for family in FAMILIES}
        named |= {level: [score for score in self.scores if score.task.difficulty == level] for level in ("easy", "hard")}
        return {name: group(scores) for name, scores in named.items() if scores}

    def document(self, model: str) -> dict[str, Json]:
        """As JSON, without the messages."""
        groups = {name: found.document() for name, found in self.groups().items()}
        return {"benchmark": "toolquery", "set": self.chosen.name, "digest": self.chosen.digest, "shown": self.shown, "model": model, "most_steps": self.most_steps,
                "interval": LEVEL, "left_out": dict(self.chosen.left_out), "groups": groups, "tasks": [score.document() for score in self.scores]}


async def run(chosen: TaskSet, policy: Policy, environment: Environment, tools: Tools, *, most_steps: int = MOST_STEPS, batch: int = 64, lanes: int = 1,
              acted: Callable[[int], None] = lambda _: None) -> Result:
    """Let `policy` do all tasks, `batch` at a time in each of `lanes`; `acted` is told how many messages it has said each time.

    Raises:
        MagnetError: MG601 to MG607 for a world that does not work.
    """
    episodes = [Episode(task, *tools.of(task.family), most_steps) for task in chosen.tasks]

    async def advance(active: Sequence[Episode]) -> None:
        actions = await policy.act([episode.request() for episode in active])
        taken = [(episode, episode.take(action)) for episode, action in zip(active, actions, strict=True)]
        calling = [(episode, attempts) for episode, attempts in taken if attempts]
        if calling:
            await environment.execute(calling)
        for episode in active:
            episode.settle()

    await advance_all(episodes, advance, batch=batch, lanes=lanes, acted=acted)
    return Result(chosen=chosen, shown=tools.digest(), most_steps=most_steps, scores=tuple(map(_scored, episodes)))


def _scored(episode: Episode) -> TaskScore:
    success = episode.ended and episode.progress.rate == 1.0
    right = episode.answered and _is_answer(episode.answer, episode.task)
    return TaskScore(task=episode.task, progress=episode.progress.rate, success=success, strict=success and right, steps=episode.steps,
                     grounded=episode.grounded / episode.steps, ended=episode.ended, answer=episode.answer, messages=episode.messages)


def _is_answer(given: Json, task: Task) -> bool:
    """As subgoals are compared; a task of AgentBoard's that states no answer has its last subgoal for one."""
    expected = task.subgoals[-1] if task.answer is None else task.answer
    try:
        return given == (sorted(expected) if isinstance(expected, list) else expected)
    except TypeError:
        return given == expected
