"""`magnetc eval dataset OUT`: a dataset judged by BFCL's own checkers."""

from __future__ import annotations

import json
from pathlib import Path

import click

from magnetc.cli.report import ERRORS, announce, diagnosed
from magnetc.diagnostics import Sink


@click.command("dataset")
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--pairs", is_flag=True, help="Judge the rejected sides of preference pairs instead, and list disagreements.")
@click.option("--json", "as_json", is_flag=True, help="The verdicts as JSON.")
def command(out: Path, pairs: bool, as_json: bool) -> None:
    """Judge the dataset in OUT, built with `emit: [bfcl]`, by BFCL's own checkers, in an environment of their own. Exit 1 when one fails."""
    from magnetc.eval.judge import judge_conversations, judge_pairs

    with diagnosed(Sink()):
        verdicts = (judge_pairs if pairs else judge_conversations)(out, announce)
    if as_json:
        click.echo(json.dumps(verdicts, indent=2, ensure_ascii=False))
    elif pairs:
        _show_pairs(verdicts)
    else:
        _show(verdicts)
    if not pairs and any(not verdict[key] for verdict in verdicts for key in ("official", "irrelevance", "replayed")):
        raise SystemExit(ERRORS)


def _show(verdicts: list[dict]) -> None:
    for key, meaning in (("official", "multi_turn_checker"), ("irrelevance", "multi_turn_irrelevance_checker"),
                         ("replayed", "results replay in BFCL's executor")):
        click.echo(f"{sum(bool(v[key]) for v in verdicts)}/{len(verdicts)} {meaning}")
    for verdict in verdicts:
        if not (verdict["official"] and verdict["irrelevance"] and verdict["replayed"]):
            why = f"{verdict['error_type'] or 'results differ'} {verdict['message'] or ''}"
            click.echo(f"  {verdict['id']} ({verdict['row']}): {why}")


def _show_pairs(verdicts: list[dict]) -> None:
    failing = [v for v in verdicts if not (v["official"] and v["irrelevance"])]
    click.echo(f"{len(failing)}/{len(verdicts)} rejected sides fail a BFCL checker")
    for verdict in verdicts:
        if verdict["official"] and verdict["irrelevance"]:
            click.echo(f"  {verdict['row']}: {verdict['fault']} passes both checkers")
