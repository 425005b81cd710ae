"""`magnetc paths DIR`: how many walks each path has, what its units draw of them, and which tools none reaches."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from magnetc.cli.report import counted, diagnosed, fail, show
from magnetc.diagnostics import Sink

if TYPE_CHECKING:
    from magnetc.passes.path_figures import PathFigures


@click.command("paths")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--seed", type=int, help="Another seed than the recipe's.")
@click.option("--paths", type=click.IntRange(min=1), help="Scale the recipe's path counts to this many in all.")
@click.option("--json", "as_json", is_flag=True, help="The figures as JSON.")
def command(folder: Path, seed: int | None, paths: int | None, as_json: bool) -> None:
    """Count the walks of the recipe's paths in FOLDER, without running anything."""
    from magnetc.build.compile import compile_recipe
    from magnetc.passes.path_figures import out_of_reach, path_figures

    sink = Sink()
    with diagnosed(sink, folder=folder):
        context = compile_recipe(folder, sink, seed=seed, paths=paths)
        if context is None:
            fail(sink, folder=folder)
        figures = list(path_figures(context))
        lost = out_of_reach(context, figures)
    show(sink, folder=folder)
    if as_json:
        shown = {"paths": [_plain(each) for each in figures],
                 "out_of_reach": {tool: list(allowed) for tool, allowed in lost.items()}}
        click.echo(json.dumps(shown, indent=2, ensure_ascii=False))
    else:
        _table(figures)
        _reasons(figures, lost)


def _plain(figures: PathFigures) -> dict[str, Any]:
    return {
        "path": figures.path, "locale": figures.locale, "sample": figures.sample, "turns": list(figures.turns),
        "walks": {str(length): count for length, count in figures.walks.items()},
        "lengths": list(figures.lengths),
        "entropy": {"bits": round(figures.entropy.bits, 3), "error": round(figures.entropy.error, 3)},
        "units": figures.units, "drawn": figures.drawn, "distinct": figures.distinct,
        "edges": {"taken": figures.edges, "reachable": figures.reachable},
        "unreached": {tool: list(why) for tool, why in figures.unreached.items()},
    }


def _table(figures: list[PathFigures]) -> None:
    """A row a path and locale; the counts of walks, by length, below each other."""
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for name in ("path", "locale", "sample"):
        table.add_column(name, no_wrap=True)
    for name in ("turns", "walks", "bits", "units", "distinct", "edges"):
        table.add_column(name, justify="right", no_wrap=True)
    for each in figures:
        error = f" ±{each.entropy.error:.1f}" if each.entropy.error else ""
        table.add_row(each.path, each.locale, each.sample, *_by_length(each.walks), f"{each.entropy.bits:.1f}{error}",
                      f"{each.units:,}", f"{each.distinct:,}", f"{each.edges} of {each.reachable}")
    Console().print(table)


def _by_length(walks: Mapping[int, int]) -> tuple[str, str]:
    """The lengths, and the number of walks of each, a line each; `--json` has all digits."""
    counts = [f"{count:,}" if count < 10 ** 9 else _power(count) for count in walks.values()]
    return "\n".join(map(str, walks)), "\n".join(counts)


def _power(count: int) -> str:
    digits = str(count)
    return f"{digits[0]}.{digits[1]}e{len(digits) - 1}"


def _reasons(figures: list[PathFigures], lost: Mapping[str, tuple[str, ...]]) -> None:
    """Why tools are not reached: the same reason once for all locales of a path."""
    seen = set()
    for each in figures:
        for tool, why in each.unreached.items():
            reason = f"path `{each.path}` never calls `{tool}`: {'; '.join(why) or 'nothing leads to it'}"
            if reason not in seen:
                click.echo(reason)
            seen.add(reason)
    for tool, paths in lost.items():
        why = f", though {counted(len(paths), 'path')} may" if paths else ": `within` leaves it out"
        click.echo(f"no path calls `{tool}`{why}")
