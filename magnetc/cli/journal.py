"""`magnetc journal`: look into what was paid for, copy it, take over a copy, forget what nobody needs any more."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import click

from magnetc.cli.report import diagnosed
from magnetc.diagnostics import Sink


def _file(folder: Path) -> Path:
    from magnetc.engine.journal import NAME

    path = folder / NAME
    if not path.is_file():
        raise click.ClickException(f"{folder} has no journal: nothing was paid for yet")
    return path


def _replies(number: int) -> str:
    return "1 reply" if number == 1 else f"{number:,} replies"


@click.group("journal")
def command() -> None:
    """Replies of a hosted teacher that were paid for, in FOLDER/.magnetc/journal.sqlite."""


@command.command("list")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="The counts as JSON.")
def list_(folder: Path, as_json: bool) -> None:
    """Count replies and tokens by program and model."""
    from magnetc.engine.journal import entries

    with diagnosed(Sink(), folder=folder):
        replies: Counter[tuple[str, str]] = Counter()
        tokens: dict[tuple[str, str], list[int]] = {}
        for program, model, _, _, asked, answered in entries(_file(folder)):
            replies[program, model] += 1
            both = tokens.setdefault((program, model), [0, 0])
            both[0] += asked
            both[1] += answered
    if as_json:
        shown = [{"program": program, "model": model, "replies": number, "asked": tokens[program, model][0], "answered": tokens[program, model][1]}
                 for (program, model), number in sorted(replies.items())]
        click.echo(json.dumps(shown, indent=2, ensure_ascii=False))
        return
    for (program, model), number in sorted(replies.items()):
        asked, answered = tokens[program, model]
        click.echo(f"{program}  {model}  {number:,} replies, {asked:,} tokens asked, {answered:,} answered")


@command.command("show")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--program", default="", help="Of this prompt program alone.")
@click.option("-n", "number", type=click.IntRange(min=1), help="The last so many; all by default.")
def show(folder: Path, program: str, number: int | None) -> None:
    """Print questions and replies, a JSON object a line, oldest first."""
    from magnetc.engine.journal import entries

    with diagnosed(Sink(), folder=folder):
        found = list(entries(_file(folder), program))
        for name, model, request, reply, asked, answered in found[-number:] if number else found:
            click.echo(json.dumps({"program": name, "model": model, "request": json.loads(request), "reply": reply, "asked": asked,
                                   "answered": answered}, ensure_ascii=False))


@command.command("export")
@click.argument("folder", type=click.Path(path_type=Path))
@click.argument("file", type=click.Path(path_type=Path))
def export_(folder: Path, file: Path) -> None:
    """Copy the journal to FILE: whoever has it builds with `--replay`."""
    from magnetc.engine.journal import export

    with diagnosed(Sink(), folder=folder):
        click.echo(f"wrote {file}: {_replies(export(_file(folder), file))}", err=True)


@command.command("import")
@click.argument("folder", type=click.Path(path_type=Path))
@click.argument("file", type=click.Path(path_type=Path, exists=True))
def import_(folder: Path, file: Path) -> None:
    """Take over the replies of FILE that the journal has not."""
    from magnetc.engine.journal import NAME, merge

    with diagnosed(Sink(), folder=folder):
        click.echo(f"took over {_replies(merge(folder / NAME, file))}", err=True)


@command.command("prune")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--program", default="", help="Replies to this prompt program.")
@click.option("--model", default="", help="Replies of this model.")
def prune_(folder: Path, program: str, model: str) -> None:
    """Forget replies: they would have to be paid for again."""
    from magnetc.engine.journal import prune

    if not program and not model:
        raise click.UsageError("say which: --program, --model or both")
    with diagnosed(Sink(), folder=folder):
        click.echo(f"forgot {_replies(prune(_file(folder), program=program, model=model))}", err=True)
