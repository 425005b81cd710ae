"""`magnetc plan DIR`: what a build would make, what it would ask a teacher, and what that may cost, before anything is paid for."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from magnetc.cli.report import announce, counted, diagnosed, fail, show
from magnetc.diagnostics import Sink

if TYPE_CHECKING:
    from magnetc.build.plan import Asking, Plan


@click.command("plan")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("-o", "--out", type=click.Path(path_type=Path), help="Write the plan there, for `magnetc build --plan`.")
@click.option("--seed", type=int, help="Another seed than the recipe's.")
@click.option("--paths", type=click.IntRange(min=1), help="Scale the recipe's path counts to this many in all.")
@click.option("--trust", is_flag=True, help="Begin the recipe's world this once, whether its code is trusted or not.")
@click.option("--json", "as_json", is_flag=True, help="The plan as JSON.")
def command(folder: Path, out: Path | None, seed: int | None, paths: int | None, trust: bool, as_json: bool) -> None:
    """Say what `magnetc build` would do with the recipe in FOLDER. Nobody is asked, and no tool is called."""
    from magnetc.build.options import BuildOptions
    from magnetc.build.plan import plan_recipe

    sink = Sink()
    with diagnosed(sink, folder=folder):
        options = BuildOptions(folder=folder, out=folder / "out", seed=seed, paths=paths, trust=trust, announce=announce)
        plan = asyncio.run(plan_recipe(options, sink))
        if plan is None:
            fail(sink, folder=folder)
        text = json.dumps(plan.document(), indent=2, ensure_ascii=False)
        if out is not None:
            out.write_text(text + "\n", encoding="utf-8")
    show(sink, folder=folder)
    if as_json:
        click.echo(text)
    else:
        _table(plan)
    if out is not None:
        click.echo(f"wrote {out}; build it with `magnetc build {folder} --plan {out}`", err=True)


def _table(plan: Plan) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    table = Table(box=None, pad_edge=False)
    for name, justify in (("path", "left"), ("units", "right"), ("there", "right"), ("to make", "right")):
        table.add_column(name, justify=justify)  # pyright: ignore[reportArgumentType]
    for each in plan.paths:
        table.add_row(each.path, f"{each.units:,}", f"{each.there:,}", f"{each.made:,}")
    console.print(table)
    console.print(plan.why, highlight=False, soft_wrap=True)
    for each in plan.causes:
        at = f" ({each.place})" if each.place else ""
        console.print(f"  {each.name} {each.change}{at}" + ("" if each.units is None else f": in {counted(each.units, 'unit')} to make"),
                      highlight=False, soft_wrap=True)
    if plan.conversations:
        console.print(f"to make: {counted(plan.conversations, 'conversation')} with {counted(plan.turns, 'user turn')} and {counted(plan.calls, 'call')}, "
                      "as drawn; what cannot be executed or proven is drawn anew", highlight=False, soft_wrap=True)
    if not plan.asking:
        console.print("the offline teacher costs nothing", highlight=False)
        return
    show_asking(plan.asking, plan.price)


def show_asking(asked: Sequence[Asking], price: tuple[float, float]) -> None:
    """What is asked by program, with what that may take and cost."""
    from rich.console import Console
    from rich.table import Table

    from magnetc.build.plan import money

    console = Console()
    table = Table(box=None, pad_edge=False)
    for name in ("program", "questions", "tokens asked", "answered", "by"):
        table.add_column(name, justify="left" if name in ("program", "by") else "right")
    for each in asked:
        by = f"{each.known:,} answers in the journal" if each.known else "what its text lets expect"
        table.add_row(each.program, f"{each.questions:,}", _range(*each.asked), _range(*each.answered), by)
    console.print(table)
    low, high = money(asked, price)
    cost = f"{low:.2f} to {high:.2f} by the recipe's prices" if high else "the recipe names no prices"
    console.print(f"{cost}; questions that are in the journal cost nothing", highlight=False, soft_wrap=True)


def _range(low: int, high: int) -> str:
    return f"{low:,} to {high:,}" if low != high else f"{low:,}"
