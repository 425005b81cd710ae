"""A poll: several votes of a model on each of many pairs of tools, asked at once and kept in the journal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from magnetc.diagnostics import Diagnostic
from magnetc.ir.spec import Spec
from magnetc.teachers.ask import Asker, GivenUp, Unusable
from magnetc.teachers.gathered import gathered
from magnetc.teachers.judge import Vote, judge_inputs, read_vote
from magnetc.teachers.prompt_program import PromptProgram

Pair = tuple[str, str]


@dataclass(slots=True, kw_only=True)
class Polled:
    """Votes by pair, in the order in which they were asked for. `lost` are votes that could not be read, by reason, and `why` the last reason of
    each pair; `failures` questions that were never answered."""

    asked: int
    heard: dict[Pair, list[Vote]] = field(default_factory=dict)
    lost: Counter[str] = field(default_factory=Counter)
    why: dict[Pair, str] = field(default_factory=dict)
    failures: list[Diagnostic] = field(default_factory=list)


async def poll(asker: Asker, program: PromptProgram, spec: Spec, pairs: Sequence[Pair], votes: int, progress: Callable[[int], None]) -> Polled:
    """Ask for so many votes on each pair. Questions that fail for themselves are noted.

    Raises:
        MagnetError: what stops all of them, when the others are cancelled.
    """
    wanted = [(pair, sample) for sample in range(votes) for pair in pairs]
    polled = Polled(asked=len(wanted))
    heard: dict[Pair, dict[int, Vote]] = {pair: {} for pair in pairs}

    async def one(pair: Pair, sample: int) -> None:
        try:
            heard[pair][sample] = await asker.ask(program, judge_inputs(spec, *pair), lambda text: read_vote(program, text, spec, *pair),
                                                  sample=sample)
        except Unusable as error:
            polled.lost[error.reason] += 1
            polled.why[pair] = error.reason
        except GivenUp as error:
            polled.failures.extend(error.diagnostics)
        progress(len(wanted))

    assert spec.recipe.model is not None, "the recipe has a model"
    await gathered((one(pair, sample) for pair, sample in wanted), spec.recipe.model.concurrency)
    polled.heard = {pair: [votes[sample] for sample in sorted(votes)] for pair, votes in heard.items()}
    return polled
