"""Judging a recipe's edges: a model says of tools that read alike what one does for the other, and the lock keeps the votes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from magnetc.build.compile import compile_recipe
from magnetc.build.lock import write_votes
from magnetc.build.poll import Pair, poll
from magnetc.build.teacher import recipe_model
from magnetc.diagnostics import Diagnostic, Label, MagnetError, Sink
from magnetc.engine.journal import NAME, Journal
from magnetc.frontend import load
from magnetc.ir.spec import CANDIDATES, Inference, Spec, Votes
from magnetc.passes.semantic import by_words
from magnetc.teachers.ask import Asker
from magnetc.teachers.judge import PROGRAM, tally
from magnetc.teachers.openai.budget import Budget
from magnetc.teachers.prompt_program import load_program
from magnetc.teachers.prompted.programs import check_program
from magnetc.tools.importers import IMPORTERS


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeOptions:
    """What the command line says. `votes` are asked for each pair of tools."""

    folder: Path
    votes: int = 3
    announce: Callable[[str], None] = print
    progress: Callable[[int], None] = lambda of: None


@dataclass(slots=True)
class Judged:
    """`lost` are votes that could not be read, by reason; `failures` questions that were never answered."""

    votes: tuple[Votes, ...] = ()
    asked: int = 0
    lost: Counter[str] = field(default_factory=Counter)
    failures: tuple[Diagnostic, ...] = ()
    budget: Budget | None = None


async def judge_recipe(options: JudgeOptions, sink: Sink) -> Judged | None:
    """Ask for votes on the pairs of tools that read alike and have none yet; write all votes into the lock.

    None when the recipe cannot be read. Pairs that the recipe links or unlinks itself are not asked about; votes that stand in the
    lock stay as they are, edited or not.

    Raises:
        MagnetError: MG512 when the recipe has no judges, or no teacher to be one; MG420 for a prompt program that cannot be used; what
            the endpoint raises.
    """
    spec = load(options.folder, sink, IMPORTERS)
    if spec is None:
        return None
    inference = spec.graph.inference("judged")
    if inference is None or spec.recipe.model is None:
        raise MagnetError(_unasked(spec, inference))
    program = load_program(PROGRAM, options.folder)
    check_program(program)
    pairs = candidates(spec, inference)
    options.announce(f"asking for {options.votes} votes on {len(pairs)} pairs of tools")
    judged = Judged()
    with Journal(options.folder / NAME) as journal:
        async with recipe_model(spec.recipe.model, options.folder) as model:
            judged.budget = model.budget
            polled = await poll(Asker(model, journal), program, spec, pairs, options.votes, options.progress)
    judged.asked, judged.lost, judged.failures = polled.asked, polled.lost, tuple(polled.failures)
    found = {pair: tally(*pair, votes) for pair, votes in polled.heard.items() if votes}
    kept = {**{(each.source, each.target): each for each in spec.graph.votes}, **found}
    judged.votes = tuple(kept[pair] for pair in sorted(kept))
    write_votes(options.folder, judged.votes)
    compile_recipe(options.folder, sink)
    return judged


def candidates(spec: Spec, inference: Inference) -> list[Pair]:
    """The pairs to be judged, in order: each tool with those of its category that read most like it (Magnet §3.1).

    What the recipe itself says of a pair needs no judge, nor does one that has been judged.
    """
    said = {(link.source, link.target) for link in spec.graph.links} | set(spec.graph.unlinks)
    said |= {(votes.source, votes.target) for votes in spec.graph.votes}
    alike = by_words(spec, Inference("semantic", inference.top or CANDIDATES))
    return sorted({(source, target) for source, target, _ in alike} - said)


def _unasked(spec: Spec, inference: Inference | None) -> Diagnostic:
    if inference is None:
        return Diagnostic(code="MG512", message="the recipe infers no edges from judges", help="add `judged` to `infer` of a graph")
    return Diagnostic(code="MG512", message="the recipe names no teacher that could judge", primary=Label(inference.origin),
                      help="name one: `teacher: {openai: {model: …, endpoint: …}}` or `{transformers: {model: …}}`")
