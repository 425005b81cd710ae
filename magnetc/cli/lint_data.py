"""`magnetc lint-data FILE...`: what is wrong with tool-use data, whoever made it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from magnetc.cli.report import ERRORS, announce, counted, diagnosed, show
from magnetc.diagnostics import Sink

if TYPE_CHECKING:
    from magnetc.distill.contamination.index import Index
    from magnetc.emit.report.figures import Figures
    from magnetc.lint.linter import Linter

SHOWN = 10


@click.command("lint-data")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True))
@click.option("--format", "form", type=click.Choice(["text", "concise", "json", "github", "sarif"]), default="text", show_default=True,
              help="How findings are shown.")
@click.option("--shown", type=click.IntRange(min=0), default=SHOWN, show_default=True, help="How many findings of each kind are shown; all are counted.")
@click.option("--ignore", "ignored", multiple=True, metavar="CODE", help="A code that is not looked for; may be given several times.")
@click.option("--tokenizer", metavar="DIR", help="Also say whether the agent's tokens can be told under the chat template of this model (extra `train`).")
@click.option("--against", "benchmarks", multiple=True, metavar="NAME|FILE",
              help="A benchmark that no row may overlap with, as in a recipe's `decontaminate`: bfcl, toolquery=FOLDER, or a file (extra `decontaminate`).")
@click.option("--report", "page", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Write the page that a build's report.html is.")
@click.option("--json", "as_json", is_flag=True, help="The figures and counts as JSON; findings are shown on stderr.")
def command(files: tuple[Path, ...], form: str, shown: int, ignored: tuple[str, ...], tokenizer: str | None, benchmarks: tuple[str, ...],
            page: Path | None, as_json: bool) -> None:
    """Say what is wrong with the data in FILES: JSONL in the form of TRL, OpenAI or ShareGPT, or folders that hold some. Exit 1 for errors."""
    if as_json and form not in ("text", "concise"):
        raise click.UsageError(f"--json and --format {form} both print JSON: name one")
    from magnetc.lint.kinds import KINDS

    unknown = next((code for code in ignored if code.upper() not in KINDS), None)
    if unknown:
        raise click.BadParameter(f"there is no code `{unknown}` of data; they are {', '.join(KINDS)}", param_hint="--ignore")
    sink = Sink()
    with diagnosed(sink):
        from magnetc.lint.linter import Linter
        from magnetc.lint.masks import Masks
        from magnetc.lint.shown import fill

        linter = Linter(shown, ignored=map(str.upper, ignored), masks=Masks(tokenizer) if tokenizer else None, embedding=page is not None,
                        against=_index(benchmarks) if benchmarks else None)
        _read(files, linter)
        linter.finish()
        figures = linter.figures(_name(files))
        if page is not None:
            _write(page, figures, linter)
        fill(sink, linter)
    show(sink, "full" if form == "text" else form)
    if as_json:
        click.echo(json.dumps(_document(figures, linter), indent=1, ensure_ascii=False))
    else:
        _summary(figures, linter, err=form not in ("text", "concise"))
    if any(found.severity == "error" for found in linter.found):
        raise SystemExit(ERRORS)


def _index(benchmarks: tuple[str, ...]) -> Index:
    """The benchmarks that rows are compared with. Raises MagnetError: MG633 for what is none, MG710 without `rensa`."""
    from magnetc.distill.contamination.index import Index
    from magnetc.distill.contamination.source import named, read_sources
    from magnetc.extras import required

    required("rensa", extra="decontaminate")
    return Index.of(read_sources(map(named, benchmarks), Path(), announce)).make_ready()


def _read(paths: tuple[Path, ...], linter: Linter) -> None:
    from magnetc.emit.foreign.lines import data_files, lines_of

    names = [path.name for path in paths if not path.is_dir()]
    for path in paths:
        found = data_files(path)
        if not found:
            raise click.BadParameter(f"`{path}` holds no file that ends in .jsonl", param_hint="FILES")
        for file in found:
            name = file.relative_to(path).as_posix() if path.is_dir() else path.name if names.count(path.name) == 1 else path.as_posix()
            for line in lines_of(file):
                linter.add(file.as_posix(), name, line)


def _name(paths: tuple[Path, ...]) -> str:
    first = paths[0].resolve()
    name = first.name if first.is_dir() else first.name.removesuffix(".jsonl")
    return name if len(paths) == 1 else f"{name} and {counted(len(paths) - 1, 'other')}"


def _write(page: Path, figures: Figures, linter: Linter) -> None:
    from magnetc.emit.report.page import report_page
    from magnetc.source.write_whole import write_whole

    assert linter.embedded is not None
    write_whole(page, report_page(figures, linter.embedded))
    announce(f"written to {page}")


def _document(figures: Figures, linter: Linter) -> dict[str, Any]:
    """The figures in the shape of a build's figures.json, without what only a recipe tells; then what rows tell beyond it."""
    shape, varied = figures.shape, figures.diversity
    return {
        "conversations": shape.conversations, "rows": shape.rows, "pairs": shape.pairs, "turns": shape.turns, "calls": shape.calls,
        "files": dict(shape.files), "operations": dict(shape.operations), "faults": dict(shape.faults),
        "gates": {"shortcut": {"reached": linter.shortcut}},
        "lines": linter.lines, "tools": {tool.name: {"calls": tool.calls, "offered": tool.offered} for tool in shape.tools},
        "lengths": {each.name: {"least": each.least, "median": each.median, "mean": each.mean, "most_below": each.most_below, "greatest": each.greatest}
                    for each in figures.lengths},
        "diversity": None if varied is None else {
            "of": varied.of, "openings": varied.first_turns[0], "skeletons": list(varied.skeletons), "sequences": varied.sequences[0],
            "bigrams": list(varied.bigrams), "trigrams": list(varied.trigrams), "likeness": varied.likeness, "twins": varied.twins[0]},
        "findings": {each.code: {"title": each.title, "severity": each.severity, "times": each.times, "rows": each.rows[0],
                                 "share": each.rows[0] / each.rows[1] if each.rows[1] else 0.0} for each in linter.found},
    }


def _summary(figures: Figures, linter: Linter, *, err: bool) -> None:
    shape = figures.shape
    parts = [counted(number, noun) for number, noun in (
        (shape.rows, "row"), (shape.pairs, "pair"), (shape.turns, "turn"), (shape.calls, "call"), (len(shape.tools), "tool")) if number or noun == "row"]
    lines = [", ".join(parts)]
    found = linter.found
    if found:
        wide = max(len(each.title) for each in found)
        lines.append(f"{'code':5}  {'severity':8}  {'kind':{wide}}  {'times':>9}  {'rows':>9}  {'share':>6}")
        lines += [f"{each.code}  {each.severity:8}  {each.title:{wide}}  {each.times:9,}  {each.rows[0]:9,}  {_share(each.rows)}" for each in found]
    else:
        lines.append("nothing wrong is found")
    click.echo("\n".join(lines), err=err)


def _share(part: tuple[int, int]) -> str:
    from magnetc.emit.report.verdict import percent

    return f"{percent(part):>7}" if part[0] else f"{'':>7}"
