"""The worklist of a new recipe: what is worth somebody's time, ranked by the walks that it opens or touches, counted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from magnetc.passes.automaton import Automaton
from magnetc.passes.chains import Chains
from magnetc.passes.constraints import Constraints
from magnetc.passes.context import CompileContext
from magnetc.tools.guesses.effects import EffectGuess
from magnetc.tools.guesses.entities import LOW, Guesses


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """`share` of the path's walks, those that it would have included, are opened by it or pass through what it is about."""

    share: float
    what: str
    how: str
    opens: bool = False


def worklist(context: CompileContext, path: str, guesses: Guesses, effects: Mapping[str, EffectGuess]) -> tuple[Task, ...]:
    """The tasks of a recipe with one path, the most worthwhile first: what opens walks before what only touches them."""
    counter = _Counter(context, path)
    tasks = [
        *_blocked(counter, guesses),
        *_unsure_types(counter, guesses),
        *_unsure_effects(counter, effects),
        *_phrases(counter, context),
        *_edges(counter, context),
    ]
    return tuple(sorted((task for task in tasks if task.share > 0), key=lambda task: (not task.opens, -task.share, task.what)))


class _Counter:
    """Counts the walks of a path for other sets of tools."""

    def __init__(self, context: CompileContext, path: str):
        self._graph, self._locale = context.graph, context.spec.recipe.locales[0][0]
        self._constraints = context.constraints(context.path[path], self._locale)
        self.tools = frozenset(self._constraints.tools)
        self.total = self._count(self._constraints)

    def _count(self, constraints: Constraints) -> int:
        chains = Chains(Automaton(constraints), self._graph)
        return sum(chains.count(length) for length in chains.lengths())

    def _among(self, tools: frozenset[str]) -> int:
        kept = replace(
            self._constraints,
            tools=tuple(sorted(tools)),
            within=self._constraints.within | tools,
            needs=tuple(need for need in self._constraints.needs if need.tool in tools),
        )
        return self._count(kept) if tools else 0

    def through(self, tools: Iterable[str]) -> float:
        """The share of walks that call one of `tools`."""
        wanted = self.tools & frozenset(tools)
        return 1 - self._among(self.tools - wanted) / self.total if wanted and self.total else 0.0

    def opened(self, tool: str) -> float:
        """The share, of the walks with `tool`, that there are not without it."""
        whole = self._among(self.tools | {tool})
        return 1 - self.total / whole if whole else 0.0


def _blocked(counter: _Counter, guesses: Guesses) -> Iterator[Task]:
    missing: dict[str, list[str]] = defaultdict(list)
    for leaf in guesses.untyped:
        missing[leaf.tool].append(leaf.name or leaf.pointer)
    for tool, names in missing.items():
        if tool not in counter.tools:
            listed = ", ".join(f"`{name}`" for name in names)
            yield Task(
                share=counter.opened(tool),
                opens=True,
                what=f"`{tool}` cannot be called: nothing gives {listed} a value",
                how="give it a type with `examples`, `one of`, `from state` or a result, then add the tool to the path",
            )


def _unsure_types(counter: _Counter, guesses: Guesses) -> Iterator[Task]:
    users: dict[str, set[str]] = defaultdict(set)
    for placed in guesses.places:
        if placed.confidence < LOW:
            users[placed.type].add(placed.leaf.tool)
    for each in guesses.types:
        if each.name in users and each.confidence < LOW:
            yield Task(
                share=counter.through(users[each.name]),
                what=f"type `{each.name}` is a guess ({each.confidence:g}): {each.reason}",
                how="correct it in `types.yaml`",
            )


def _unsure_effects(counter: _Counter, effects: Mapping[str, EffectGuess]) -> Iterator[Task]:
    for tool, guess in effects.items():
        if guess.confidence < LOW:
            yield Task(
                share=counter.through([tool]),
                what=f"whether `{tool}` {guess.effect} is a guess ({guess.confidence:g}): {guess.reason}",
                how="correct `effect` in `tools.yaml`",
            )


def _phrases(counter: _Counter, context: CompileContext) -> Iterator[Task]:
    for tool in sorted(counter.tools):
        count = sum(len(template.phrases) for template in context.spec.turns if template.chain[0][0] == tool)
        if count < 2:
            yield Task(
                share=counter.through([tool]),
                what=f"`{tool}` is asked for in {'one phrase, made from its name' if count else 'no phrase'}",
                how="say it in three or more ways in `turns.magnet`",
            )


def _edges(counter: _Counter, context: CompileContext) -> Iterator[Task]:
    edges = [edge for edge in context.graph.edges if edge.values and not edge.proven and {edge.source, edge.target} <= counter.tools]
    if not edges:
        return
    share = counter.through(edge.target for edge in edges)
    yield Task(
        share=share,
        what=f"{len(edges)} edges along which a value may flow are not proven" if len(edges) > 1 else "an edge is not proven",
        how="`magnetc lock DIR --probe` executes them",
    )
