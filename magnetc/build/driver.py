"""The driver of a build: effects in order. Compile, trust, start worlds, run units, write, commit."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any

from magnetc.build import finished
from magnetc.build.audit.card import refresh_card
from magnetc.build.clean import Cleaner, check_sources, index_of
from magnetc.build.compile import compile_recipe
from magnetc.build.duplicates import Duplicates
from magnetc.build.findings import (
    Yield,
    report_deaths,
    report_difficulty,
    report_held_out,
    report_mixture,
    report_replies,
    report_results,
    report_states,
    report_yields,
)
from magnetc.build.gates import Gates, judge, report_gates
from magnetc.build.ingredients import ingredients
from magnetc.build.manifest import manifest
from magnetc.build.mix import Mixed, check_mix, read_mix, report_mix
from magnetc.build.options import BuildOptions
from magnetc.build.output import Output
from magnetc.build.partitions import Partitions
from magnetc.build.recipe_files import recipe_files
from magnetc.build.report import FIGURES, NAME, report
from magnetc.build.results import Results, unit_results
from magnetc.build.teacher import Asked, recipe_teacher
from magnetc.build.unit import UnitResult
from magnetc.build.workshop import Workshop
from magnetc.build.worlds import recipe_pool, scenarios_of
from magnetc.diagnostics import Diagnostic, Sink
from magnetc.distill.contamination.index import Index
from magnetc.distill.controls import RANDOM
from magnetc.distill.proofs.clean import INDEX
from magnetc.distill.proofs.mixed import TRAIN
from magnetc.emit.card import card
from magnetc.emit.coverage import Coverage, Loss
from magnetc.emit.difficulty import Difficulties
from magnetc.emit.exports.dataset import Dataset
from magnetc.emit.exports.write import RecipeExports, require_extras
from magnetc.emit.graph import node_link
from magnetc.emit.made import Made
from magnetc.emit.missed import coverage_document
from magnetc.emit.removed import removed_by_proof
from magnetc.emit.shortcut import Shortcut
from magnetc.emit.transcript import transcript
from magnetc.engine import units
from magnetc.engine.rare_collections import rare_collections
from magnetc.engine.units import UnitStore
from magnetc.ir.json import wire
from magnetc.ir.literal import print_literal
from magnetc.ir.spec import Spec
from magnetc.passes.context import CompileContext
from magnetc.tools.trust import require_trust
from magnetc.translate.scenario import Scenario


@dataclass(slots=True)
class BuildSummary:
    """What a build made, and what it dropped on the way. `failed`: a gate was missed, and an error says so. `reused`: units that an earlier
    build has made; `told`: its figures, where the dataset was up to date. `proven`: conversations and pairs that passed their proofs, those
    included that are left out afterwards; `clean`: those of them that have a partition and no overlap with benchmarks."""

    conversations: int = 0
    rows: int = 0
    pairs: int = 0
    turns: int = 0
    calls: int = 0
    operations: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    dropped: Counter[str] = field(default_factory=Counter)
    proven: Counter[str] = field(default_factory=Counter)
    clean: Counter[str] = field(default_factory=Counter)
    files: dict[str, int] = field(default_factory=dict)
    example: list[dict[str, Any]] = field(default_factory=list)
    yields: dict[str, Yield] = field(default_factory=dict)
    misfits: dict[str, Counter[str]] = field(default_factory=dict)
    wordless: Counter[str] = field(default_factory=Counter)
    died: list[Diagnostic] = field(default_factory=list)
    made: dict[str, Any] = field(default_factory=dict)
    coverage: dict[str, Any] = field(default_factory=dict)
    contamination: dict[str, Any] = field(default_factory=dict)
    duplicates: dict[str, Any] = field(default_factory=dict)
    mix: list[dict[str, Any]] = field(default_factory=list)
    gates: Gates = field(default_factory=Gates)
    failed: bool = False
    exports: dict[str, Any] = field(default_factory=dict)
    asked: Asked = field(default_factory=Asked)
    reused: int = 0
    told: dict[str, Any] | None = None

    def figures(self) -> dict[str, Any]:
        """The summary as JSON: largest counts first."""
        if self.told is not None:
            return self.told
        plain = {name: getattr(self, name) for name in ("conversations", "rows", "pairs", "turns", "calls", "files")}
        counted = {name: dict(getattr(self, name).most_common()) for name in ("operations", "faults", "dropped")}
        covered = {thing: {key: found[key] for key in ("covered", "possible", "share")} for thing, found in self.coverage.items()}
        compared = {"contamination": self.contamination} if self.contamination else {}
        exports = {"exports": self.exports} if self.exports else {}
        alike = ({"duplicates": self.duplicates} if self.duplicates else {}) | ({"mix": self.mix} if self.mix else {})
        proofs = removed_by_proof(self.dropped, self.proven["conversations"], self.proven["pairs"], kept=(self.clean["conversations"], self.clean["pairs"]), is_compared=bool(compared))
        return plain | counted | exports | {"proofs": proofs} | {"made": self.made, "coverage": covered, "gates": self.gates.document()} | compared | alike


@dataclass(frozen=True, slots=True)
class Measures:
    """What is counted of conversations as they are written. `cleaner`: what they are to have nothing in common with; `duplicates`: those before."""

    partitions: Partitions
    coverage: Coverage
    made: Made
    cleaner: Cleaner | None = None
    duplicates: Duplicates | None = None
    shortcut: Shortcut = field(default_factory=Shortcut)
    difficulties: Difficulties = field(default_factory=Difficulties)

    def add(self, row: dict[str, Any]) -> None:
        """Count a conversation: of its rows the one that holds all of it."""
        self.coverage.add(row)
        self.made.add(row)
        self.difficulties.add(row)


async def build(options: BuildOptions, sink: Sink) -> BuildSummary | None:
    """Build the recipe's dataset. None when the recipe has errors, or gives no conversation at all: they are in `sink`.

    Raises:
        MagnetError: what only effects can find: a world that does not start, code that is not trusted.
    """
    context = compile_recipe(options.folder, sink, seed=options.seed, paths=options.paths)
    if context is None:
        return None
    spec = context.spec
    check_sources(spec, options.folder, sink)
    check_mix(spec, options.folder, sink)
    if sink.has_errors:
        return None
    mixes = read_mix(spec, options.folder, sink) if options.gated else []
    if sink.has_errors:
        return None
    require_extras(spec.recipe.emit)
    require_trust(options.folder, spec.recipe.world, options.trust)
    duplicates = Duplicates(spec.recipe.deduplicate, spec) if options.gated and spec.recipe.deduplicate is not None else None
    index = index_of(spec, options.folder, options.announce) if options.gated else None
    pool = recipe_pool(spec.recipe, options.folder, options.announce, options.jobs)
    output = Output(options.out)
    exports = RecipeExports(spec, output.partial / "exports")
    try:
        async with pool.world() as world:
            world.check(spec.tools)
            scenarios = await scenarios_of(world, spec)
        report_states(spec, scenarios, sink)
        if sink.has_errors:
            return None
        async with recipe_teacher(spec.recipe, options.folder, replay=options.replay, budget=options.budget) as (teacher, asked):
            made_of = ingredients(spec, options.folder, sink.files, [each.initial for each in scenarios], asked.programs) if options.cached else None
            stamp = made_of.whole if made_of else None
            files = recipe_files(options.folder, spec.recipe.world, sink.files)
            cleaner = Cleaner(index, spec, {each.initial: each.state for each in scenarios}) if index else None
            key = finished.build_key(stamp, f"{print_literal(spec)}{cleaner.digest() if cleaner else ''}{''.join(each.digest for each in mixes)}" if stamp else "", files)
            if (before := finished.recall(options.folder, options.out, key, sink)) is not None:
                return BuildSummary(told=before["figures"], failed=before["failed"])
            measures = Measures(Partitions.of(context, scenarios), Coverage(context), Made(spec), cleaner, duplicates,
                                difficulties=Difficulties(asked=spec.recipe.difficulty, least=spec.recipe.chain))
            with UnitStore(options.folder / units.NAME, stamp, made_of.by_name() if made_of else None) as store:
                workshop = Workshop.of(context, teacher, scenarios, pool, made_of)
                summary = await _run(options, unit_results(options, workshop, store, asked, files), spec, output, exports, measures)
        summary.asked = asked
        report_deaths(summary.died, sink)
        report_results(summary.misfits, spec, sink)
        report_replies(summary.wordless, spec, sink)
        report_yields(spec, summary.yields, summary.misfits, sink)
        if sink.has_errors:
            return None
        _mix_in(mixes, spec, index, measures.partitions, output, summary, sink)
        _measure(options, spec, measures, summary, sink)
        if cleaner is not None:
            output.text(INDEX, json.dumps(cleaner.index.document(), separators=(",", ":")) + "\n")
        _finish(options, context, scenarios, summary, output, exports, sink)
        output.commit()
        refresh_card(options.out, sink)
        finished.remember(options.folder, options.out, key, summary.figures(), summary.failed, sink)
        return summary
    finally:
        exports.close()
        output.discard()
        await pool.close()


async def _run(options: BuildOptions, results: Results, spec: Spec, output: Output, exports: RecipeExports, measures: Measures) -> BuildSummary:
    summary = BuildSummary()
    with rare_collections():
        async for result, is_known in results:
            summary.reused += is_known
            _write(result, spec, output, exports, summary, measures)
            options.progress(result)
    return summary


def _write(result: UnitResult, spec: Spec, output: Output, exports: RecipeExports, summary: BuildSummary, measures: Measures) -> None:
    part = measures.partitions.part(result.base, (row for each in result.conversations for row in each.rows)) if result.base else ""
    summary.proven.update({"conversations": len(result.conversations), "pairs": len(result.pairs)})
    result = replace(result, pairs=result.pairs if part in ("train", "validation") else [])
    if measures.cleaner is not None:
        result = _cleaned(result, measures.cleaner)
    summary.clean.update({"conversations": len(result.conversations), "pairs": len(result.pairs)})
    if measures.duplicates is not None:
        result = measures.duplicates.without(result)
    summary.dropped.update(result.dropped)
    for loss in result.losses:
        measures.coverage.lose(loss)
    made = summary.yields.setdefault(result.unit.path, Yield())
    made.kept += bool(result.conversations)
    made.dropped.update(result.dropped)
    summary.wordless.update(result.wordless)
    summary.died.extend(result.died)
    for tool, found in result.misfits.items():
        summary.misfits.setdefault(tool, Counter()).update(found)
    for conversation in result.conversations:
        measures.add(conversation.rows[-1])
        summary.conversations += 1
        summary.turns += conversation.turns
        summary.calls += len(conversation.called)
        operations = [operation.partition("@")[0] for operation in conversation.rows[0]["tags"]["operations"]]
        summary.operations.update(operations)
        made.called.update(conversation.called)
        made.applied.update(operations)
        for row in conversation.rows:
            output.row(f"sft/{part}.jsonl", row)
            summary.rows += 1
        exports.take(conversation.rows, conversation.initial)
        if not summary.example and len(conversation.rows[0]["tags"]["operations"]) > 1:
            summary.example = conversation.rows[-1]["messages"]
    for row in result.pairs:
        output.row(f"preference/{part}.jsonl", row)
        summary.pairs += 1
        summary.faults[row["fault"]["kind"]] += 1
        if row["fault"]["made"] != RANDOM:
            measures.shortcut.add(row)


def _cleaned(result: UnitResult, cleaner: Cleaner) -> UnitResult:
    """What became of a unit, without what overlaps with a benchmark. The unit in the store keeps it: benchmarks play no part in making it."""
    dropped = Counter(result.dropped)
    conversations, pairs, losses = [], [], list(result.losses)
    for conversation in result.conversations:
        if reason := cleaner.reason(conversation.rows):
            dropped[reason] += 1
            losses.append(Loss(tools=conversation.called, edges=(), why=reason.partition(": ")[2]))
        else:
            cleaner.count(conversation.called)
            conversations.append(conversation)
    for pair in result.pairs:
        if reason := cleaner.reason([pair]):
            dropped[reason] += 1
        else:
            pairs.append(pair)
    return replace(result, dropped=dropped, conversations=conversations, pairs=pairs, losses=losses)


def _mix_in(mixes: list[Mixed], spec: Spec, index: Index | None, partitions: Partitions, output: Output, summary: BuildSummary, sink: Sink) -> None:
    """Write the rows of the recipe's `mix` behind its own training rows."""
    own = output.counts.get(TRAIN, 0)
    for mixed in mixes:
        for row in mixed.rows(own, spec.recipe.seed, index, partitions):
            output.row(TRAIN, row)
    report_mix(mixes, sink)
    summary.mix = [mixed.document() for mixed in mixes]


def _measure(options: BuildOptions, spec: Spec, measures: Measures, summary: BuildSummary, sink: Sink) -> None:
    """Judge what was made. A gate that fewer paths than the recipe counts do not reach is a warning: it speaks of all."""
    coverage = measures.coverage
    summary.coverage = coverage_document(coverage, summary.dropped)
    distances = {kind.value: {str(d): times for d, times in sorted(found.items())} for kind, found in sorted(coverage.distances.items())}
    summary.made = measures.made.document() | {"distances": distances, "difficulty": measures.difficulties.document()}
    report_difficulty(spec, measures.difficulties, sink)
    report_mixture(spec, measures.made.mixture(), summary.yields, sink)
    cleaner = measures.cleaner
    summary.contamination = cleaner.document() if cleaner else {}
    summary.duplicates = measures.duplicates.document() if measures.duplicates else {}
    summary.gates = judge(spec.recipe, coverage, measures.shortcut, summary.contamination) if options.gated else Gates()
    summary.failed = not summary.gates.is_clean or (spec.recipe.scale >= 1 and not summary.gates.met)
    report_gates(summary.gates, spec.recipe, coverage, summary.dropped, sink, summary.contamination)


def _finish(options: BuildOptions, context: CompileContext, scenarios: tuple[Scenario, ...], summary: BuildSummary,
            output: Output, exports: RecipeExports, sink: Sink) -> None:
    spec = context.spec
    for scenario in scenarios:
        output.text(f"states/{scenario.initial}.json", wire(scenario.state) + "\n")
    output.write_recipe(recipe_files(options.folder, spec.recipe.world, sink.files))
    described = output.data_files()
    summary.files = {name: entry["rows"] for name, entry in described.items()}
    summary.exports = exports.finish(Dataset(output.partial, tuple(described)))
    output.text("graph.json", json.dumps(node_link(context.graph), indent=1) + "\n")
    output.text("coverage.json", json.dumps(summary.coverage | {"difficulty": summary.made["difficulty"]}, indent=1, ensure_ascii=False) + "\n")
    output.text(FIGURES, json.dumps(summary.figures(), indent=1, ensure_ascii=False) + "\n")
    with rare_collections():
        output.text(NAME, report(output.partial, described, spec))
    others = output.digests("recipe", "exports", "graph.json", "coverage.json", INDEX, FIGURES, NAME)
    report_held_out(spec, described, sink)
    held = Partitions.of(context, scenarios).document()
    output.manifest(manifest(spec, described, scenarios, others, summary.exports, summary.gates.document(), summary.contamination, summary.mix, held))
    output.text("README.md", card(spec, summary.figures(), transcript(summary.example, markdown=True)))
