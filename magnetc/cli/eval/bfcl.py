"""`magnetc eval bfcl`: a model judged on BFCL with the package's own data and checkers."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from magnetc.cli.agent_options import agent_options
from magnetc.cli.pace import pace
from magnetc.cli.report import announce, diagnosed, fail
from magnetc.diagnostics import Sink

if TYPE_CHECKING:
    from magnetc.build.acting import ActingModel

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+-]*")


@click.command("bfcl")
@agent_options()
@click.option("-c", "--category", "categories", multiple=True, default=("multi_turn",), show_default=True,
              help="A category of BFCL or a collection: `base`, `miss_func`, `composite`, `single_turn`, `live`, `simple_python`, …; may be repeated.")
@click.option("-n", "--limit", type=click.IntRange(min=1), help="At most so many entries of each category.")
@click.option("-o", "--output", type=click.Path(path_type=Path), default=Path("bfcl"), show_default=True, help="The folder of results; what is answered there is not asked again.")
@click.option("--name", default="magnetc-FC", show_default=True, help="What the files of results call the model, for `bfcl evaluate`.")
@click.option("--data", type=click.Path(path_type=Path), help="What the model was trained on: an output of a build, or rows in a file; scores without its overlaps are shown beside.")
@click.option("--fresh", is_flag=True, help="Forget the answers that are in the folder.")
@click.option("--json", "as_json", is_flag=True, help="The report as JSON.")
def command(agent: ActingModel, categories: tuple[str, ...], limit: int | None, output: Path, name: str, data: Path | None, fresh: bool,
            as_json: bool) -> None:
    """Judge a model on BFCL: multi-turn categories with its executor, the others with its AST checker.

    The model is a checkpoint here (`--model FOLDER`) or behind an endpoint (`--endpoint URL --model NAME`).
    """
    from magnetc.eval.bfcl.evaluate import Asked, evaluate

    if not _NAME.fullmatch(name):
        raise click.BadParameter("letters, digits, `.`, `+` and `-` alone: BFCL reads `_` as `/`", param_hint="--name")
    sink = Sink()
    with diagnosed(sink), pace("answering") as watch:
        report = evaluate(Asked(categories=categories, folder=output, name=name, most=limit, data=data, fresh=fresh), agent, announce, watch, sink)
    if sink.has_errors:
        fail(sink)
    click.echo(json.dumps(report, indent=1, ensure_ascii=False) if as_json else shown(report))


def shown(report: dict[str, Any]) -> str:
    """The report in lines for people."""
    lines = [f"{report['model']} on {report['package']}", f"  {'category':<28} {'entries':>7}  {'official':<24}  {'strict':<24}  format errors"]
    for name, each in (*report["categories"].items(), *([("all", report["all"])] if len(report["categories"]) > 1 else ())):
        lines.append(f"  {name:<28} {each['entries']:>7}  {_share(each['official']):<24}  {_share(each['strict']):<24}  {_format(each)}")
        if "without_overlap" in each:
            rest = each["without_overlap"]
            lines.append(f"  {'  without overlap':<28} {rest['entries']:>7}  {_share(rest['official']):<24}  {_share(rest['strict']):<24}")
    for title, key in (("why entries fail", "errors"), ("why more fail strictly", "strict_errors")):
        if found := report["all"][key]:
            lines += [title, *(f"  {count:>5} {error}" for error, count in found.items())]
    return "\n".join([*lines, *_notes(report)])


def _notes(report: dict[str, Any]) -> list[str]:
    parser, every = report["parser"], report["all"]
    notes = [f"{every['forced']} entries: the model was forced to quit"] if every["forced"] else []
    if every["empty"]:
        notes.append(f"{every['empty']} messages are empty: the model's window, or the server, had no room for what was asked")
    if parser["compared_with"]:
        notes.append(f"calls read as `{parser['read_by']}`; the package's {parser['compared_with']} reads {every['disagreements']} of {parser['texts']} texts "
                     f"otherwise. vLLM's parser `{parser['vllm']}` is not among what is compared: it needs vLLM")
    else:
        notes.append("calls read by the server; its texts are not known, so that only calls left in words are told")
    if "data" in report:
        notes.append(f"{every['overlapping']['entries']} of {every['entries']} entries have something in common with {report['data']['rows']} rows of training data")
    return [*notes, f"results: {report['result']}, for `bfcl evaluate`"]


def _share(share: dict[str, Any]) -> str:
    return "–" if share["rate"] is None else f"{share['rate']:>6.1%} [{share['low']:.1%}, {share['high']:.1%}]"


def _format(each: dict[str, Any]) -> str:
    return f"{each['malformed'] + each['unread'] + each['disagreements']:>13}"
