"""What the commands that draft are told, and what came of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from magnetc.build.plan import Asking, asking
from magnetc.build.teacher import Asked
from magnetc.diagnostics import Diagnostic, Label, MagnetError
from magnetc.ir.json import Json
from magnetc.ir.spec import Recipe
from magnetc.teachers.prompt_program import load_program
from magnetc.teachers.prompted.programs import check_program


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftOptions:
    """What the command line says. `tools`: only about these; `enough` phrases a tool in a locale, `votes` a pair of tools; `trust`
    lets the world begin, so that its state can be shown; with `plan_only` nobody is asked; `budget` is money, in place of the recipe's."""

    folder: Path
    tools: tuple[str, ...] = ()
    enough: int = 6
    votes: int = 3
    trust: bool = False
    plan_only: bool = False
    budget: float = 0.0
    announce: Callable[[str], None] = print
    progress: Callable[[int], None] = lambda of: None


@dataclass(slots=True, kw_only=True)
class Drafted:
    """What was drafted. `made` is what is written, an entry a proposal; `plain` are places that stay as they are, with why; `lost` counts proposals that could not be used, by what they
    were about and why; `failures` are questions that were never answered. `file` is where it was written, empty where nothing was;
    `included`: whether the recipe reads it. `planned` is what is asked, before it is."""

    made: list[dict[str, Json]] = field(default_factory=list)
    plain: dict[str, str] = field(default_factory=dict)
    lost: Counter[str] = field(default_factory=Counter)
    failures: list[Diagnostic] = field(default_factory=list)
    asked: Asked = field(default_factory=Asked)
    planned: Asking | None = None
    price: tuple[float, float] = (0.0, 0.0)
    file: str = ""
    included: bool = True

    def document(self) -> dict[str, Any]:
        return {"file": self.file, "included": self.included, "drafted": self.made, "plain": self.plain, "lost": dict(sorted(self.lost.items())),
                "unanswered": len(self.failures), "asking": None if self.planned is None else asdict(self.planned),
                "teacher": self.asked.document()}


def planned(options: DraftOptions, recipe: Recipe, program: str, questions: int) -> Drafted:
    """What so many questions of a program may take, with nothing drafted yet.

    Raises:
        MagnetError: MG420 for a prompt program that cannot be used.
    """
    assert recipe.model is not None, "the recipe has a model"
    loaded = load_program(program, options.folder)
    check_program(loaded)
    return Drafted(planned=asking(options.folder, loaded, questions, recipe.model), price=recipe.model.price)


def require_drafter(recipe: Recipe, tools: Sequence[str], wanted: Sequence[str]) -> None:
    """Raise MagnetError MG515 when the recipe names no teacher to ask, or lacks a tool that is wanted."""
    if recipe.model is None:
        raise MagnetError(_problem(recipe, "the recipe names no teacher that could draft",
                                   "name one: `teacher: {openai: {model: …, endpoint: …}}` or `{transformers: {model: …}}`"))
    if strange := sorted(set(wanted) - set(tools)):
        raise MagnetError(_problem(recipe, f"the recipe has no tool `{strange[0]}`", "`magnetc paths DIR` lists those that it uses"))


def _problem(recipe: Recipe, message: str, help: str) -> Diagnostic:
    return Diagnostic(code="MG515", message=message, primary=Label(recipe.origin), help=help)
