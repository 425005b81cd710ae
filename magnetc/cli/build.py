"""`magnetc build DIR`: the dataset of a recipe, proven row by row."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from magnetc.cli.report import MISSED, announce, diagnosed, fail, progress, show, spent
from magnetc.diagnostics import Sink

if TYPE_CHECKING:
    from rich.table import Table

    from magnetc.build.driver import BuildSummary

LEVELS = ("spec", "signatures", "graph", "paths", "scripts")


@click.command("build")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("-o", "--out", type=click.Path(path_type=Path), help="Where to write; FOLDER/out by default.")
@click.option("--seed", type=int, help="Another seed than the recipe's.")
@click.option("--paths", type=click.IntRange(min=1), help="Scale the recipe's path counts to this many in all.")
@click.option("--engine", type=click.Choice(["local", "ray"]), default="local", show_default=True,
              help="Where units are made: on this machine, or on the Ray cluster that RAY_ADDRESS names.")
@click.option("--jobs", type=click.IntRange(min=1), help="Workers of the world; the number of cores by default.")
@click.option("--trust", is_flag=True, help="Run the recipe's code this once, whether it is trusted or not.")
@click.option("--replay", is_flag=True, help="Ask no teacher: the journal has all replies, or the build ends.")
@click.option("--no-cache", "anew", is_flag=True, envvar="MAGNETC_NO_CACHE", show_envvar=True,
              help="Make all units again, those that earlier builds have made, too, and keep none.")
@click.option("--budget", type=click.FloatRange(min=0, min_open=True), help="Stop when the teacher has cost so much, by the recipe's prices.")
@click.option("--plan", "planned", type=click.Path(path_type=Path, exists=True), help="Build what `magnetc plan -o` planned, or nothing.")
@click.option("--emit", "levels", help=f"Print IR instead of building: {', '.join(LEVELS)}; comma separated.")
@click.option("--json", "as_json", is_flag=True, help="The summary as JSON.")
def command(folder: Path, out: Path | None, seed: int | None, paths: int | None, engine: str, jobs: int | None, trust: bool, replay: bool,
            anew: bool, budget: float | None, planned: Path | None, levels: str | None, as_json: bool) -> None:
    """Build the dataset of the recipe in FOLDER: compile, execute, prove, write. Exit 3 when it is written and misses a gate."""
    sink = Sink()
    with diagnosed(sink, folder=folder):
        if levels:
            _emit(folder, sink, seed, paths, [level.strip() for level in levels.split(",")])
        else:
            if planned is not None:
                _hold(folder, planned, seed, paths, trust)
            _build(folder, out or folder / "out", seed, paths, engine, jobs, trust, replay, anew, budget, as_json, sink)


def _emit(folder: Path, sink: Sink, seed: int | None, paths: int | None, levels: list[str]) -> None:
    from magnetc.build.compile import compile_recipe
    from magnetc.ir.literal import print_literal
    from magnetc.ir.text import print_graph, print_path, print_script
    from magnetc.passes.pipeline import compile_units

    unknown = [level for level in levels if level not in LEVELS]
    if unknown:
        raise click.UsageError(f"--emit: `{unknown[0]}` is no level; one of {', '.join(LEVELS)}")
    context = compile_recipe(folder, sink, seed=seed, paths=paths)
    if context is None:
        fail(sink, folder=folder)
    if "spec" in levels:
        click.echo(print_literal(context.spec))
    if "signatures" in levels:
        click.echo(print_literal(context.spec.tools))
    if "graph" in levels:
        click.echo(print_graph(context.graph))
    if "paths" in levels or "scripts" in levels:
        for unit in compile_units(context.spec, context.graph):
            for path, script in zip(unit.paths, unit.scripts):
                if "paths" in levels:
                    click.echo(print_path(path))
                if "scripts" in levels:
                    click.echo(print_script(script))


def _build(folder: Path, out: Path, seed: int | None, paths: int | None, engine: str, jobs: int | None, trust: bool, replay: bool, anew: bool,
           budget: float | None, as_json: bool, sink: Sink) -> None:
    from magnetc.build.driver import build
    from magnetc.build.options import BuildOptions

    with progress("building", paths) as advance:
        options = BuildOptions(folder=folder, out=out, seed=seed, paths=paths, trust=trust, replay=replay, cached=not anew, budget=budget or 0.0, gated=True, engine=engine,
                               announce=announce,
                               progress=lambda _: advance(), **({"jobs": jobs} if jobs else {}))
        summary = asyncio.run(build(options, sink))
    if summary is None:
        fail(sink, folder=folder)
    show(sink, folder=folder)
    spent(summary.asked)
    if summary.told is not None:
        click.echo(f"{out} is up to date: nothing was made", err=True)
    if summary.reused:
        click.echo(f"{summary.reused:,} units were made by an earlier build", err=True)
    if as_json:
        click.echo(json.dumps({"out": str(out), **summary.figures(), **({"teacher": summary.asked.document()} if summary.asked.yields else {})}, indent=2, ensure_ascii=False))
    else:
        _table(out, summary)
    if summary.failed:
        raise SystemExit(MISSED)


def _hold(folder: Path, planned: Path, seed: int | None, paths: int | None, trust: bool) -> None:
    """Go on where the build is the one that was planned."""
    from magnetc.build.options import BuildOptions
    from magnetc.build.plan import plan_recipe, read_plan, require_plan

    plan = read_plan(planned)
    options = BuildOptions(folder=folder, out=folder / "out", seed=seed, paths=paths, trust=trust, announce=announce)
    made = asyncio.run(plan_recipe(options, Sink()))
    if made is not None:   # what else is wrong, the build tells
        require_plan(plan, made)


def _table(out: Path, summary: BuildSummary) -> None:
    """The summary for people: what was made, by operation and by fault, and what was dropped, by kind."""
    from rich.console import Console
    from rich.table import Table

    figures = summary.figures()
    table = Table(show_header=False, box=None, pad_edge=False)
    for name in ("conversations", "rows", "pairs", "turns", "calls"):
        table.add_row({"pairs": "preference pairs", "turns": "user turns", "calls": "tool calls"}.get(name, name), f"{figures[name]:,}")
    for name, each in figures["made"].get("mixture", {}).items():
        table.add_row(f"  {name.replace('_', ' ')}", f"{each['times']:,}", f"{each['asked']:.1%} asked, {each['made']:.1%} made")
    table.add_row("[bold]operations[/bold]", "", "[bold]asked, made[/bold]")
    for name, count in figures["operations"].items():
        table.add_row(f"  {name}", f"{count:,}", _against(figures["made"]["operations"].get(name)))
    table.add_row("[bold]faults[/bold]", "")
    for name, count in figures["faults"].items():
        table.add_row(f"  {name}", f"{count:,}")
    table.add_row("[bold]coverage[/bold]", "")
    for name, found in figures["coverage"].items():
        table.add_row(f"  {name.replace('_', ' ')}", f"{found['covered']:,} of {found['possible']:,}", _gate(figures["gates"], name))
    _add_proofs(table, figures["proofs"])
    if "contamination" in figures:
        table.add_row("[bold]removed, overlapping with[/bold]", "")
        for each in figures["contamination"]["against"]:
            table.add_row(f"  {each['name']}", f"{sum(each['overlaps'].values()):,}", f"{each['tasks']:,} tasks")
    if "duplicates" in figures:
        removed = figures["duplicates"]["removed"]
        table.add_row("[bold]removed, near duplicates[/bold]", f"{removed['conversations']:,} of {figures['duplicates']['of']:,}",
                      f"with {removed['copies']:,} copies and {removed['pairs']:,} pairs")
    for each in figures.get("mix", ()):
        table.add_row(f"[bold]mixed in, {each['name']}[/bold]", f"{each['rows']:,}", f"of {each['of']:,}; they claim no proof")
    table.add_row("[bold]drawn and not kept[/bold]", "")
    for name, count in _kinds(figures["dropped"]).items():
        table.add_row(f"  {name}", f"{count:,}")
    if figures.get("exports"):
        table.add_row("[bold]exports[/bold]", "")
    for name, counts in figures.get("exports", {}).items():
        table.add_row(f"  {name}", f"{sum(counts['rows'].values()):,}", f"{left:,} left out" if (left := sum(counts["dropped"].values())) else "")
    console = Console()
    console.print(table)
    console.print(f"\nwritten to {out}, reasons in its README.md; check it again with `magnetc verify {out}`",
                  highlight=False, soft_wrap=True)


def _against(operation: dict[str, Any] | None) -> str:
    """An operation's chance, and how often it was applied where it could be."""
    return f"{operation['asked']:.0%}, {operation['made']:.0%} of {operation['per']}" if operation else ""


def _add_proofs(table: Table, proofs: dict[str, Any]) -> None:
    """A line for each proof that removed something."""
    by = [{each["proof"]: each for each in proofs[kind]} for kind in ("conversations", "pairs")]
    failed = {proof: each["name"] for lines in by for proof, each in lines.items() if each["removed"]}
    if failed:
        table.add_row("[bold]removed by proof[/bold]", "[bold]conversations[/bold]", "[bold]pairs[/bold]")
    for proof, name in sorted(failed.items()):
        table.add_row(f"  {proof} {name}", *(_removed(lines.get(proof)) for lines in by))


def _removed(line: dict[str, Any] | None) -> str:
    return f"{line['removed']:,} of {line['checked']:,}" if line and line["checked"] else ""


def _gate(gates: dict[str, Any], thing: str) -> str:
    asked = gates.get("coverage", {}).get(thing)
    return f"{asked['asked']:.0%} asked, {asked['reached']:.1%} reached" if asked else ""


def _kinds(dropped: dict[str, int]) -> dict[str, int]:
    """Counts by what was dropped, the reasons summed."""
    kinds: Counter[str] = Counter()
    for reason, count in dropped.items():
        kinds[reason.partition(":")[0]] += count
    return dict(kinds.most_common())
