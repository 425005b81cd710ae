"""Figures: what a report says of a dataset, by part. A part that is not known is None or empty, and its section says so.

They say nothing of how they are shown, and nothing needs a recipe: of rows that something else has made, the parts that rows alone
tell are there (`measure.py`), and the page is the same.
"""

from __future__ import annotations

from dataclasses import dataclass

Share = tuple[int, int]
"""How many, and of how many."""

Counted = tuple[tuple[str, int], ...]
"""How often, by name, the most frequent first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """How a number is spread over what it is counted of. `bars` are the counts of equal ranges from `least` to `greatest`."""

    name: str
    least: int
    median: int
    mean: float
    most_below: int
    greatest: int
    bars: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """How much there is. `mixed` counts rows of a user's own files by name, which are in no other number but those of `files`. `trained` are the agent's messages of weight 1; `kinds` and `locales` count conversations."""

    rows: int
    conversations: int
    pairs: int
    turns: int
    calls: int
    files: Counted
    kinds: Counted
    locales: Counted
    operations: Counted
    faults: Counted
    trained: Share
    tools: tuple[Tool, ...]
    mixed: Counted = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """How often a tool is called, and in how many rows it is offered."""

    name: str
    calls: int
    offered: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Diversity:
    """How varied users speak and agents act, over `of` conversations: all, or as many as were drawn of `drawn_of`.

    `first_turns`, `skeletons` and `sequences` are distinct ones: of what opens a conversation, of user turns with their values masked,
    of the tools called in order. `bigrams` and `trigrams` are distinct runs of words. `repeated` has the most frequent skeletons;
    `likeness` is how alike an opening and the one nearest to it are, on average (Jaccard of pairs of words), and `twins` are those
    that have one nearly the same.
    """

    of: int
    drawn_of: int
    first_turns: Share
    skeletons: Share
    sequences: Share
    bigrams: Share
    trigrams: Share
    repeated: Counted
    likeness: float
    twins: Share


@dataclass(frozen=True, slots=True, kw_only=True)
class Difficulty:
    """What makes conversations difficult, of those whose certificates tell: how their longest chains of values are spread, how far the farthest
    result is that they take a value from, and how many have a helper that nobody asks for by name. `asked`: by
    thing the share that the recipe asks for of base conversations of several turns, and how many of them have it."""

    chains: Spread
    helpers: Spread
    dependencies: tuple[tuple[str, Share], ...]
    implicit: Share
    asked: tuple[tuple[str, float, Share], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Proofs:
    """What the certificates hold. `sources` counts argument values by where they come from, `necessary` those from results by what
    perturbing them showed; `levels` counts rows by what their replay promises."""

    intact: Share
    levels: Counted
    calls: int
    refusals: int
    sources: Counted
    replied: int
    necessary: Counted
    abstentions: int
    pairs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PathMade:
    """A path of the recipe: conversations asked and made, and the user turns and calls that they have."""

    name: str
    asked: int
    made: int
    turns_asked: tuple[int, ...]
    turns: str
    calls: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationMade:
    """A kind of operation: the chance that was asked, and how often it was applied of where it could be. Without a chance it only adds."""

    name: str
    times: int
    asked: float | None = None
    of: int = 0
    per: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Covered:
    """A thing that is covered in part: how much, what a gate asks for, and what is not, with why."""

    thing: str
    covered: Share
    gate: float | None
    missed: tuple[tuple[str, str], ...]
    beyond: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """What was drawn and not kept, of one kind, by reason."""

    kind: str
    times: int
    reasons: Counted


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """What a proof removed of the finished conversations and pairs that it checked. None where it does not speak of such."""

    proof: str
    name: str
    conversations: Share | None
    pairs: Share | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """A benchmark that rows were compared with: what overlapped, by kind, and was removed; the tools that are the benchmark's own, and how many
    conversations call these."""

    name: str
    version: str
    tasks: int
    overlaps: Counted
    own_tools: tuple[str, ...]
    conversations: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Clean:
    """What overlapped with benchmarks, of all rows that were made."""

    near: float
    removed: Share
    against: tuple[Compared, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Duplicates:
    """Conversations that were near duplicates of an earlier one, of those compared, and what was left out with them."""

    near: float
    conversations: Share
    copies: int
    pairs: int
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a linter found of one kind: how often, and in how many rows."""

    code: str
    title: str
    severity: str
    times: int
    rows: Share


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a recipe asked for against what was made of it."""

    paths: tuple[PathMade, ...]
    operations: tuple[OperationMade, ...]
    partitions: tuple[tuple[str, float | None, int], ...]
    locales: tuple[tuple[str, float | None, int], ...]
    mixture: tuple[tuple[str, float | None, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What a report says of a dataset. `faults`: of those that were tried for pairs, how many come to an equivalent execution."""

    name: str
    version: str = ""
    description: str = ""
    compiler: str = ""
    seed: int | None = None
    shape: Shape
    lengths: tuple[Spread, ...] = ()
    difficulty: Difficulty | None = None
    diversity: Diversity | None = None
    proofs: Proofs | None = None
    asked: Asked | None = None
    coverage: tuple[Covered, ...] = ()
    rejected: tuple[Rejected, ...] | None = None
    removed: tuple[Removed, ...] = ()
    faults: Share | None = None
    clean: Clean | None = None
    duplicates: Duplicates | None = None
    found: tuple[Found, ...] | None = None
