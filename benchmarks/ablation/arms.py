"""Arms as changes of one recipe and of how a model is trained on it, which of them are compared, and how much is run. PROTOCOL.md has them in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import chain

FULL = "full"

HEADLINE = ("templates", "domain")
"""The sets that hypotheses are about."""

SETS: Mapping[str, tuple[str, int]] = {"templates": ("practice-test", 7001), "domain": ("garage", 9001), "seen": ("practice", 8001), "dev": ("practice-dev", 5001)}
"""Test sets: the recipe and seed of each. On `dev` alone anything is chosen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operations:
    """Chances of the operations that arms differ in."""

    merge: float = 0.3
    short: float = 0.5
    long: float = 0.5
    miss_func: float = 0.25
    miss_params: float = 0.25
    parallel: float = 0.0

    def text(self) -> str:
        """As a statement of a recipe. What it does not name (distractors, shuffling) stays as the base has it."""
        return (f"operations {{ merge({self.merge})  insert(short={self.short}, long={self.long}, gap=1..2)  parallel({self.parallel}, calls=2..2)  "
                f"split(miss_func={self.miss_func}, miss_params={self.miss_params}) }}\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """`singles`: as many rows of Split as `full` has are added, of conversations of one goal. `pairs`: the kind of negatives that the model of `full` is
    trained on, by `credit` and `preference` (λ); no kind for an arm that is trained on conversations alone."""

    name: str
    operations: Operations = field(default_factory=Operations)
    singles: bool = False
    pairs: str = ""
    credit: str = "turn"
    preference: float = 0.3


_NO_SPLIT = Operations(miss_func=0, miss_params=0)

INDEPENDENT = 0.6
"""The chance of Parallel with which a turn has as many calls as in `full` (`python -m benchmarks.ablation calls` measures both)."""

DATA = (
    Arm(name="graph", operations=Operations(merge=0, short=0, long=0, miss_func=0, miss_params=0)),
    Arm(name="merge", operations=Operations(short=0, long=0, miss_func=0, miss_params=0)),
    Arm(name="no-split", operations=_NO_SPLIT),
    Arm(name=FULL),
    Arm(name="no-merge", operations=Operations(merge=0)),
    Arm(name="no-insert-short", operations=Operations(short=0)),
    Arm(name="no-insert-long", operations=Operations(long=0)),
    Arm(name="independent", operations=Operations(short=0, long=0, parallel=INDEPENDENT)),
    Arm(name="single-asks", operations=_NO_SPLIT, singles=True),
)
"""In the paper's order, then what leaves one out, then controls."""

PREFERENCE = (
    Arm(name="continued-mutated", pairs="mutate", preference=0),
    Arm(name="continued-random", pairs="random", preference=0),
    Arm(name="mutated-span", pairs="mutate", credit="span"),
    Arm(name="mutated-turn", pairs="mutate"),
    Arm(name="mutated-rest", pairs="mutate", credit="rest"),
    Arm(name="random", pairs="random"),
)

ARMS: Mapping[str, Arm] = {arm.name: arm for arm in chain(DATA, PREFERENCE)}

SINGLES = Operations(merge=0, short=0, long=0, miss_func=0.5, miss_params=0.5)
"""What rows of Split of one goal are taken from: a recipe whose paths have a single turn."""

CONTRASTS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "data": ((FULL, "no-merge"), (FULL, "no-insert-short"), (FULL, "no-insert-long"), (FULL, "no-split"), ("merge", "graph"), ("no-split", "merge"),
             (FULL, "independent"), (FULL, "single-asks")),
    "preference": (("mutated-span", "continued-mutated"), ("mutated-turn", "continued-mutated"), ("mutated-rest", "continued-mutated"),
                   ("random", "continued-random")),
}
"""The confirmatory contrasts, by the family that Holm is over, together with HEADLINE."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much is run. `paths` for training, `steps` of SFT and of preference, `played` rows by set; `changes` of the training settings (`KEY=VALUE`)."""

    arms: tuple[str, ...]
    seeds: int
    preference_seeds: int = 0
    paths: int
    steps: int
    preference_steps: int = 160
    played: Mapping[str, int]
    most_tokens: int = 96
    chunk: int = 40
    packing: int = 1024
    changes: tuple[str, ...] = ()

    def cells(self) -> list[tuple[str, int]]:
        """(arm, seed) in the order in which they are run: seed by seed, so that what is done early compares."""
        most = max(self.seeds, self.preference_seeds)
        return [(name, seed) for seed in range(1, most + 1) for name in self.arms if seed <= self.seeds_of(name)]

    def seeds_of(self, name: str) -> int:
        """How many seeds an arm has; `full` as many as what goes on from it."""
        wanted = self.preference_seeds if ARMS[name].pairs else self.seeds
        return max(wanted, self.preference_seeds) if name == FULL and any(ARMS[each].pairs for each in self.arms) else wanted


SIZES: Mapping[str, Size] = {
    "smoke": Size(arms=("graph", "merge", "no-split", FULL), seeds=3, paths=1200, steps=2000, played={"templates": 300, "domain": 150, "seen": 100}),
    "evidence": Size(arms=tuple(ARMS), seeds=5, preference_seeds=8, paths=2400, steps=4000, played={"templates": 2000, "domain": 2000, "seen": 500}),
    "calibrate": Size(arms=(FULL, "graph"), seeds=0, paths=1200, steps=2000, played={"dev": 200}),
    "toy": Size(arms=("graph", FULL), seeds=1, paths=24, steps=8, preference_steps=4, played={"templates": 8, "domain": 4}, most_tokens=16, chunk=4),
}
"""`calibrate` is seed 0, which counts for nothing. `toy` tests the harness."""
