"""The workshop of a build: all that makes its units, wherever that is."""

from __future__ import annotations

from dataclasses import dataclass

from magnetc.build.attempts import Attempts
from magnetc.build.ingredients import Ingredients
from magnetc.build.unit import Unit, UnitBuilder, UnitResult
from magnetc.distill.proofs.prover import Prover
from magnetc.ir.spec import Spec
from magnetc.passes.context import CompileContext
from magnetc.teachers.teacher import Teacher
from magnetc.tools.worlds.pool import WorldPool
from magnetc.translate.scenario import Scenario


@dataclass(frozen=True, slots=True)
class Made:
    """What became of a unit, and what each of its attempts came from; empty where it is not to be kept."""

    result: UnitResult
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Workshop:
    """Makes units: in worlds of the pool, with the builder's teacher. Without `made_of`, nothing is kept."""

    builder: UnitBuilder
    pool: WorldPool
    made_of: Ingredients | None

    @classmethod
    def of(cls, context: CompileContext, teacher: Teacher, scenarios: tuple[Scenario, ...], pool: WorldPool, made_of: Ingredients | None) -> Workshop:
        """The workshop of a compiled recipe whose worlds begin so."""
        prover = Prover(context.spec, {scenario.initial: scenario.state for scenario in scenarios})
        return cls(UnitBuilder(context, teacher, prover, scenarios), pool, made_of)

    @property
    def spec(self) -> Spec:
        return self.builder.context.spec

    def attempts(self, unit: Unit) -> Attempts:
        """The attempts at a unit, none of them compiled yet."""
        return Attempts(self.builder.context, unit, self.made_of)

    async def make(self, attempts: Attempts) -> Made:
        """Make a unit. Raises MagnetError for what ends a build: a world that does not start, a teacher that cannot be asked."""
        async with self.pool.world() as world:
            result = await self.builder.build(attempts.unit, world, attempts.compiled)
        return Made(result, attempts.keys(result.attempts) if self.made_of and result.repeatable else ())
