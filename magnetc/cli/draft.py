"""`magnetc draft types|turns|edges DIR`: a model proposes what a recipe lacks; it is checked and written into the recipe for review."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from magnetc.cli.report import announce, counted, diagnosed, fail, progress, show, spent
from magnetc.diagnostics import Sink

if TYPE_CHECKING:
    from magnetc.build.draft.drafted import Drafted, DraftOptions

Draft = Callable[["DraftOptions", Sink], Coroutine[Any, Any, "Drafted | None"]]

_MOST_LOST = 20


@click.group("draft")
def command() -> None:
    """Let the recipe's teacher propose what the recipe lacks, and the compiler check it. Review it as any other change."""


def _shared(function: Callable[..., None]) -> Callable[..., None]:
    """What all kinds of drafts can be told."""
    for option in (
        click.option("--json", "as_json", is_flag=True, help="What was drafted as JSON."),
        click.option("--plan", "plan_only", is_flag=True, help="Say what would be asked and what that may cost, and ask nobody."),
        click.option("--budget", type=click.FloatRange(min=0, min_open=True), help="Stop when the teacher has cost so much, by the recipe's prices."),
        click.option("--tool", "tools", multiple=True, help="Draft for this tool alone; may be repeated."),
        click.argument("folder", type=click.Path(path_type=Path)),
    ):
        function = option(function)
    return function


@command.command("types")
@_shared
@click.option("--trust", is_flag=True, help="Let the recipe's world begin this once, trusted or not, so that types can be bound to its state.")
def types(folder: Path, tools: tuple[str, ...], budget: float | None, plan_only: bool, as_json: bool, trust: bool) -> None:
    """Entity types for the parameters and results of FOLDER's tools that have a primitive type, into `types/draft.magnet`."""
    from magnetc.build.draft.types import draft_types

    _draft(draft_types, folder, as_json, "type", "every place has a type or is left plain",
           tools=tools, budget=budget or 0.0, plan_only=plan_only, trust=trust)


@command.command("turns")
@_shared
@click.option("--enough", type=click.IntRange(min=1), default=6, show_default=True, help="Phrases that each tool is to have in each locale.")
def turns(folder: Path, tools: tuple[str, ...], budget: float | None, plan_only: bool, as_json: bool, enough: int) -> None:
    """Phrases for the tools of FOLDER that have few, into `turns/draft.magnet`."""
    from magnetc.build.draft.turns import draft_turns

    _draft(draft_turns, folder, as_json, "phrase", "every tool has enough phrases", tools=tools, budget=budget or 0.0, plan_only=plan_only, enough=enough)


@command.command("edges")
@_shared
@click.option("--votes", type=click.IntRange(min=1), default=3, show_default=True, help="How often each pair of tools is asked about.")
def edges(folder: Path, tools: tuple[str, ...], budget: float | None, plan_only: bool, as_json: bool, votes: int) -> None:
    """Links between the tools of FOLDER that read alike and have no edge yet, into `graph/draft.magnet`."""
    from magnetc.build.draft.edges import draft_edges

    _draft(draft_edges, folder, as_json, "link", "no tools depend on each other that have no edge", tools=tools, budget=budget or 0.0, plan_only=plan_only,
           votes=votes)


def _draft(draft: Draft, folder: Path, as_json: bool, noun: str, nothing: str, **settings: Any) -> None:
    from magnetc.build.draft.drafted import DraftOptions

    sink = Sink()
    with diagnosed(sink, folder=folder), progress("asking") as advance:
        drafted = asyncio.run(draft(DraftOptions(folder=folder, announce=announce, progress=advance, **settings), sink))
    if drafted is None:
        fail(sink, folder=folder)
    if as_json:
        click.echo(json.dumps(drafted.document(), indent=2, ensure_ascii=False))
    if settings["plan_only"]:
        _plan(drafted, as_json)
        return
    told = Sink()
    told.extend(drafted.failures)
    show(told, folder=folder)
    _tell(drafted, folder, noun, nothing)
    if drafted.failures or drafted.lost:
        raise SystemExit(1)


def _plan(drafted: Drafted, as_json: bool) -> None:
    from magnetc.cli.plan import show_asking

    if drafted.planned is not None and not as_json:
        show_asking((drafted.planned,), drafted.price)


def _tell(drafted: Drafted, folder: Path, noun: str, nothing: str) -> None:
    for reason, _ in drafted.lost.most_common(_MOST_LOST):
        click.echo(f"  refused: {reason}", err=True)
    if len(drafted.lost) > _MOST_LOST:
        click.echo(f"  and {len(drafted.lost) - _MOST_LOST} more", err=True)
    spent(drafted.asked)
    number = sum(len(each["phrases"]) if isinstance(each.get("phrases"), list) else 1 for each in drafted.made)
    if not drafted.file:
        click.echo("nothing was drafted: " + ("no answer could be used" if drafted.lost or drafted.failures else nothing), err=True)
        return
    more = f", and left {counted(len(drafted.plain), 'place')} plain" if drafted.plain else ""
    also = "" if drafted.included else f"; add `{drafted.file}` to `include` of the recipe"
    click.echo(f"wrote {counted(number, noun)} to {folder / drafted.file}{more}{also}; run `magnetc check {folder}`, and review it", err=True)
