"""The pipeline: every pass from a spec to scripts, in order. Start reading here.

    Spec ── BuildGraph ──> LocalDependencyGraph
         ── SamplePaths ─> SignaturePath ── Merge ── Insert ── Parallel ── AssignSources ──> SignaturePath
                                                                        └─ Split, NoTool ──> copies of it
         ── Correct ── Recover ──> SignaturePath, for the path and each copy
         ── Lower ───────> Script ── Distract ── Shuffle ── Mask ── System ── Clutter
                                                                                     └─> Script

Operations of installed packages run after ours of the same stage, in the recipe's order (`operation.py`).

A unit is one ordinal of one path of the recipe. Its passes see the spec and their own draws, nothing else, so units can
be compiled in any order, anywhere. Which operations run, and how likely, is the recipe's `operations`; those in `ALWAYS` run
unless it turns them off. Where a recipe says `mixture`, a unit is told what kind of conversation it gives (`mixture.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from magnetc import plugins
from magnetc.diagnostics import MagnetError
from magnetc.ir.graph import LocalDependencyGraph
from magnetc.ir.path import SignaturePath
from magnetc.ir.script import Script
from magnetc.ir.spec import Spec
from magnetc.ir.verify import verify_graph
from magnetc.passes.apply_probes import ApplyProbes
from magnetc.passes.assign_sources import AssignSources
from magnetc.passes.build_graph import BuildGraph
from magnetc.passes.clutter import Clutter
from magnetc.passes.context import CompileContext
from magnetc.passes.correct import Correct
from magnetc.passes.distract import Distract
from magnetc.passes.hardness import DRAWS
from magnetc.passes.insert import Insert
from magnetc.passes.lower import Lower
from magnetc.passes.manager import Dump, Log, Manager, Tally, broken
from magnetc.passes.mask import Mask
from magnetc.passes.merge import Merge
from magnetc.passes.mixture import CutTurns, is_abstention
from magnetc.passes.no_tool import NoTool, unserved
from magnetc.passes.operation import (
    CopyOperation,
    Operation,
    PathOperation,
    ScriptOperation,
    Stage,
    configured,
)
from magnetc.passes.parallel import Parallel
from magnetc.passes.recover import Recover
from magnetc.passes.sample_paths import SamplePaths
from magnetc.passes.shuffle import Shuffle
from magnetc.passes.split import Split
from magnetc.passes.system import System

GRAPH = (BuildGraph, ApplyProbes)
PATHS = (SamplePaths,)
SOURCES = (AssignSources,)
SCRIPTS = (Lower,)
OPERATIONS: dict[Stage, tuple[type[Operation], ...]] = {
    Stage.WALK: (Merge, Insert, Parallel),
    Stage.COPY: (Split, NoTool),
    Stage.TURNS: (Correct, Recover),
    Stage.SCRIPT: (Distract, Shuffle, Mask, System, Clutter),
}

OWN = frozenset(kind().name for kinds in OPERATIONS.values() for kind in kinds)

NO_OPTIONS: Mapping[str, Mapping[str, float]] = {}

ALWAYS = frozenset([Shuffle().name])
"""Operations that run with their defaults where a recipe does not name them."""

ADDS_NO_TURN: dict[str, dict[str, float]] = {Correct().name: {"after": 0.0}, Recover().name: {"environment": 0.0}}
"""Options with which operations leave a path as many turns as it has, by name."""

LACKING = 4
"""How often a unit is drawn anew for want of an abstention; recipes in which none can be made have their conversations all the same."""

ATTEMPTS = 16
"""How often a unit that its passes reject is drawn anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledUnit:
    """One unit: the base path and its copies, a script for each. Both are empty when the unit was `rejected`.

    `walk`: the tools of the path as it was sampled.
    """

    path: str
    ordinal: int
    attempt: int
    paths: tuple[SignaturePath, ...] = ()
    scripts: tuple[Script, ...] = ()
    counts: tuple[Tally, ...] = ()
    rejected: str | None = None
    walk: tuple[str, ...] = ()


def build_graph(spec: Spec) -> LocalDependencyGraph:
    """The verified graph of a spec. Raises MagnetError (MG901) for a defect of the pass."""
    graph = ApplyProbes().run(spec, BuildGraph().run(spec))
    problems = verify_graph(spec, graph)
    if problems:
        raise MagnetError(broken(BuildGraph().name, spec.recipe.name, problems))
    return graph


def compile_unit(context: CompileContext, path_name: str, ordinal: int, attempt: int = 0, *,
                 dump: Dump | None = None) -> CompiledUnit:
    """Run every pass of one unit."""
    manager, log = Manager(context, dump), Log()
    single = context.mixture.is_single(path_name, ordinal)
    cut = (CutTurns(single),) if context.mixture.asked else ()
    drawn = attempt if single else _hard_enough(context, path_name, ordinal, attempt, cut)
    path = SamplePaths().run(context, path_name, ordinal, drawn)
    walk = tuple(path.functions()) if path else ()
    if path is None:
        log.reject(SamplePaths().name, f"no walk can satisfy path `{path_name}`")
    else:
        manager.between(SamplePaths().name, path)
        path = manager.run((*_path_operations(context, Stage.WALK), *(kind() for kind in SOURCES), *cut), path, log)
    if path is None:
        return CompiledUnit(path=path_name, ordinal=ordinal, attempt=attempt, counts=log.tallies(), rejected=log.rejected,
                            walk=walk)
    copies = tuple(_copies(manager, path, log))
    lacking = context.mixture.abstaining(path_name, ordinal) - sum(is_abstention(copy) for copy in copies)
    if lacking > 0 and attempt < LACKING:
        log.reject(CutTurns(single).name, "the mixture wants an abstention, and no turn gives room for one")
        return CompiledUnit(path=path_name, ordinal=ordinal, attempt=attempt, counts=log.tallies(), rejected=log.rejected, walk=walk)
    twins = tuple(dict.fromkeys(key for copy in copies for key in unserved(copy)))
    paths = tuple(_turned(manager, replace(each, twins=twins), log, ADDS_NO_TURN if single else {}) for each in (path, *copies))
    scripts = tuple(_script(manager, each) for each in paths)
    return CompiledUnit(path=path_name, ordinal=ordinal, attempt=attempt, paths=paths, scripts=scripts, counts=log.tallies(),
                        walk=walk)


def _hard_enough(context: CompileContext, path_name: str, ordinal: int, attempt: int, cut: tuple[CutTurns, ...]) -> int:
    """The draw of a unit that has what the recipe's `difficulty` tells it to have; of `DRAWS`, one that has most of it."""
    if not any(context.hardness.told(path_name, ordinal)):
        return attempt
    manager, passes = Manager(context), (*_path_operations(context, Stage.WALK), *(kind() for kind in SOURCES), *cut)
    best, fewest = attempt * DRAWS, len(context.hardness.wanted) + 1
    for draw in range(attempt * DRAWS, (attempt + 1) * DRAWS):
        path = SamplePaths().run(context, path_name, ordinal, draw)
        path = path and manager.run(passes, path, Log())
        lacking = len(context.hardness.lacking(path)) if path else fewest
        if lacking < fewest:
            best, fewest = draw, lacking
        if not fewest:
            break
    return best


def compile_units(spec: Spec, graph: LocalDependencyGraph | None = None) -> Iterator[CompiledUnit]:
    """Every unit that the recipe asks for, each redrawn until its passes accept it, or given up as rejected."""
    context = CompileContext(spec, graph or build_graph(spec))
    for name, count in spec.recipe.paths:
        for ordinal in range(count):
            unit = compile_unit(context, name, ordinal)
            while unit.rejected is not None and unit.attempt + 1 < ATTEMPTS:
                unit = compile_unit(context, name, ordinal, unit.attempt + 1)
            yield unit


def operations(context: CompileContext, stage: Stage, options: Mapping[str, Mapping[str, float]] = NO_OPTIONS) -> Iterator[Operation]:
    """The operations of a stage that run for the recipe, with its options or, before these, those given: ours in order, then those from outside."""
    always = ALWAYS | {NoTool().name} if context.mixture.abstentions else ALWAYS
    ours = {kind().name: kind for kind in OPERATIONS[stage]}
    others = plugins.operations() if context.operations.keys() - OWN else {}
    theirs = {name: others[name] for name in context.operations if name in others and others[name].stage == stage}
    for name, kind in {**ours, **theirs}.items():
        if name in context.operations or name in always:
            yield configured(kind, {**context.operations.get(name, {}), **options.get(name, {})})


def _path_operations(context: CompileContext, stage: Stage, options: Mapping[str, Mapping[str, float]] = NO_OPTIONS) -> Iterator[PathOperation]:
    return operations(context, stage, options)  # pyright: ignore[reportReturnType]


def _copies(manager: Manager, path: SignaturePath, log: Log) -> Iterator[SignaturePath]:
    split: CopyOperation
    for split in operations(manager.context, Stage.COPY):  # pyright: ignore[reportAssignmentType]
        for copy in split.run(manager.context, path, log):
            manager.between(split.name, copy)
            yield copy


def _turned(manager: Manager, path: SignaturePath, log: Log, options: Mapping[str, Mapping[str, float]]) -> SignaturePath:
    """A path with sources, or a copy of it, after the operations on its turns."""
    return manager.run(tuple(_path_operations(manager.context, Stage.TURNS, options)), path, log) or path


def _script(manager: Manager, path: SignaturePath) -> Script:
    """The script of a path: lowered, then augmented as the recipe asks for."""
    lower = Lower()
    script = lower.run(manager.context, path)
    manager.between(lower.name, script)
    augmentation: ScriptOperation
    for augmentation in operations(manager.context, Stage.SCRIPT):  # pyright: ignore[reportAssignmentType]
        script = augmentation.run(manager.context, script)
        manager.between(augmentation.name, script)
    return script
