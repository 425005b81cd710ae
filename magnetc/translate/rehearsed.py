"""A turn that has been executed, and what others make of it: calls in its place, executed beside it and compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from magnetc.ir.json import Json
from magnetc.ir.path import Call
from magnetc.ir.spec import Spec
from magnetc.teachers.conversation import Executed
from magnetc.teachers.rehearsal import Arguments, MadeCall, Rehearsed
from magnetc.tools.worlds.equivalence import Execution, Made, equivalent, texts_in
from magnetc.tools.worlds.protocol import Outcome, Run, Step
from magnetc.tools.worlds.world import World
from magnetc.translate.scenario import Place, Scenario


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutedTurn:
    """The `calls` of a turn that began at `start` and came to `outcome`, after those `before` it."""

    calls: Sequence[Call]
    outcome: Outcome
    start: Place
    before: Sequence[Executed]
    scenario: Scenario
    spec: Spec
    world: World

    @property
    def arguments(self) -> Arguments:
        return {call.id: made for call, made in zip(self.calls, self.outcome.args)}

    @property
    def results(self) -> Mapping[str, Json]:
        return {call.id: result for call, result in zip(self.calls, self.outcome.results)}

    async def other(self, made: Sequence[MadeCall]) -> Rehearsed | None:
        """Other calls, from where the turn began. None for a turn whose end is not held, and where a tool does not return in time."""
        if self.outcome.handle is None:
            return None
        steps = [Step(call=name, args=dict(arguments)) for name, arguments in made]
        (other,), (end,) = await self.world.run_all([Run(start=self.start, programs=[steps], observe=True, stop_on_error=False),
                                                     Run(start=self.outcome.handle, programs=[()], observe=True)])
        if other.late or len(other.results) < len(steps):
            return None
        before = [Made(done.call.function, done.arguments, done.result) for done in self.before]
        mine = [Made(call.function, given, result) for call, given, result in zip(self.calls, self.outcome.args, self.outcome.results)]
        theirs = [Made(name, arguments, result) for (name, arguments), result in zip(made, other.results)]
        is_equivalent = other.ok and equivalent(Execution([*before, *mine], end.observed), Execution([*before, *theirs], other.observed),
                                                self.spec, texts_in(self.scenario.state))
        return Rehearsed(results=other.results, fails=not other.ok, is_equivalent=is_equivalent)
