"""A build on the nodes of a cluster: what is sent to them, what they open of it, and what they tell.

A node has magnetc and its packages, and nothing else. It is sent the recipe's files, unpacks and compiles them, starts worlds and
asks the teacher itself. Its journal is in the user's cache there, and is merged into the recipe's by key.
"""

from __future__ import annotations

import os
import platform
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from magnetc.build.compile import compile_recipe
from magnetc.build.compiler import own_sources
from magnetc.build.ingredients import Ingredients
from magnetc.build.model_names import checkpoint_place
from magnetc.build.teacher import Asked, recipe_teacher
from magnetc.build.unit import Unit
from magnetc.build.workshop import Made, Workshop
from magnetc.build.worlds import recipe_pool, scenarios_of
from magnetc.diagnostics import Diagnostic, MagnetError, Sink
from magnetc.engine import journal
from magnetc.ir.checkpoint import Checkpoint
from magnetc.ir.endpoint import Endpoint
from magnetc.ir.json import digest
from magnetc.ir.spec import Spec
from magnetc.tools.environments import cache_directory


@dataclass(frozen=True, kw_only=True)
class Order:
    """What every node is sent. `files` are the recipe's, by name; `seed` and `paths` those of the command line; `states` the initial
    states, by digest, that its worlds have to begin in; `secret` the teacher's key, under the name that it has in the environment.

    `journal`: the recipe's, as the bytes of its file. `sharers`: how many share the teacher's limits and the budget. `home`: where the
    recipe is; a checkpoint that is its teacher is looked for there on every node.
    """

    files: Mapping[str, bytes] = field(repr=False)
    states: tuple[str, ...]
    made_of: Ingredients | None
    seed: int | None = None
    paths: int | None = None
    replay: bool = False
    budget: float = 0.0
    sharers: int = 1
    home: Path = field(default_factory=Path)
    secret: tuple[str, str] = field(default=("", ""), repr=False)
    journal: bytes = field(default=b"", repr=False)
    sources: str = field(default_factory=own_sources)

    @property
    def name(self) -> str:
        """What a node calls the recipe."""
        return digest({name: content.hex() for name, content in self.files.items()})


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What an actor has asked, all told; and the `replies` that its node's journal has and the recipe's has not, since the last report."""

    yields: Mapping[str, Mapping[str, int]]
    refusals: Mapping[str, Mapping[str, int]]
    spent: tuple[int, int, int] = (0, 0, 0)
    replies: tuple[tuple, ...] = ()


@dataclass(slots=True)
class RemoteShop:
    """A workshop on a node."""

    workshop: Workshop
    asked: Asked
    journal: Path | None
    replies: list[tuple]
    read: int

    async def make(self, unit: Unit) -> Made:
        """Raises MagnetError for what ends a build."""
        return await self.workshop.make(self.workshop.attempts(unit))

    def report(self) -> Report:
        """What there is to tell."""
        replies, self.replies = self.replies, []
        if self.journal is not None:
            more, self.read = journal.rows_after(self.journal, self.read)
            replies += more
        budget = self.asked.budget
        spent = (budget.requests, budget.asked, budget.answered) if budget else (0, 0, 0)
        return Report(yields=self.asked.yields, refusals=self.asked.refusals, spent=spent, replies=tuple(replies))


@asynccontextmanager
async def remote_shop(order: Order, cores: int) -> AsyncIterator[RemoteShop]:
    """Open an order on this machine, of which so many cores are its own.

    Raises:
        MagnetError: MG517 where this machine would make something else of it; what a build raises.
    """
    if order.sources != own_sources():
        raise _other("it has another magnetc, or another Python", "install the version that starts the build on every node")
    if order.secret[0]:
        os.environ.setdefault(*order.secret)
    folder, sink = _unpacked(order), Sink()
    context = compile_recipe(folder, sink, seed=order.seed, paths=order.paths)
    if context is None:
        raise MagnetError(*sink.only().diagnostics)
    spec = context.spec
    pool = recipe_pool(spec.recipe, folder, lambda _: None, cores)
    try:
        async with pool.world() as world:
            scenarios = await scenarios_of(world, spec)
        if tuple(each.initial for each in scenarios) != order.states:
            raise _other("its worlds do not begin as they do where the build was started", "see what they read beside the recipe's folder")
        recipe = replace(spec.recipe, model=_share(spec.recipe.model, order))
        kept = cache_directory() / "nodes" / digest([spec.recipe.name, order.secret[0]]) / journal.NAME if recipe.model else None
        replies, read = _journal(kept, order) if kept else ([], 0)
        async with recipe_teacher(recipe, folder, replay=order.replay, budget=order.budget / order.sharers, kept=kept) as (teacher, asked):
            made_of = replace(order.made_of, spec=spec) if order.made_of else None
            yield RemoteShop(Workshop.of(context, teacher, scenarios, pool, made_of), asked, kept, replies, read)
    finally:
        await pool.close()


def sent_of(made_of: Ingredients | None) -> Ingredients | None:
    """Ingredients as they are sent: without the spec, which each node compiles."""
    return Ingredients(spec=Spec(recipe=made_of.spec.recipe), shared=made_of.shared, sampled=made_of.sampled) if made_of else None


def _unpacked(order: Order) -> Path:
    """The recipe's folder on this node, made by whoever comes first."""
    place = cache_directory() / "nodes" / "recipes" / order.name
    if place.is_dir():
        return place
    place.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(dir=place.parent))
    for name, content in order.files.items():
        path = made / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    try:
        made.rename(place)
    except OSError:   # another actor was faster
        if not place.is_dir():
            raise
    return place


def _journal(kept: Path, order: Order) -> tuple[list[tuple], int]:
    """What this node's journal has that the recipe's has not, and up to where it was read; afterwards it has both."""
    with tempfile.TemporaryDirectory() as folder:
        theirs = Path(folder) / "journal.sqlite"
        if order.journal:
            theirs.write_bytes(order.journal)
        found = journal.rows_without(kept, theirs) if kept.is_file() else []
        if order.journal:
            journal.merge(kept, theirs)
    return found, journal.rows_after(kept, 0, count_only=True)[1] if kept.is_file() else 0


def _share(model: Endpoint | Checkpoint | None, order: Order) -> Endpoint | Checkpoint | None:
    """The part of the teacher's limits that one of the sharers may use; a checkpoint with its place."""
    if model is None:
        return None
    if isinstance(model, Checkpoint):
        def placed(name: str) -> str:
            return str(checkpoint_place(name, order.home) or name)

        return replace(model, model=placed(model.model), models=tuple((program, placed(name)) for program, name in model.models))

    def part(bound: int) -> int:
        return max(1, bound // order.sharers) if bound else 0

    return replace(model, concurrency=part(model.concurrency), requests=part(model.requests), tokens=part(model.tokens),
                   most_tokens=part(model.most_tokens), most_money=model.most_money / order.sharers)


def _other(why: str, help: str) -> MagnetError:
    return MagnetError(Diagnostic(code="MG517", message=f"the node `{platform.node()}` would not build the same: {why}", help=help))
