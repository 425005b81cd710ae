"""The prover: certifies rows while they are built, and verifies them ever after. Both run the same checks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from magnetc.diagnostics import MagnetError
from magnetc.distill import judged
from magnetc.distill.contamination.index import Index
from magnetc.distill.proofs import (
    amendments,
    clean,
    contradicted,
    executable,
    intact,
    mixed,
    necessary,
    nonequivalent,
    reach,
    reasoned,
    resolved,
    slips,
    sourced,
    sufficient,
    typed,
    unanswerable,
)
from magnetc.distill.proofs.failure import Failure
from magnetc.distill.proofs.necessary import Experiment, Verdict
from magnetc.distill.proofs.view import ConversationView, parse
from magnetc.ir.json import Json
from magnetc.ir.spec import Spec
from magnetc.tools.worlds.equivalence import texts_in
from magnetc.tools.worlds.protocol import Outcome, Reset, Run
from magnetc.tools.worlds.steady import steady_world
from magnetc.tools.worlds.world import World

MALFORMED = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError)
"""What a row that is not one makes the proofs raise."""


@dataclass(frozen=True, slots=True)
class _Replay:
    """A conversation replayed: as it stands, the verdicts on its output leaves, and without what was refused, if something was."""

    literal: Outcome
    verdicts: dict[tuple[int, str], Verdict]
    bare: Outcome | None = None


class Prover:
    """Checks rows against a spec and a world. `states` maps a digest to the initial state it is the digest of; `index` has the benchmarks that
    rows are to be clean of, if there are any."""

    def __init__(self, spec: Spec, states: Mapping[str, Json], index: Index | None = None):
        self.spec, self.states, self.index = spec, states, index
        self._existing: dict[str, frozenset[str]] = {}

    def existing(self, initial: str) -> frozenset[str]:
        """Texts of an initial state."""
        if initial not in self._existing:
            self._existing[initial] = texts_in(self.states[initial])
        return self._existing[initial]

    async def certify(self, row: dict[str, Any], world: World, proven: Sequence[dict[str, Any]] = ()) -> list[Failure]:
        """Complete the row's certificate (final digests, necessity, its own digest) and check it.

        `proven` are rows certified just now: where one holds a pair's chosen side message by message, what was found of
        it holds of the pair, and is not looked for again.
        """
        return await self._examine(row, world, fill=True, proven=proven)

    async def verify(self, row: dict[str, Any], world: World, listed: str | None) -> list[Failure]:
        """Check every proof of a row; `listed` is the digest that the manifest has for it."""
        name = str(row.get("id", "?"))
        failures: list[Failure] = []
        try:
            if mixed.is_mixed(row):
                return [Failure(name, proof, problem) for proof, problem in mixed.check(row, listed, self.spec, self.index)]
            failures += [Failure(name, 0, problem) for problem in intact.check(row, listed)]
            failures += await self._examine(row, world, fill=False)
        except MagnetError as error:
            failures.append(Failure(name, 1, f"the row cannot be replayed: {error.diagnostics[0].message}"))
        except MALFORMED as error:
            failures.append(Failure(name, 0, f"the row is not well formed: {_words(error)}"))
        return failures

    async def _examine(self, row: dict[str, Any], world: World, *, fill: bool,
                       proven: Sequence[dict[str, Any]] = ()) -> list[Failure]:
        world = steady_world(world, self.spec)
        at = row["certificate"]["world"]
        if at["initial"] not in self.states:
            return [Failure(row["id"], 1, f"the initial state `{at['initial']}` is not in `states/`")]
        if at["now"] != self.spec.recipe.world.now or type(at["seed"]) is not int:
            return [Failure(row["id"], 1, "the row's world has another `now` than the recipe, or no seed")]
        if at["replay"] != world.levels.replay:
            return [Failure(row["id"], 1, f"the row claims the replay level `{at['replay']}`; its world's is `{world.levels.replay}`")]
        if "rejected" in row:
            problems = await self._pair(row, world, fill, _same_conversation(row, proven))
        else:
            problems = await self._conversation(row, world, fill)
        if self.index is not None:
            problems += [(8, problem) for problem in clean.check(row, self.index, self.spec, self.states[at["initial"]])]
        if fill:
            row["certificate"] = {"row": "", **row["certificate"]}
            row["certificate"]["row"] = intact.row_digest(row)
        return [Failure(row["id"], proof, message) for proof, message in problems]

    async def _conversation(self, row: dict[str, Any], world: World, fill: bool) -> list[tuple[int, str]]:
        view = parse(row["messages"], row["tools"], row["certificate"], self.spec)
        replay, _ = await self._replay(view, world)
        if fill:
            _fill(view, replay, row["certificate"])
        problems = [(2, problem) for problem in typed.check_shown([view], self.spec)]
        problems += self._positive(view, replay, row["certificate"]["world"]["final"])
        if (tried := resolved.trial(view)) and world.levels.reset != "none":
            ((outcome,),) = await world.run_all([Run(start=self._start(view), programs=[tried], stop_on_error=False)])
            problems += [(3, problem) for problem in resolved.check_trial(view, outcome)]
        return problems + (await self._abstentions(view, row["tags"]["operations"], world) if not problems else [])

    async def _abstentions(self, view: ConversationView, operations: list[str], world: World) -> list[tuple[int, str]]:
        """Proof 6 of turns in which nothing is called: by what the row says, and if that holds by what the world says."""
        problems = unanswerable.check(view, self.spec, operations)
        if world.levels.reset == "none" and unanswerable.abstentions(view):
            problems.append("what nobody recorded cannot be tried: no abstention is proven in this world")
        if not problems and unanswerable.abstentions(view):
            existing = self.existing(str(view.certificate["world"]["initial"]))
            problems = await reach.check(view, self.spec, world, self._start(view), existing)
        return [(6, problem) for problem in problems]

    def _positive(self, view: ConversationView, replay: _Replay, final: str) -> list[tuple[int, str]]:
        """Proofs 1 to 5 of a conversation."""
        locale = str(view.certificate["locale"])
        found = {
            1: executable.check(view, self.spec, replay.literal, final) + (slips.traces(view, replay.literal, replay.bare) if replay.bare else []),
            2: typed.check(view, self.spec) + amendments.check(view, self.spec),
            3: sourced.check(view, self.spec, locale) + reasoned.check(view),
            4: necessary.check(view, replay.verdicts),
            5: sufficient.check(view, self.spec, locale) + amendments.check_words(view, self.spec, locale),
        }
        return [(proof, problem) for proof, problems in found.items() for problem in problems]

    async def _replay(self, view: ConversationView, world: World, *also: Run) -> tuple[_Replay, list[tuple[Outcome, ...]]]:
        """Replay a conversation and decide for each output leaf whether it is necessary: by results, else by states.

        Runs `also` in the same round trip and returns their outcomes beside.
        """
        locale = str(view.certificate["locale"])
        decided: dict[tuple[int, str], Verdict] = {}
        open_leaves = []
        for leaf in necessary.output_leaves(view, self.spec):
            if necessary.stands_elsewhere(leaf, view, locale):
                decided[leaf.place] = False
            elif world.levels.reset == "none":
                decided[leaf.place] = "context"  # a call with another value was not recorded: its failing says nothing
            else:
                open_leaves.append(leaf)
        tried = necessary.trial(view, self.spec, tuple(open_leaves))
        start, reminted = self._start(view), self._start(view, 1)
        runs = [Run(start=start, programs=[tried.literal], digest=True, stop_on_error=False)]
        if view.traceless:
            runs.append(Run(start=start, programs=[slips.without(view)], digest=True, stop_on_error=False))
        if tried.derived:
            runs.append(Run(start=reminted, programs=[tried.derived], stop_on_error=False))
        outcomes = await world.run_all([*runs, *also])
        (literal,), *rest = outcomes[: len(runs)]
        bare = rest.pop(0)[0] if view.traceless else None
        found = necessary.brief_verdicts(tried, literal, rest[0][0] if rest else None)
        decided.update((place, verdict) for place, verdict in found.items() if verdict is not None)
        undecided = tuple(leaf for leaf in open_leaves if found[leaf.place] is None)
        if undecided:
            decided.update(await self._by_states(necessary.experiment(view, self.spec, undecided), view, world))
        return _Replay(literal, decided, bare), outcomes[len(runs) :]

    async def _by_states(self, whole: Experiment, view: ConversationView,
                         world: World) -> dict[tuple[int, str], Verdict]:
        """Verdicts on the leaves of an experiment, by the states that its programs end in."""
        same, other = [nonequivalent.literal(view.calls), *whole.substituted.values()], [whole.derived, *whole.kept.values()]
        runs = [Run(start=self._start(view), programs=same, mode="all", observe="digest", stop_on_error=False)]
        if whole.kept:
            reminted = self._start(view, 1)
            runs.append(Run(start=reminted, programs=other, mode="all", observe="digest", stop_on_error=False))
        (literal, *substituted), *rest = await world.run_all(runs)
        derived, *kept = rest[0] if rest else (None,)
        return necessary.verdicts(whole, literal, dict(zip(whole.substituted, substituted)), derived,
                                  dict(zip(whole.kept, kept)))

    def _start(self, view: ConversationView, shift: int = 0) -> Reset:
        at = view.certificate["world"]
        seed, initial = int(at["seed"]) + shift, str(at["initial"])
        return Reset(state=self.states[initial], seed=seed, now=str(at["now"]), digest=initial)

    async def _pair(self, row: dict[str, Any], world: World, fill: bool,
                    proven: dict[str, Any] | None) -> list[tuple[int, str]]:
        certificate, prompt = row["certificate"], len(row["prompt"])
        chosen = parse(row["prompt"] + row["chosen"], row["tools"], certificate, self.spec)
        replies = {**certificate, "arguments": {}, "replies": certificate["rejected_replies"], "refused": {}, "denied": {}}
        rejected = parse(row["prompt"] + row["rejected"], row["tools"], replies, self.spec)
        good_calls, bad_calls = (nonequivalent.within_turn(side, prompt) for side in (chosen, rejected))
        mended = nonequivalent.repaired(chosen, rejected, prompt, certificate["corresponds"])
        start = self._start(chosen)
        ends = [nonequivalent.literal(good_calls), nonequivalent.literal(bad_calls), mended]
        whole = Run(start=start, programs=[nonequivalent.literal(rejected.calls)], digest=True, stop_on_error=False)
        turns = Run(start=start, programs=ends, mode="all", observe=True, stop_on_error=False)
        if proven is None:
            replay, ((bad_end,), (good, bad, repair)) = await self._replay(chosen, world, whole, turns)
            if fill:
                _fill(chosen, replay, certificate)
            problems = self._positive(chosen, replay, certificate["world"]["final"])
        else:
            (bad_end,), (good, bad, repair) = await world.run_all([whole, turns])
            certificate["world"]["final"] = proven["certificate"]["world"]["final"]
            certificate["arguments"] = proven["certificate"]["arguments"]
            problems = []
        problems += [(2, problem) for problem in typed.check_shown([chosen, rejected], self.spec)]
        if fill:
            certificate["world"]["final_rejected"] = bad_end.digest
        final = certificate["world"]["final_rejected"]
        problems += [(1, "rejected: " + p) for p in executable.check(rejected, self.spec, bad_end, final)]
        problems += [(2, "rejected: " + p) for p in typed.check(rejected, self.spec)]
        at_fault = prompt if row["fault"].get("kind") in (contradicted.KIND, judged.KIND) else None
        problems += [(3, "rejected: " + p)
                     for p in sourced.check_replies(rejected, self.spec, str(certificate["locale"]), contradicted=at_fault,
                                                 free=row["fault"].get("kind") == judged.KIND)]
        execution = nonequivalent.execution
        problems += [
            (7, problem)
            for problem in nonequivalent.check(
                chosen, rejected, prompt, row["fault"], certificate["corresponds"], self.spec, execution(good_calls, good),
                execution(bad_calls, bad), execution(mended, repair), self.existing(certificate["world"]["initial"]),
                str(row["tags"]["path"]),
            )
        ]
        return problems


def _fill(view: ConversationView, replay: _Replay, certificate: dict[str, Any]) -> None:
    """Write what the replay found into the certificate."""
    certificate["world"] = {**certificate["world"], "final": replay.literal.digest}
    for (consumer, pointer), verdict in replay.verdicts.items():
        certificate["arguments"][view.calls[consumer].id][pointer]["necessary"] = verdict


def _same_conversation(pair: dict[str, Any], proven: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    """The proven row whose conversation is the pair's chosen side, marks of training aside."""
    chosen = [_bare(message) for message in (*pair["prompt"], *pair["chosen"])]
    return next((row for row in proven if [_bare(message) for message in row["messages"]] == chosen), None)


def _bare(message: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in message.items() if key not in ("weight", "credit", reasoned.KEY)}


def _words(error: BaseException) -> str:
    match error:
        case KeyError():
            return f"it has no `{error.args[0]}`"
        case RecursionError():
            return "it is nested too deeply"
        case _:
            return str(error)
