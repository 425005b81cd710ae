"""`magnetc fmt DIR|FILES`: lay out files of a recipe in one style, or write them in the other syntax."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from magnetc.cli.report import ERRORS, counted, diagnosed, fail, show
from magnetc.diagnostics import Sink


@click.command("fmt")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path, allow_dash=True))
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 when a file would change.")
@click.option("--diff", is_flag=True, help="Write nothing; print what would change, and exit as --check does.")
@click.option("--to", type=click.Choice(["yaml", "dsl"]), help="Write the files in this syntax, and name them so in `include`.")
@click.option("--stdin-name", default="stdin.magnet", show_default=True, help="What `-` is called: its end tells the syntax.")
def command(paths: tuple[Path, ...], check: bool, diff: bool, to: str | None, stdin_name: str) -> None:
    """Format the recipe in a folder, or single FILES (`-` reads stdin and prints). Comments and meaning stay."""
    sink = Sink()
    with diagnosed(sink):
        if Path("-") in paths:
            _format_stdin(paths, stdin_name, check or diff, to, sink)
        elif to:
            _convert(paths, to, check or diff, sink)
        else:
            _format(paths, check, diff, sink)


def _format_stdin(paths: tuple[Path, ...], name: str, check: bool, to: str | None, sink: Sink) -> None:
    from magnetc.frontend.format import format_source
    from magnetc.frontend.read_text import decode

    if len(paths) > 1 or to:
        raise click.UsageError("`-` stands alone, without --to")
    source = decode(sys.stdin.buffer.read(), name, sink)
    formatted = format_source(source, sink) if source else None
    if formatted is None:
        fail(sink)
    click.echo(formatted.after, nl=False)
    if check and formatted.changed:
        raise SystemExit(ERRORS)


def _format(paths: tuple[Path, ...], check: bool, diff: bool, sink: Sink) -> None:
    from magnetc.frontend.format import format_source
    from magnetc.frontend.format.files import files_to_format
    from magnetc.frontend.read_text import read_text

    files = files_to_format(paths, sink)
    changed, refused = 0, 0
    for path in files:
        own = Sink()
        source = read_text(path, path.as_posix(), own)
        formatted = format_source(source, own) if source else None
        if formatted is None:
            refused += 1
            show(own)
        elif formatted.changed:
            changed += 1
            _report(path, formatted.before, formatted.after, check, diff)
            if not (check or diff):
                path.write_bytes(formatted.after.encode("utf-8"))
    show(sink)
    _summary(changed, len(files) - changed - refused, refused, check or diff, "reformatted", "left unchanged")
    if refused or sink.has_errors or (changed and (check or diff)):
        raise SystemExit(ERRORS)


def _convert(paths: tuple[Path, ...], to: str, check: bool, sink: Sink) -> None:
    from magnetc.frontend.format.convert import convert_files
    from magnetc.frontend.format.files import files_to_format

    written = convert_files(files_to_format(paths, sink), to, sink, write=not check)
    if sink.has_errors:
        fail(sink)
    for source, targets in written.items():
        click.echo(f"{source.as_posix()} -> {', '.join(target.as_posix() for target in targets)}")
    _summary(len(written), 0, 0, check, "converted", "left unchanged")
    if check and written:
        raise SystemExit(ERRORS)


def _report(path: Path, before: str, after: str, check: bool, diff: bool) -> None:
    if diff:
        from difflib import unified_diff

        lines = unified_diff(before.splitlines(keepends=True), after.splitlines(keepends=True), path.as_posix(), path.as_posix())
        click.echo("".join(line if line.endswith("\n") else f"{line}\n" for line in lines), nl=False)
    else:
        click.echo(f"{'would reformat' if check else 'reformatted'} {path.as_posix()}")


def _summary(changed: int, same: int, refused: int, dry: bool, done: str, left: str) -> None:
    parts = [f"{counted(changed, 'file')} {'would be ' * dry}{done}"] if changed else []
    parts += [f"{counted(same, 'file')} {'already formatted' if dry else left}"] if same else []
    parts += [f"{counted(refused, 'file')} could not be formatted"] if refused else []
    click.echo(", ".join(parts) or "no files of a recipe found", err=True)
