"""Spec: a recipe after loading and resolving. Both syntaxes lower to this, and nothing below reads a file again."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

from magnetc.ir.checkpoint import Checkpoint
from magnetc.ir.endpoint import Endpoint
from magnetc.ir.json import Json, wire
from magnetc.ir.limits import DEFAULT_LIMITS, Limits
from magnetc.ir.pointer import pruned, tokens
from magnetc.ir.probed import NOTHING_PROBED, Probes
from magnetc.ir.schema import tool_schema
from magnetc.ir.signature import FunctionSignature
from magnetc.ir.template import (
    AskTemplate,
    CapabilityTemplate,
    Phrase,
    ReferTemplate,
    ReplyTemplate,
    TurnTemplate,
)
from magnetc.ir.types import EntityType, TypeExpr, TypeTable, at_pointer, leaves
from magnetc.source import Origin

ChainTemplate = TypeVar("ChainTemplate", TurnTemplate, ReplyTemplate)

_NOWHERE = Origin("", "")

STYLES = ("terse", "polite", "indirect", "hurried", "chatty")
"""How a user speaks, for a whole conversation. A frame of another style, or of none, suits every user."""

ALIKE = 3
"""How many tools count as alike to one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorldSpec:
    """The world the tools act on; `now` an ISO 8601 instant. `kind` says what it is: `python` is then "module:Class" relative to
    the recipe folder; of other kinds, `settings` is what the recipe says of it, as canonical JSON.

    `variants` is how many initial states (world seeds) the units are spread over. `packages` are pip requirements with
    exact versions; when given, the world runs in an environment of its own that holds these and nothing else. `folder` is
    where the recipe that names the world lies, relative to the one that extends it. `tools` and `types` are those of the recipe,
    for a world that is made from them (`simulated`). `sealed`: of an output, where nothing is recorded any more.
    """

    now: str
    kind: str = "python"
    python: str = ""
    settings: str = "{}"
    variants: int = 8
    packages: tuple[str, ...] = ()
    limits: Limits = DEFAULT_LIMITS
    folder: str = field(default="", compare=False)
    tools: tuple[FunctionSignature, ...] = field(default=(), compare=False, repr=False)
    types: tuple[EntityType, ...] = field(default=(), compare=False, repr=False)
    sealed: bool = field(default=False, compare=False)
    origin: Origin = field(default=_NOWHERE, compare=False, repr=False)

    @property
    def title(self) -> str:
        """What messages call it: the class, or the kind."""
        return self.python or self.kind


NEAR = 0.5
"""The Jaccard similarity from which words overlap with a benchmark's, where nobody says another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decontamination:
    """The benchmarks that data is kept clean of, as they are named (`magnetc/distill/contamination/source.py`), with paths from `folder`.

    `near` is the Jaccard similarity from which words overlap, `most` how many rows may be removed: below 1 a share; None: any number.
    `listed_below`: the recipe has them under a key of their own.
    """

    against: tuple[str, ...]
    near: float
    most: float | None = None
    folder: str = field(default="", compare=False, repr=False)
    listed_below: bool = field(default=False, compare=False, repr=False)
    origin: Origin = field(default=_NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mix:
    """A file or folder of somebody's own conversations, from `folder`, that is mixed in under a name: `weight` rows for each of the dataset's own."""

    name: str
    file: str
    weight: float
    folder: str = field(default="", compare=False, repr=False)
    origin: Origin = field(default=_NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldOut:
    """What no conversation to train on has: `tools`, and `count` more that are drawn; a share of all ordered pairs of tools, `compositions`, of which
    one call follows the other; as many initial `states`, of the world's variants; a share of the `phrases` that say the same, and of the base paths that
    are said with these."""

    tools: tuple[str, ...] = ()
    count: int = 0
    compositions: float = 0.0
    states: int = 0
    phrases: float = 0.0
    origin: Origin = field(default=_NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """The recipe document itself. `loss` has keys calls, clarifications, refusals, replies with values 0 or 1.

    `coverage` are the gates on it: shares that the dataset has to reach, by thing (`magnetc/emit/coverage.py`). `shortcut`: what may tell
    the sides of pairs apart, at the most (`magnetc/emit/shortcut.py`).
    `acts`: the teacher goes through each turn as the agent (`positives: {act: …}`), and `reasons` aloud before it does something.
    `model` is that of a teacher that is none of ours, hosted or in files. `styles` are the shares of the users who speak so.
    `mixture` has the shares of conversations of several turns, of one, and of abstentions, in this order; empty where the recipe says nothing.
    `difficulty` has least shares of base paths of several turns: those with a `chain` of so many calls, with a `long` dependency, with an `implicit` helper.
    `deduplicate`: the Jaccard similarity from which conversations are near duplicates, of which the first stays.
    `scale` is what the counts in `paths` were multiplied by when the command line asked for another number.
    """

    name: str
    version: str
    seed: int
    world: WorldSpec
    show: tuple[str, ...] = ("date",)
    teacher: str = "offline"
    model: Endpoint | Checkpoint | None = None
    locales: tuple[tuple[str, float], ...] = (("en", 1.0),)
    styles: tuple[tuple[str, float], ...] = tuple((style, 1 / len(STYLES)) for style in STYLES)
    paths: tuple[tuple[str, int], ...] = ()
    mixture: tuple[tuple[str, float], ...] = ()
    difficulty: tuple[tuple[str, float], ...] = ()
    chain: int = 0
    scale: float = 1.0
    negatives: tuple[tuple[str, float], ...] = ()
    acts: bool = False
    reasons: bool = False
    calls: str = "as_needed"
    loss: tuple[tuple[str, int], ...] = (("calls", 1), ("clarifications", 1), ("refusals", 1), ("replies", 0))
    partitions: tuple[tuple[str, float], ...] = (("train", 0.9), ("validation", 0.05), ("test", 0.05))
    held_out: HeldOut | None = None
    coverage: tuple[tuple[str, float], ...] = ()
    shortcut: float | None = None
    decontaminate: Decontamination | None = None
    deduplicate: float | None = None
    mix: tuple[Mix, ...] = ()
    emit: tuple[str, ...] = ("trl",)
    train: str = "{}"
    description: str = ""
    origin: Origin = field(default=_NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolSet:
    name: str
    tools: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A declared edge. `pointer` and `parameter` are empty for a prerequisite: order matters, no value flows."""

    source: str
    target: str
    pointer: str = ""
    parameter: str = ""
    origin: Origin = field(default=_NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Undo:
    """How a user who changes their mind gets a call of `tool` undone: by calling `by`, or, where that is the same, by calling it
    again, which replaces what it did."""

    tool: str
    by: str
    origin: Origin = field(default=_NOWHERE, compare=False, repr=False)


CANDIDATES = 30
"""Semantic successors of a tool where the recipe does not say how many (Magnet §3.1)."""


@dataclass(frozen=True, slots=True)
class Inference:
    """A way to find edges besides those declared: typed, semantic or judged; or probed, which leaves out what is refuted.

    `top` limits it: typed, the most tools that one parameter takes a value from (0: all); semantic, how many successors a
    tool is given. `by` names the model that ranks these; without one, words do.
    """

    name: str
    top: int = 0
    by: str = ""
    origin: Origin = field(default=_NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Votes:
    """What judges said of the edge between two tools, from `magnetc.lock`: how many times which kind, or that there is none.

    `values` are (pointer pattern, parameter). `origin` is its line in the lock.
    """

    source: str
    target: str
    full: int = 0
    partial: int = 0
    prerequisite: int = 0
    none: int = 0
    values: tuple[tuple[str, str], ...] = ()
    origin: Origin = field(default=_NOWHERE, compare=False, repr=False)

    @property
    def kind(self) -> str:
        """The kind with the most votes; of several with as many, the one that claims least."""
        return max(("none", "prerequisite", "partial", "full"), key=lambda kind: getattr(self, kind))

    @property
    def confidence(self) -> float:
        """The share of the votes that `kind` has."""
        return getattr(self, self.kind) / (self.full + self.partial + self.prerequisite + self.none)


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphSpec:
    """`ranked` holds (source, target, score) by a model, from `magnetc.lock`; scores are in [0, 1]. `probes` are what executing
    tools said of value flows, from there too.

    `unlinked_at` has the place of each of `unlinks`, in their order.
    """

    infer: tuple[Inference, ...] = (Inference("typed"),)
    links: tuple[Link, ...] = ()
    unlinks: tuple[tuple[str, str], ...] = ()
    undos: tuple[Undo, ...] = ()
    votes: tuple[Votes, ...] = ()
    ranked: tuple[tuple[str, str, float], ...] = ()
    probes: Probes = NOTHING_PROBED
    unlinked_at: tuple[Origin, ...] = field(default=(), compare=False, repr=False)

    def undoing(self, tool: str) -> str | None:
        """The tool that undoes `tool`; None where none is declared."""
        return next((undo.by for undo in self.undos if undo.tool == tool), None)

    def inference(self, name: str) -> Inference | None:
        """How edges are found in the way `name`; None when they are not."""
        return next((each for each in self.infer if each.name == name), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """A regular expression over tools: op is tool, any, concat, alternate, star, plus or maybe.

    `tools` holds the tool names a `tool` node accepts (a set accepts several).
    """

    op: str
    tools: tuple[str, ...] = ()
    items: tuple[Pattern, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PathSpec:
    """What may be sampled. `turns` bounds the sampled path's length; `within` limits its tools when not empty.

    require (a, b): every b has an earlier a. forbid (a, b): no a before the first b. at_most (n, a).
    `sample` is walk, uniform or coverage. `distance`: turns between a producer and the consumer that Insert adds.
    """

    name: str
    turns: tuple[int, int] = (2, 7)
    start: tuple[str, ...] = ()
    within: tuple[str, ...] = ()
    require: tuple[tuple[str, str], ...] = ()
    forbid: tuple[tuple[str, str], ...] = ()
    at_most: tuple[tuple[int, str], ...] = ()
    pattern: Pattern | None = None
    pattern_text: str = ""
    sample: str = "walk"
    distance: tuple[int, int] | None = None
    origin: Origin = field(default=_NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationSpec:
    """One operation and its options, e.g. ("insert", {"short": 0.5, "long": 0.5, "gap": [1, 3]})."""

    name: str
    options: tuple[tuple[str, Json], ...] = ()
    origin: Origin = field(default=_NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, kw_only=True)
class Spec:
    """The whole recipe, resolved. Lookups by name are built once."""

    recipe: Recipe
    types: tuple[EntityType, ...] = ()
    sets: tuple[ToolSet, ...] = ()
    tools: tuple[FunctionSignature, ...] = ()
    graph: GraphSpec = GraphSpec()
    paths: tuple[PathSpec, ...] = ()
    operations: tuple[OperationSpec, ...] = ()
    turns: tuple[TurnTemplate, ...] = ()
    refers: tuple[ReferTemplate, ...] = ()
    replies: tuple[ReplyTemplate, ...] = ()
    asks: tuple[AskTemplate, ...] = ()
    capabilities: tuple[CapabilityTemplate, ...] = ()
    frames: tuple[Frames, ...] = ()

    @cached_property
    def tool(self) -> dict[str, FunctionSignature]:
        return {tool.name: tool for tool in self.tools}

    @cached_property
    def tool_texts(self) -> dict[str, str]:
        """Each tool as a model is shown it, as JSON text."""
        return {tool.name: wire(tool_schema(tool, self.type_table)) for tool in self.tools}

    @cached_property
    def type_table(self) -> TypeTable:
        return TypeTable({entity.name: entity for entity in self.types})

    @cached_property
    def _outputs(self) -> dict[tuple[str, str], tuple[str, ...]]:
        return {}

    def outputs(self, function: str, type_name: str) -> tuple[str, ...]:
        """Pointer patterns into `function`'s result where values of type `type_name`, or of one refining it, stand."""
        key = (function, type_name)
        if key not in self._outputs:
            table = self.type_table
            places = leaves(self.tool[function].returns)
            self._outputs[key] = tuple(at for at, ref in places if table.unify(ref.name, type_name))
        return self._outputs[key]

    @cached_property
    def volatile(self) -> dict[str, tuple[str, ...]]:
        """Pointer patterns of volatile places, of the tools whose results have such."""
        types = {entity.name for entity in self.types if entity.volatile}
        places = {tool.name: tuple(at for at, ref in leaves(tool.returns) if ref.name in types) for tool in self.tools} if types else {}
        return {name: found for name, found in places.items() if found}

    def steady(self, function: str, result: Json) -> Json:
        """A result of `function` without what is volatile in it: the same each time."""
        for pattern in self.volatile.get(function, ()):
            result = pruned(result, tokens(pattern))
        return result

    @cached_property
    def _arguments(self) -> dict[tuple[str, str], TypeExpr | None]:
        return {}

    def argument_type(self, function: str, pointer: str) -> TypeExpr | None:
        """Type of the argument leaf at `pointer`; None where the tool has no such argument."""
        key = (function, pointer)
        if key not in self._arguments:
            name, *rest = tokens(pointer)
            parameter = self.tool[function].parameter(name)
            self._arguments[key] = at_pointer(parameter.type, tuple(rest)) if parameter else None
        return self._arguments[key]

    @cached_property
    def _nearest(self) -> dict[str, tuple[FunctionSignature, ...]]:
        return {}

    def nearest(self, function: str) -> tuple[FunctionSignature, ...]:
        """All tools, those most like `function` first."""
        if function not in self._nearest:
            mine = self.tool[function]
            ranked = sorted(self.tools, key=lambda tool: (-mine.likeness(tool), tool.name))
            self._nearest[function] = tuple(ranked)
        return self._nearest[function]

    def comes_near(self, function: str) -> tuple[str, ...]:
        """The tools that are easily taken for `function`, the nearest first: those that take its arguments, and those most
        like it by name, category and effect."""
        others = [tool for tool in self.nearest(function) if tool.name != function]
        fitting = [tool.name for tool in others if self.tool[function].could_be(tool)]
        return tuple(dict.fromkeys((*fitting, *(tool.name for tool in others[:ALIKE]))))

    @cached_property
    def turn_templates(self) -> dict[tuple[str, ...], tuple[TurnTemplate, ...]]:
        """Turn templates by the tools of their chain."""
        return _by_chain(self.turns)

    @cached_property
    def reply_templates(self) -> dict[tuple[str, ...], tuple[ReplyTemplate, ...]]:
        """Reply templates by the tools of their chain."""
        return _by_chain(self.replies)

    @cached_property
    def _refers(self) -> dict[tuple[str, str], tuple[tuple[ReferTemplate, Phrase], ...]]:
        return {}

    def refers_to(self, type_name: str, locale: str) -> tuple[tuple[ReferTemplate, Phrase], ...]:
        """Phrases that point at values of entity type `type_name`: its own, and those of the types it refines."""
        key = (type_name, locale)
        if key not in self._refers:
            self._refers[key] = tuple(
                (template, phrase)
                for template in self.refers
                if self.type_table.unify(type_name, template.type)
                for phrase in template.phrases
                if phrase.locale == locale
            )
        return self._refers[key]

    @cached_property
    def frame(self) -> dict[str, Frames]:
        return {frames.locale: frames for frames in self.frames}


def _by_chain(templates: tuple[ChainTemplate, ...]) -> dict[tuple[str, ...], tuple[ChainTemplate, ...]]:
    found: dict[tuple[str, ...], list[ChainTemplate]] = {}
    for template in templates:
        found.setdefault(tuple(tool for tool, _ in template.chain), []).append(template)
    return {chain: tuple(own) for chain, own in found.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One sentence around a phrase. `style` is one of a user's (`STYLES`) or suits everyone.

    `after` limits a follow-up to what the last call came to: it `reads` and told something, it `writes`, or it found `nothing`.
    """

    text: str
    style: str = ""
    weight: float = 1.0
    after: str = ""


@dataclass(frozen=True, kw_only=True)
class Frames:
    """The sentences of one locale around the author's phrases (`specs/std/frames/LOCALE.yaml`).

    Texts hold the placeholders documented in `docs/language.md`. `chitchat`: (style, the user's words, the agent's answer).
    """

    locale: str
    groups: tuple[tuple[str, tuple[Frame, ...]], ...]
    elide: tuple[tuple[str, str], ...] = ()
    prepositions: tuple[str, ...] = ()
    chitchat: tuple[tuple[str, str, str], ...] = ()

    @cached_property
    def texts(self) -> dict[str, tuple[str, ...]]:
        """The texts of each group."""
        return {name: tuple(frame.text for frame in frames) for name, frames in self.groups}

    @cached_property
    def of(self) -> dict[str, tuple[Frame, ...]]:
        """The frames of each group."""
        return dict(self.groups)
