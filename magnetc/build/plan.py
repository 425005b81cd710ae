"""The plan of a build: which units are made and which are there, what a hosted teacher is asked for them, and what that may cost.

Questions are counted from the scripts: exactly, up to what only execution or an answer can tell. What comes on top (answers
that are refused, words that a reader misunderstands, paths that are drawn anew, rejected sides of pairs) makes the upper end of the range.
Tokens of a question are those that the journal's questions of its kind had; without any, what the prompt and the recipe's
`max_tokens` let expect.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path
from statistics import quantiles
from typing import Any

from magnetc.build.attempts import Attempts
from magnetc.build.causes import Cause, causes
from magnetc.build.compile import compile_recipe
from magnetc.build.ingredients import Ingredients, ingredients
from magnetc.build.model_names import model_names
from magnetc.build.options import BuildOptions
from magnetc.build.unit import ATTEMPTS, Unit, pairs_wanted
from magnetc.build.worlds import scenarios_of
from magnetc.diagnostics import Diagnostic, MagnetError, Sink
from magnetc.engine import journal, units
from magnetc.engine.units import UnitStore
from magnetc.ir.checkpoint import Checkpoint
from magnetc.ir.endpoint import Endpoint
from magnetc.ir.script import Script
from magnetc.ir.spec import Recipe
from magnetc.passes.context import CompileContext
from magnetc.teachers.openai.budget import CHARACTERS
from magnetc.teachers.prompt_program import PromptProgram, load_program
from magnetc.teachers.prompted.programs import check_program, programs_of
from magnetc.teachers.prompted.questions import questions
from magnetc.tools.trust import require_trust
from magnetc.tools.worlds.kind import world_pool

MORE = 1.5
"""What comes on top of the questions that can be counted, at the upper end: tests with a teacher that fails in 30 % of its answers
stay below it."""

KIND = {"kind": "plan"}
"""What a plan begins with as JSON: such files play no part in what is built."""

ASKED_TO_MISLEAD = 3
"""Questions for a pair in which a model is misled: it acts, goes on and replies."""

ENOUGH = 20
"""Answers in the journal from which on they say what the next ones will be."""

PROMPT = 1500
"""Characters of what a program is given, where no question of its kind is in the journal: a conversation of some turns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """What one program is asked. `tokens` are (least, most), both ways; `known`: from so many answers in the journal."""

    program: str
    questions: int
    asked: tuple[int, int]
    answered: tuple[int, int]
    known: int


def money(asked: Sequence[Asking], price: tuple[float, float]) -> tuple[float, float]:
    """Least and most that questions cost, in the currency of the recipe's prices."""
    low, high = (sum(each.asked[end] * price[0] + each.answered[end] * price[1] for each in asked) / 1e6 for end in (0, 1))
    return low, high


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedPath:
    """A path of the recipe: units that it asks for, those that earlier builds have made, and those that are made."""

    path: str
    units: int
    there: int
    made: int


@dataclass(slots=True, kw_only=True)
class Plan:
    """What a build would do. `fingerprint` is empty where nothing can be kept; `seed` and `paths` are those of the command line."""

    recipe: str
    fingerprint: str
    paths: tuple[PlannedPath, ...]
    asking: tuple[Asking, ...] = ()
    price: tuple[float, float] = (0.0, 0.0)
    seed: int | None = None
    scale: int | None = None
    conversations: int = 0
    turns: int = 0
    calls: int = 0
    why: str = ""
    causes: tuple[Cause, ...] = ()

    def money(self) -> tuple[float, float]:
        """Least and most, in the currency of the recipe's prices."""
        return money(self.asking, self.price)

    def document(self) -> dict[str, Any]:
        """The plan as JSON, as `build --plan` reads it."""
        return {**KIND, **asdict(self), "money": list(self.money())}


async def plan_recipe(options: BuildOptions, sink: Sink) -> Plan | None:
    """The plan of building the recipe. None when it has errors; they are in `sink`.

    Nothing but the world's beginning is executed, and nobody is asked.

    Raises:
        MagnetError: MG606 for code that is not trusted, MG420 for a prompt program, what a world raises that does not start.
    """
    context = compile_recipe(options.folder, sink, seed=options.seed, paths=options.paths)
    if context is None:
        return None
    recipe = context.spec.recipe
    require_trust(options.folder, recipe.world, options.trust)
    pool = world_pool(recipe.world, options.folder, options.announce)
    try:
        async with pool.world() as world:
            scenarios = await scenarios_of(world, context.spec)
    finally:
        await pool.close()
    programs = tuple(load_program(name, options.folder) for name in programs_of(recipe)) if recipe.model else ()
    for program in programs:
        check_program(program)
    made_of = ingredients(context.spec, options.folder, sink.files, [each.initial for each in scenarios], programs)
    with UnitStore(options.folder / units.NAME, made_of.whole if made_of else None, keep=True) as store:
        wanted = _wanted(context, made_of, store)
        before = store.before()
    planned = tuple(PlannedPath(path=name, units=count, there=count - len(wanted[name]), made=len(wanted[name])) for name, count in recipe.paths)
    plan = Plan(recipe=recipe.name, fingerprint=made_of.whole if made_of else "", paths=planned, seed=options.seed, scale=options.paths,
                why=_why(made_of, planned, before))
    asked = _count(wanted, plan, recipe)
    if made_of and before:
        plan.causes = tuple(causes(made_of, before, list(chain.from_iterable(wanted.values())), sink))
    if recipe.model:
        plan.price = recipe.model.price
        plan.asking = tuple(asking(options.folder, program, asked[program.name], recipe.model) for program in programs)
    return plan


def _wanted(context: CompileContext, made_of: Ingredients | None, store: UnitStore) -> dict[str, list[Attempts]]:
    """The units of each path that a build has to make."""
    found: dict[str, list[Attempts]] = {}
    for name, count in context.spec.recipe.paths:
        each = (Attempts(context, Unit(name, ordinal), made_of) for ordinal in range(count))
        found[name] = [attempts for attempts in each if attempts.standing(store) is None]
    return found


def require_plan(plan: Mapping[str, Any], made: Plan) -> None:
    """Raise MagnetError MG514 where what a build would do is no longer what was planned."""
    changed = [name for name in ("fingerprint", "recipe", "seed", "scale") if plan.get(name) != getattr(made, name)]
    if changed or [each["units"] for each in plan.get("paths", ())] != [each.units for each in made.paths]:
        raise MagnetError(Diagnostic(
            code="MG514", message="the plan is of another build", notes=(f"what differs: {', '.join(changed) or 'the counts of paths'}",),
            help="plan it again with `magnetc plan DIR -o FILE`, and look at what it says now"))


def read_plan(path: Path) -> dict[str, Any]:
    """A plan that `magnetc plan -o` wrote. Raises MagnetError MG514 for a file that is none."""
    try:
        plan = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(plan, dict) and plan.keys() >= {*KIND, "fingerprint", "paths", "recipe"}:
            return plan
    except ValueError:
        pass
    raise MagnetError(Diagnostic(code="MG514", message=f"`{path.name}` is no plan", help="write one with `magnetc plan DIR -o FILE`"))


def _why(made_of: Ingredients | None, paths: Sequence[PlannedPath], before: Mapping[str, str]) -> str:
    if not made_of:
        return "units of this recipe are never kept: its world runs servers, or a package adds to it"
    if not any(each.made for each in paths):
        return "every unit is there"
    if not before:
        return "no unit is there: nothing was built yet"
    if before == made_of.by_name():
        return "nothing has changed: more paths are asked for, or a build was broken off"
    return "since the recipe was last built:"


def _count(wanted: Mapping[str, Sequence[Attempts]], plan: Plan, recipe: Recipe) -> Counter[str]:
    """The questions of all units that are to be made, by program; what the plan says of them is noted in it."""
    asked: Counter[str] = Counter()
    for attempts in chain.from_iterable(wanted.values()):
        scripts = _scripts(attempts)
        plan.conversations += len(scripts)
        for script in scripts:
            plan.turns += len(script.turns)
            plan.calls += sum(len(calls) for turn in script.turns for calls in turn.rounds)
        asked.update(_questions(scripts, recipe.acts))
        for script in scripts:
            if not any(turn.abstains for turn in script.turns):   # no pair is made of what calls nothing
                asked["mislead"] += ASKED_TO_MISLEAD * pairs_wanted(recipe, script.path.id)["mislead"]
    return asked


def _scripts(attempts: Attempts) -> Sequence[Script]:
    """Those of the first attempt that the passes accept: one that they reject asks nothing."""
    return next((compiled.scripts for number in range(ATTEMPTS) if (compiled := attempts.compiled(number)).rejected is None), ())


def _questions(scripts: Sequence[Script], acts: bool) -> Iterator[str]:
    """Those of a unit. A copy is asked about from the turn on in which it parts from what was asked about before."""
    heard: set[tuple] = set()
    for script in scripts:
        before: tuple = ()
        for turn in script.turns:
            before = (*before, turn)
            if before not in heard:
                heard.add(before)
                yield from questions(turn, acts)


def asking(folder: Path, program: PromptProgram, count: int, model: Endpoint | Checkpoint) -> Asking:
    """The tokens that so many questions take: between the quartiles of those asked before, or the head's `max_tokens`."""
    path, named = folder / journal.NAME, model_names(model, folder)(program.name)
    before = [(asked, answered) for _, model, _, _, asked, answered in journal.entries(path, program.name)
              if model == named] if path.is_file() else []
    if len(before) >= ENOUGH:
        ask, answer = (_quartiles([pair[at] for pair in before]) for at in (0, 1))
    else:
        text = (len(program.text) + PROMPT) // CHARACTERS
        ask, answer = (text // 2, text * 2), (20, int(program.decoding.get("max_tokens", 256)))
    most = round(count * MORE)
    return Asking(program=program.name, questions=count, asked=(count * ask[0], most * ask[1]),
                  answered=(count * answer[0], most * answer[1]), known=len(before))


def _quartiles(values: Sequence[int]) -> tuple[int, int]:
    low, _, high = quantiles(values, n=4)
    return int(low), round(high) + 1
