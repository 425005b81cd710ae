"""Judging a recipe's edges: a model says of tools that read alike what one does for the other, and the lock keeps the votes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from magnetc.build.compile import compile_recipe
from magnetc.build.lock import write_votes
from magnetc.build.teacher import recipe_model
from magnetc.diagnostics import Diagnostic, Label, MagnetError, Sink
from magnetc.engine.journal import NAME, Journal
from magnetc.frontend import load
from magnetc.ir.spec import CANDIDATES, Inference, Spec, Votes
from magnetc.passes.semantic import by_words
from magnetc.teachers.ask import Asker, GivenUp, Unusable
from magnetc.teachers.gathered import gathered
from magnetc.teachers.judge import PROGRAM, Vote, judge_inputs, read_vote, tally
from magnetc.teachers.openai.budget import Budget
from magnetc.teachers.prompt_program import PromptProgram, load_program
from magnetc.tools.importers import IMPORTERS

Pair = tuple[str, str]


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
    pairs = candidates(spec, inference)
    options.announce(f"asking for {options.votes} votes on {len(pairs)} pairs of tools")
    judged = Judged()
    async with recipe_model(spec.recipe.model, options.folder) as model, Journal(options.folder / NAME) as journal:
        judged.budget = model.budget
        found = await _ask_all(Asker(model, journal), program, spec, pairs, options, judged)
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


async def _ask_all(asker: Asker, program: PromptProgram, spec: Spec, pairs: Sequence[Pair], options: JudgeOptions,
                   judged: Judged) -> Mapping[Pair, Votes]:
    """Votes by pair. Questions that fail for themselves are noted; what stops all of them is raised when the others are cancelled."""
    heard: dict[Pair, dict[int, Vote]] = {pair: {} for pair in pairs}
    failures: list[Diagnostic] = []
    wanted = [(pair, sample) for sample in range(options.votes) for pair in pairs]

    async def one(pair: Pair, sample: int) -> None:
        try:
            heard[pair][sample] = await asker.ask(program, judge_inputs(spec, *pair), lambda text: read_vote(program, text, spec, *pair),
                                                  sample=sample)
        except Unusable as error:
            judged.lost[error.reason] += 1
        except GivenUp as error:
            failures.extend(error.diagnostics)
        options.progress(len(wanted))

    assert spec.recipe.model is not None
    await gathered((one(pair, sample) for pair, sample in wanted), spec.recipe.model.concurrency)
    judged.asked, judged.failures = len(wanted), tuple(failures)
    return {pair: tally(*pair, (votes[sample] for sample in sorted(votes))) for pair, votes in heard.items() if votes}


def _unasked(spec: Spec, inference: Inference | None) -> Diagnostic:
    if inference is None:
        return Diagnostic(code="MG512", message="the recipe infers no edges from judges", help="add `judged` to `infer` of a graph")
    return Diagnostic(code="MG512", message="the recipe names no teacher that could judge", primary=Label(inference.origin),
                      help="name one: `teacher: {openai: {model: …, endpoint: …}}` or `{transformers: {model: …}}`")
