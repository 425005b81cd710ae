"""`magnetc check DIR`: every error and warning of a recipe, without running anything, and the fixes that it may make."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from magnetc.cli.report import ERRORS, counted, diagnosed, fail, show
from magnetc.diagnostics import Severity, Sink

if TYPE_CHECKING:
    from magnetc.build.check import Checked
    from magnetc.build.fix import Fixed


@click.command("check")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--format", "form", type=click.Choice(["full", "concise", "json", "github", "sarif"]), default="full",
              show_default=True, help="How diagnostics are shown.")
@click.option("-W", "warnings", type=click.Choice(["warn", "error"]), default="warn", show_default=True,
              help="Whether warnings fail the check.")
@click.option("--fix", "fixing", is_flag=True, help="Make the fixes that keep what was meant, and check again.")
@click.option("--unsafe-fixes", "unsafe", is_flag=True, help="With --fix: make those too that guess what was meant.")
@click.option("--diff", is_flag=True, help="With --fix: print what would change, and change nothing.")
@click.option("--no-cache", "anew", is_flag=True, envvar="MAGNETC_NO_CACHE", show_envvar=True,
              help="Work everything out, and keep nothing of it for the next check.")
def command(folder: Path, form: str, warnings: str, fixing: bool, unsafe: bool, diff: bool, anew: bool) -> None:
    """Check the recipe in FOLDER without running anything."""
    if (unsafe or diff) and not fixing:
        raise click.UsageError("--unsafe-fixes and --diff say how to fix: they need --fix")
    from magnetc.build.check import check_recipe

    sink = Sink()
    with diagnosed(sink, form, folder):
        checked = _fixed(folder, unsafe, diff) if fixing else check_recipe(folder, sink, cached=not anew)
    sink = checked.sink
    noted = sum(d.severity is Severity.WARNING for d in sink.diagnostics)
    if checked.counts is None or (warnings == "error" and noted):
        fail(sink, form, folder)
    show(sink, form, folder)
    if form in ("full", "concise"):
        _announce(checked.name, checked.counts, noted)


def _announce(name: str, counts: tuple[int, int, int], noted: int) -> None:
    parts = [counted(number, noun) for number, noun in zip(counts, ("tool", "edge", "path"))]
    parts += [counted(noted, "warning")] if noted else []
    click.echo(f"`{name}` is sound: {', '.join(parts)}", err=True)


def _fixed(folder: Path, unsafe: bool, diff: bool) -> Checked:
    """Fix the recipe, say how much was fixed and what remains, and give what a check of it gives now."""
    from magnetc.build.check import checked_of
    from magnetc.build.fix import fix_recipe, fixes, write_fixed

    fixed = fix_recipe(folder, unsafe=unsafe)
    remain = len(fixed.sink.diagnostics)
    if diff:
        _show_diff(folder, fixed)
        click.echo(f"{fixed.count} would be fixed, {remain} would remain", err=True)
        raise SystemExit(ERRORS if fixed.count or fixed.context is None else 0)
    write_fixed(folder, fixed)
    held_back = 0 if unsafe else len(fixes(fixed.sink, unsafe=True))
    more = f"; --unsafe-fixes would fix {held_back} of these" if held_back else ""
    click.echo(f"{fixed.count} fixed, {remain} remain{'s' * (remain == 1)}{more}", err=True)
    return checked_of(fixed.context, fixed.sink)


def _show_diff(folder: Path, fixed: Fixed) -> None:
    from difflib import unified_diff

    for name, after in sorted(fixed.after.items()):
        path = (folder / name).as_posix()
        lines = unified_diff(fixed.before[name].splitlines(keepends=True), after.splitlines(keepends=True), path, path)
        for line in lines:
            click.echo(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n", nl=False)
