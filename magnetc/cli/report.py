"""How commands speak: diagnostics on stderr, data on stdout, exit codes in one place."""

from __future__ import annotations

import os
import sys
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from magnetc.diagnostics import Diagnostic, MagnetError, Sink

if TYPE_CHECKING:
    from magnetc.build.teacher import Asked

ERRORS, USAGE, MISSED, INTERRUPTED = 1, 2, 3, 130
"""Exit codes: errors in the recipe, of usage, a gate that a dataset missed (it is written), and an interrupt."""


def show(sink: Sink, form: str = "full", folder: Path | None = None) -> None:
    """Render the sink: machine forms on stdout, forms for people on stderr. File names begin with the recipe's `folder`."""
    from magnetc.diagnostics.render import FORMATS

    prefix = "" if folder is None else folder.as_posix()
    options = {"color": is_terminal() and "NO_COLOR" not in os.environ} if form == "full" else {}
    text = FORMATS[form](sink, prefix="" if prefix == "." else prefix, **options)
    if text.strip():
        click.echo(text.rstrip("\n"), err=form in ("full", "concise"))


def counted(number: int, noun: str) -> str:
    """"1 path", "2 paths"."""
    return f"{number} {noun}{'s' * (number != 1)}"


def fail(sink: Sink, form: str = "full", folder: Path | None = None) -> NoReturn:
    """Render the sink and leave with the code for errors."""
    show(sink, form, folder)
    raise SystemExit(ERRORS)


@contextmanager
def diagnosed(sink: Sink, form: str = "full", folder: Path | None = None) -> Iterator[None]:
    """Turn what effects raise into diagnostics and exit codes; nothing reaches the user as a traceback."""
    try:
        yield
    except MagnetError as error:
        sink.extend(error.diagnostics)
        fail(sink, form, folder)
    except KeyboardInterrupt:
        click.echo("interrupted", err=True)
        raise SystemExit(INTERRUPTED) from None
    except (click.exceptions.Exit, click.ClickException, SystemExit, BrokenPipeError):
        raise
    except OSError as error:
        sink.emit(Diagnostic(code="MG011", message=f"`{error.filename or 'a file'}`: {error.strerror or error}",
                             help="check that the path exists and that you may write there"))
        fail(sink, form, folder)
    except Exception as error:
        if os.environ.get("MAGNETC_TRACEBACK"):
            raise
        sink.emit(_internal(error))
        fail(sink, form, folder)


def _internal(error: Exception) -> Diagnostic:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{Path(frame.filename).name}, line {frame.lineno}, in `{frame.name}`"
    return Diagnostic(code="MG900", message=f"magnetc failed: {type(error).__name__}: {error}", notes=(where,),
                      help="this is a defect of magnetc: report it with the recipe; MAGNETC_TRACEBACK=1 shows more")


def announce(text: str) -> None:
    """A line of log."""
    click.echo(text, err=True)


def spent(asked: Asked) -> None:
    """What a teacher was asked, how its answers fared by program, and what that cost."""
    for program, counts in sorted(asked.yields.items()):
        told = f"  {program}: {counts['used']:,} answers used, {counts['refused']:,} refused; {counts['journal']:,} out of the journal"
        click.echo(told, err=True)
        for reason, number in asked.refusals.get(program, Counter()).most_common(3):
            click.echo(f"    {number:,} refused: {reason}", err=True)
    if asked.budget is not None:
        click.echo(asked.budget.summary(), err=True)


@contextmanager
def progress(what: str, total: int | None = None) -> Iterator[Callable[..., None]]:
    """A bar on stderr while a terminal watches. Yields what advances it, by one unless told, and takes the total where it is known only then."""
    if not is_terminal():
        yield lambda total=None, by=1: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=total)

        def advance(total: int | None = None, by: int = 1) -> None:
            bar.update(task, advance=by, total=total or bar.tasks[0].total)

        yield advance


def is_terminal() -> bool:
    return sys.stderr.isatty()
