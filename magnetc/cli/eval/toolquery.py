"""`magnetc eval toolquery`: questions about weather, movies and papers, answered with tools."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from magnetc.cli.agent_options import agent_options
from magnetc.cli.pace import pace
from magnetc.cli.report import announce, counted, diagnosed
from magnetc.diagnostics import Sink

if TYPE_CHECKING:
    from magnetc.build.acting import ActingModel
    from magnetc.eval.toolquery.run import Result
    from magnetc.eval.toolquery.tasks import TaskSet

FAMILIES = ("weather", "movie", "academia")


@click.command("toolquery")
@click.option("--data", type=click.Path(path_type=Path, exists=True, file_okay=False), metavar="DIR",
              help="AgentBoard's data: its own tasks of academia, in its nets, in place of ours.")
@click.option("--family", "families", multiple=True, type=click.Choice(FAMILIES), help="Only tasks of this family; may be given several times.")
@click.option("--limit", type=click.IntRange(min=1), help="At most so many tasks of each family.")
@click.option("--steps", type=click.IntRange(min=1), default=30, show_default=True, help="Calls, or messages without one, in a task at the most.")
@click.option("-o", "--results", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Write the score and every conversation, as JSON.")
@click.option("--json", "as_json", is_flag=True, help="The score, and that of each task, as JSON.")
@agent_options()
def command(data: Path | None, families: tuple[str, ...], limit: int | None, steps: int, results: Path | None, as_json: bool, agent: ActingModel) -> None:
    """Let a model answer 60 questions of our own about weather, movies and papers (magnetc-toolquery-60) in the world of `specs/toolquery`,
    scored as ToolQuery of AgentBoard is."""
    import asyncio

    from magnetc.eval.toolquery.tasks import agentboard_tasks, own_tasks

    with diagnosed(Sink()):
        chosen = (agentboard_tasks(data) if data else own_tasks()).part(families or FAMILIES, limit)
        for reason, count in chosen.left_out.items():
            announce(f"{counted(count, 'task')} left out: {reason}")
        if not chosen.tasks:
            raise click.UsageError("no task is left: choose other families")
        name = agent.name(Path())
        result = asyncio.run(_run(chosen, data, agent, steps))
        document = result.document(name)
        if results is not None:
            _write(results, result, document)
    if as_json:
        click.echo(json.dumps(document, indent=1, ensure_ascii=False))
    else:
        _show(result, name)


async def _run(chosen: TaskSet, data: Path | None, agent: ActingModel, steps: int) -> Result:
    from magnetc.build.acting import acting
    from magnetc.eval.toolquery.environment import Tools, environment, own_spec
    from magnetc.eval.toolquery.run import run

    spec = own_spec()
    async with environment(data, spec, announce) as world, acting(agent, Path()) as at_work:
        with pace("answering") as watch:
            watch.begin(_amount(chosen, steps), len(chosen.tasks), min(len(chosen.tasks), at_work.batch * at_work.lanes))
            result = await run(chosen, at_work.policy, world, Tools(spec), most_steps=steps, batch=at_work.batch, lanes=at_work.lanes, acted=watch.said)
        if at_work.counts["refused"]:
            announce(f"{counted(at_work.counts['refused'], 'message')} of the agent stayed empty: the endpoint refused the request, as it does when one is too long")
        return result


def _amount(chosen: TaskSet, steps: int) -> int:
    """Says how many messages the agent may need; returns how many it does when it takes the way that is known."""
    usual = sum(min(steps, len(task.subgoals)) for task in chosen.tasks)
    announce(f"{chosen.name} ({chosen.digest}): {counted(len(chosen.tasks), 'task')}, {usual:,} messages the short way, {steps * len(chosen.tasks):,} at the most")
    return usual


def _write(path: Path, result: Result, document: dict) -> None:
    from magnetc.source.write_whole import write_whole

    tasks = [{**told, "messages": list(score.messages)} for told, score in zip(document["tasks"], result.scores)]
    write_whole(path, json.dumps({**document, "tasks": tasks}, indent=1, ensure_ascii=False) + "\n")
    announce(f"written to {path}")


def _show(result: Result, model: str) -> None:
    from magnetc.build.interval import LEVEL, wilson

    click.echo(f"{model} on {result.chosen.name} ({result.chosen.digest}, shown {result.shown}), {LEVEL:.0%} intervals")
    click.echo(f"{'':9}  {'tasks':>5}  {'success':>7}  {'':13}  {'strict':>6}  {'progress':>8}  {'':13}  {'grounding':>9}  {'steps':>5}")
    for name, found in result.groups().items():
        click.echo(f"{name:9}  {found.tasks:5}  {found.success_rate:7.1%}  {_interval(wilson(found.successes, found.tasks)):13}  {found.strict_rate:6.1%}  "
                   f"{found.progress:8.1%}  {_interval(found.progress_interval):13}  {found.grounded:9.1%}  {found.steps:5.1f}")


def _interval(interval: tuple[float, float]) -> str:
    return f"{interval[0]:.1%}–{interval[1]:.1%}"
