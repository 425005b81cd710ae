"""Verifiers: the invariants of each IR level, checked between passes. Each returns what is violated, in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from magnetc.ir.argument_leaf import ArgumentLeaf, argument_leaves, whole
from magnetc.ir.graph import KINDS, EdgeKind, LocalDependencyGraph
from magnetc.ir.path import (
    ATTEMPT,
    AbstentionKind,
    Call,
    DefaultSource,
    OutputSource,
    SignaturePath,
    SystemSource,
    Turn,
    TurnKind,
    UserSource,
)
from magnetc.ir.pointer import tokens
from magnetc.ir.presentation import verify_presentation
from magnetc.ir.script import CLUTTER, Script, ScriptTurn, SystemKind
from magnetc.ir.spec import Spec
from magnetc.ir.types import ListOf, Ref, TypeExpr, TypeTable, at_pointer
from magnetc.ir.verify_amend import amend_problems

ROUND = 3
"""The most calls in one assistant message."""


def verify_graph(spec: Spec, graph: LocalDependencyGraph) -> list[str]:
    """Nodes are the spec's tools; edges join two of them once, in order, and carry values between existing places.

    Each place is checked once, however many edges name it.
    """
    if graph.nodes != tuple(sorted(spec.tool)):
        return ["the nodes are not the tools of the spec"]
    nodes = len(graph.nodes)
    if graph.targets.size and (min(graph.sources.min(), graph.targets.min()) < 0
                               or max(graph.sources.max(), graph.targets.max()) >= nodes):
        return ["an edge joins what is no node"]
    problems = []
    keys = graph.sources.astype(np.int64) * nodes + graph.targets
    if (keys[1:] <= keys[:-1]).any():
        problems.append("edges are not sorted, or two join the same tools")
    counts = np.diff(graph.flow_offsets)
    for place in np.flatnonzero((counts > 0) == (graph.kinds == KINDS.index(EdgeKind.PREREQUISITE))).tolist():
        problems.append(f"{_edge_name(graph, place)} is {KINDS[graph.kinds[place]]} with {counts[place]} values")
    problems += [f"{_edge_name(graph, place)} does not join two tools"
                 for place in np.flatnonzero(graph.sources == graph.targets).tolist()]
    problems += [f"{_edge_name(graph, place)} has no origin" for place in np.flatnonzero(graph.origins == 0).tolist()]
    problems += [f"edge {source} -> {target} is unlinked" for source, target in sorted(set(spec.graph.unlinks))
                 if (source, target) in graph.edge]
    return problems + list(_place_problems(spec, graph, counts))


def _place_problems(spec: Spec, graph: LocalDependencyGraph, counts: NDArray[np.int64]) -> Iterator[str]:
    """Places of results and parameters that flows name and that do not exist, with the first edge that names each."""
    for ends, named, names, exists in (
        (graph.sources, graph.flow_pointers, graph.pointers, _returns_at),
        (graph.targets, graph.flow_parameters, graph.parameters, _takes),
    ):
        keys = np.repeat(ends.astype(np.int64), counts) * max(1, len(names)) + named
        for key, flow in zip(*(each.tolist() for each in np.unique(keys, return_index=True))):
            end, name = divmod(key, max(1, len(names)))
            if not exists(spec, graph.nodes[end], names[name]):
                place = int(np.searchsorted(graph.flow_offsets, flow, side="right")) - 1
                yield f"{_edge_name(graph, place)}: {graph.nodes[end]} has no {names[name]}"


def _returns_at(spec: Spec, tool: str, pointer: str) -> bool:
    return at_pointer(spec.tool[tool].returns, tokens(pointer)) is not None


def _takes(spec: Spec, tool: str, parameter: str) -> bool:
    return spec.tool[tool].parameter(parameter) is not None


def _edge_name(graph: LocalDependencyGraph, place: int) -> str:
    return f"edge {graph.nodes[graph.sources[place]]} -> {graph.nodes[graph.targets[place]]}"


def verify_path(spec: Spec, graph: LocalDependencyGraph, path: SignaturePath) -> list[str]:
    """Ids are unique, sources refer to what came before and unify with their parameters, Split turns hold together."""
    problems = [f"two turns have the key {key}" for key in _repeated([turn.key for turn in path.turns])]
    problems += [f"two calls have the id {key}" for key in _repeated([call.id for call in path.calls()])]
    if not path.turns:
        problems.append("the path has no turns")
    said: set[str] = set()
    made: dict[str, str] = {}
    for index, turn in enumerate(path.turns):
        said.add(turn.key)
        problems += _kind_problems(path, index, turn)
        problems += amend_problems(spec, path.turns[index - 1] if index else None, turn) if turn.amends else []
        known = dict(made)
        for call in turn.calls or turn.says:
            if call.function not in spec.tool:
                problems.append(f"{call.id} calls {call.function}, which is no tool")
                continue
            missing = {leaf for leaf in turn.withheld if leaf.startswith(call.id + "/")}
            problems += _call_problems(spec, graph, call, said, known, missing)
            known[call.id] = call.function
        if turn.calls:
            made = known
        problems += _goal_problems(turn)
    return problems


def _repeated(names: Sequence[str]) -> list[str]:
    return sorted({name for name in names if names.count(name) > 1})


def _goal_problems(turn: Turn) -> Iterator[str]:
    heads = [call.goal for call in turn.calls]
    for index, call in enumerate(turn.calls):
        if call.goal not in {other.id for other in turn.calls[:index + 1]}:
            yield f"{call.id} helps {call.goal}, which is no earlier call of its turn"
        if index and call.goal != heads[index - 1] and call.goal != call.id:
            yield f"{call.id} stands apart from the rest of its goal"


def _kind_problems(path: SignaturePath, index: int, turn: Turn) -> Iterator[str]:
    said = {call.id + a.pointer for call in turn.calls or turn.says for a in call.arguments if a.source == UserSource(turn.key)}
    for leaf in turn.corrects:
        if leaf not in said or leaf in turn.withheld:
            yield f"turn {turn.key} corrects {leaf}, which it does not say"
    if (turn.corrects or turn.amends) and turn.key.removesuffix(ATTEMPT).removesuffix("+") in path.twins:
        yield f"turn {turn.key} takes back what a copy is told apart by"
    if turn.corrects and turn.kind not in (TurnKind.CORRECT, TurnKind.MISS_FUNC, TurnKind.MISS_PARAMS):
        yield f"turn {turn.key} corrects but is {turn.kind}"
    if turn.kind.acts:
        if not turn.calls:
            yield f"turn {turn.key} makes no calls"
        if turn.withheld:
            yield f"turn {turn.key} withholds but is {turn.kind}"
        if turn.slips and turn.kind is not TurnKind.RECOVER:
            yield f"turn {turn.key} has slips but is {turn.kind}"
        for name in sorted(set(turn.slips) - {call.id for call in turn.calls}):
            yield f"turn {turn.key} gets {name} wrong, which it does not call"
        return
    if turn.kind is TurnKind.NO_TOOL:
        yield from _abstention_problems(path, index, turn)
        return
    if turn.calls or not turn.says or not turn.withheld:
        yield f"turn {turn.key} is {turn.kind}: it says calls, withholds something and makes none"
    after = path.turns[index + 1] if index + 1 < len(path.turns) else None
    if after is None or [call.id for call in after.calls] != [call.id for call in turn.says]:
        yield f"turn {turn.key} is not followed by the turn that makes its calls"
        return
    if turn.kind is TurnKind.MISS_FUNC:
        again = path.turns[index + 2 : index + 3]
        others = [other for other in path.turns if other is not after and not (other in again and other.amends)]
        elsewhere = {call.function for other in others for call in other.calls}
        for tool in sorted(elsewhere & set(turn.withheld)):
            yield f"turn {turn.key} withholds {tool}, which another turn calls"
        return
    for leaf in turn.withheld:
        source = next((a.source for c in turn.says for a in c.arguments if c.id + a.pointer == leaf), None)
        if source != UserSource(after.key):
            yield f"turn {turn.key} withholds {leaf}, which turn {after.key} does not supply"


def _abstention_problems(path: SignaturePath, index: int, turn: Turn) -> Iterator[str]:
    why = turn.abstains
    if why is None or turn.calls:
        yield f"turn {turn.key} is no_tool: it says why, and makes no calls"
        return
    if bool(turn.says) is (why.kind is AbstentionKind.CHITCHAT):
        yield f"turn {turn.key} is {why.kind}: it says the calls that its twin makes, or none in small talk"
    if bool(turn.withheld) is not (why.kind in (AbstentionKind.NEAR, AbstentionKind.NONE)):
        yield f"turn {turn.key} is {why.kind} and withholds {' '.join(turn.withheld) or 'nothing'}"
    for tool in sorted(set(turn.withheld) & set(path.functions())):
        yield f"turn {turn.key} withholds {tool}, which the path calls"
    if why.kind is AbstentionKind.CONTEXT and [t.key for t in path.turns[:index] if t.calls == turn.says] != [why.at]:
        yield f"turn {turn.key} repeats no question of {why.at}"
    if why.kind is AbstentionKind.VALUE and why.at not in {c.id + a.pointer for c in turn.says for a in c.arguments}:
        yield f"turn {turn.key} has an impossible value at {why.at}, which it does not say"


def _call_problems(spec: Spec, graph: LocalDependencyGraph, call: Call, said: set[str], made: dict[str, str],
                   missing: set[str]) -> Iterator[str]:
    pointers = [argument.pointer for argument in call.arguments]
    for pointer in _repeated(pointers):
        yield f"{call.id} has two arguments {pointer}"
    for argument in call.arguments:
        leaf = _leaf_at(spec, call.function, argument.pointer)
        if leaf is None:
            yield f"{call.id}: {call.function} has no parameter {argument.pointer}"
            continue
        place = f"{call.id}{argument.pointer}"
        match argument.source:
            case UserSource(turn):
                if turn not in said and place not in missing:
                    yield f"{place} is said in turn {turn}, which has not come"
            case SystemSource(pointer):
                entity = spec.type_table.get(getattr(leaf.type, "name", ""))
                if entity is None or entity.system != pointer or tokens(pointer)[0] not in spec.recipe.show:
                    yield f"{place} is not shown by the system message at {pointer}"
            case DefaultSource():
                if leaf.required:
                    yield f"{place} is required and left out"
            case OutputSource(producer, pointer):
                if producer not in made:
                    yield f"{place} takes a result of {producer}, which has not been called"
                elif problem := _flow_problem(spec, graph, made[producer], pointer, call.function, leaf):
                    yield f"{place}: {problem}"


def _has_each_argument(spec: Spec, call: Call) -> bool:
    """Whether a call has one argument for each parameter of its tool, or for each leaf of one that is an object, in their order."""
    pointers = [argument.pointer for argument in call.arguments]
    for parameter in spec.tool[call.function].parameters:
        leaves = [whole(parameter).pointer]
        if pointers[:1] != leaves:
            leaves = [leaf.pointer for leaf in argument_leaves(parameter)]
        if pointers[: len(leaves)] != leaves:
            return False
        del pointers[: len(leaves)]
    return not pointers


def _leaf_at(spec: Spec, function: str, pointer: str) -> ArgumentLeaf | None:
    """The argument leaf at a pointer; an object may be one as a whole."""
    parameter = spec.tool[function].parameter(tokens(pointer)[0])
    if parameter is None:
        return None
    return next((leaf for leaf in (whole(parameter), *argument_leaves(parameter)) if leaf.pointer == pointer), None)


def _flow_problem(spec: Spec, graph: LocalDependencyGraph, source: str, pointer: str, target: str, parameter: ArgumentLeaf) -> str | None:
    place = at_pointer(spec.tool[source].returns, tokens(pointer))
    if place is None:
        return f"{source} returns nothing at {pointer}"
    edge = graph.edge.get((source, target))
    declared = edge and any(flow.pointer == pointer and flow.parameter == parameter.name for flow in edge.values)
    if not declared and not _unifies(place, parameter.type, spec.type_table):
        return f"the type of {source} at {pointer} does not unify with {target}.{parameter.name}"
    return None


def _unifies(source: TypeExpr, target: TypeExpr, table: TypeTable) -> bool:
    match source, target:
        case (Ref(a), Ref(b)) | (ListOf(Ref(a)), ListOf(Ref(b))):
            return table.unify(a, b)
        case _:
            return False


def verify_script(spec: Spec, script: Script) -> list[str]:
    """Every argument has a source, rounds partition the calls in a possible order, holes are the outputs waited for.

    The tools that a turn calls are offered in it, and none is that is withheld there or until a later turn.
    """
    problems = []
    if [turn.key for turn in script.turns] != [turn.key for turn in script.path.turns]:
        return ["the turns are not those of the path"]
    if len(script.offered) != len(script.turns):
        return ["not every turn says which tools are offered"]
    problems += [*_offer_problems(spec, script), *verify_presentation(spec, script.shown)]
    calls = [call for turn in script.path.turns for call in (*turn.calls, *turn.says)]
    if script.system is SystemKind.NONE and any(isinstance(a.source, SystemSource) for call in calls for a in call.arguments):
        problems.append("there is no system message, yet an argument comes from it")
    if script.clutter != tuple(what for what in CLUTTER if what in script.clutter):
        problems.append(f"a world cannot be cluttered with {' '.join(script.clutter)}")
    for turn, source in zip(script.turns, script.path.turns):
        problems += _round_problems(turn, source)
        problems += _hole_problems(turn)
        for call in (call for goal in turn.goals for call in goal.calls):
            if not _has_each_argument(spec, call):
                problems.append(f"{call.id} does not have one argument for each parameter of {call.function}")
    return problems


def _offer_problems(spec: Spec, script: Script) -> Iterator[str]:
    for index, (turn, offered) in enumerate(zip(script.turns, script.offered)):
        for tool in sorted(set(offered) - spec.tool.keys()):
            yield f"turn {turn.key} offers {tool}, which is no tool"
        for tool in _repeated(offered):
            yield f"turn {turn.key} offers {tool} twice"
        called = {call.function for group in turn.rounds for call in group}
        for tool in sorted(called - set(offered)):
            yield f"turn {turn.key} calls {tool}, which it does not offer"
        withheld = {tool for t in script.turns[index:] if t.kind is TurnKind.MISS_FUNC for tool in t.withheld}
        withheld |= {tool for t in script.turns if t.kind is TurnKind.NO_TOOL for tool in t.withheld}
        for tool in sorted(withheld & set(offered)):
            yield f"turn {turn.key} offers {tool}, which is withheld"


def _round_problems(turn: ScriptTurn, source: Turn) -> Iterator[str]:
    made = [call for group in turn.rounds for call in group]
    if sorted(call.id for call in made) != sorted(call.id for call in source.calls):
        yield f"the rounds of turn {turn.key} are not a partition of its calls"
    place = {call.id: index for index, group in enumerate(turn.rounds) for call in group}
    for index, group in enumerate(turn.rounds):
        if not 0 < len(group) <= ROUND:
            yield f"round {index} of turn {turn.key} has {len(group)} calls"
        for call in group:
            for argument in call.arguments:
                if isinstance(argument.source, OutputSource) and place.get(argument.source.call, -1) >= index:
                    yield f"{call.id}{argument.pointer} waits for {argument.source.call}, which is not made before it"


def _hole_problems(turn: ScriptTurn) -> Iterator[str]:
    waited = [
        (call.id, argument.pointer, argument.source.call, argument.source.pointer)
        for goal in turn.goals
        for call in goal.calls
        for argument in call.arguments
        if isinstance(argument.source, OutputSource)
    ]
    holes = [(hole.call, hole.pointer, hole.producer, hole.output) for hole in turn.holes]
    if sorted(waited) != sorted(holes):
        yield f"the holes of turn {turn.key} are not the outputs that its calls wait for"
