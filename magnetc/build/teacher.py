"""The teacher of a build, as the recipe names it, with what it costs; its journal and connections live as long as the build."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from magnetc.build.checkpoint_model import checkpoint_model
from magnetc.build.model_names import model_names
from magnetc.diagnostics import Diagnostic, MagnetError
from magnetc.engine.journal import NAME, Journal
from magnetc.ir.checkpoint import Checkpoint
from magnetc.ir.endpoint import Endpoint
from magnetc.ir.spec import Recipe
from magnetc.teachers.ask import Asker, Reply, Request
from magnetc.teachers.batches import Batches
from magnetc.teachers.offline import OfflineTeacher
from magnetc.teachers.openai.budget import Budget
from magnetc.teachers.openai.client import OpenAIClient
from magnetc.teachers.prompt_program import PromptProgram, load_program
from magnetc.teachers.prompted.programs import check_program, programs_of
from magnetc.teachers.prompted.teacher import PromptedTeacher
from magnetc.teachers.teacher import Teacher


@dataclass(slots=True)
class Asked:
    """What was asked of a model: by program how replies fared, why they were refused, and what was paid for or made here."""

    yields: dict[str, Counter[str]] = field(default_factory=dict)
    refusals: dict[str, Counter[str]] = field(default_factory=dict)
    budget: Budget | None = None
    programs: tuple[PromptProgram, ...] = ()

    def document(self) -> dict[str, dict[str, int]]:
        """The yield of each program as JSON."""
        return {name: dict(sorted(counts.items())) for name, counts in sorted(self.yields.items())}


@dataclass(frozen=True, slots=True)
class Replayed:
    """A model that is gone: the journal has all that it said."""

    names: Callable[[str], str]

    def name(self, program: str) -> str:
        return self.names(program)

    async def complete(self, request: Request) -> Reply:
        """Raises MagnetError MG513: nobody can be asked."""
        raise MagnetError(Diagnostic(code="MG513", message=f"the journal has no reply to a question of `{request.program}`",
                                     notes=(request.messages[-1]["content"][:200],),
                                     help="build without `--replay`, or with the journal, recipe and version of the build to be replayed"))


def recipe_model(model: Endpoint | Checkpoint, folder: Path) -> OpenAIClient | Batches:
    """What answers for the recipe in `folder`; enter it before it is asked.

    Raises:
        MagnetError: MG509 where a key is missing.
    """
    return OpenAIClient(model) if isinstance(model, Endpoint) else checkpoint_model(model, folder)


@asynccontextmanager
async def answering(recipe: Recipe, folder: Path, wanted: Iterable[str], *, replay: bool = False, budget: float = 0.0,
                    kept: Path | None = None) -> AsyncIterator[tuple[Asker, dict[str, PromptProgram], Asked]]:
    """The model of `recipe` in `folder`, to be asked through the journal there; the programs that are `wanted`, and what is counted.
    `budget`: the money that it may cost, in place of the recipe's; `kept`: the journal, where it is not the recipe's own.

    Raises:
        MagnetError: MG420 for a prompt program that cannot be used, MG507 for a journal, MG509 where a key is missing.
    """
    asked, model = Asked(), recipe.model
    assert model is not None, "the recipe has a model"
    if budget and isinstance(model, Endpoint):
        model = replace(model, most_money=budget)
    programs = {name: load_program(name, folder) for name in wanted}
    asked.programs = tuple(programs.values())
    for program in asked.programs:
        check_program(program)
    with Journal(kept or folder / NAME) as journal:
        if replay:
            yield Asker(Replayed(model_names(model, folder)), journal, asked.yields, asked.refusals), programs, asked
            return
        async with recipe_model(model, folder) as answers:
            asked.budget = answers.budget
            yield Asker(answers, journal, asked.yields, asked.refusals), programs, asked


@asynccontextmanager
async def recipe_teacher(recipe: Recipe, folder: Path, *, replay: bool = False, budget: float = 0.0,
                         kept: Path | None = None) -> AsyncIterator[tuple[Teacher, Asked]]:
    """The teacher of `recipe` in `folder`, and what is counted of it.

    Raises:
        MagnetError: as `answering`.
    """
    if recipe.model is None:
        yield OfflineTeacher(), Asked()
        return
    async with answering(recipe, folder, programs_of(recipe), replay=replay, budget=budget, kept=kept) as (asker, programs, asked):
        yield PromptedTeacher(asker, programs), asked
