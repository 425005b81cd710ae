"""What holds for every unit, whatever the seed: constraints, sources, copies, keyed draws."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spec_small import record, small_spec, tool, with_tools

from magnetc.ir.path import OutputSource, TurnKind, UserSource
from magnetc.ir.script import Script
from magnetc.ir.shown import Shown
from magnetc.ir.spec import OperationSpec, PathSpec
from magnetc.ir.text import parse_script, print_script
from magnetc.ir.verify import verify_script
from magnetc.passes.amend import base_key
from magnetc.passes.constraints import violation
from magnetc.passes.distract import estimated_tokens
from magnetc.passes.no_tool import unserved
from magnetc.passes.pipeline import CompileContext, compile_unit, compile_units

CONTEXTS = {}


def unit_of(seed, name, ordinal, attempt=0, **options):
    if seed not in CONTEXTS:
        CONTEXTS[seed] = CompileContext(small_spec(seed=seed))
    return compile_unit(CONTEXTS[seed], name, ordinal, attempt, **options), CONTEXTS[seed]


units = {"seed": st.integers(0, 5), "name": st.sampled_from(["booking", "errands"]), "ordinal": st.integers(0, 500)}


@given(**units)
@settings(deadline=None)
def test_constraints_hold_after_every_pass(seed, name, ordinal):
    seen = []
    _, context = unit_of(seed, name, ordinal, dump=lambda at, made: seen.append((at, made)))
    paths = [(at, made) for at, made in seen if not isinstance(made, Script)]
    assert [at for at, _ in paths[:3]] == ["sample-paths", "merge", "insert"]
    low, high = context.path[name].turns
    assert low <= len(paths[0][1].turns) <= high
    for at, path in paths:
        constraints = context.product(name, path.locale).automaton.constraints
        assert violation(constraints, path.functions()) is None, at


@given(**units)
@settings(deadline=None)
def test_operations_keep_the_calls_of_the_walk_in_order(seed, name, ordinal):
    seen = {}
    unit_of(seed, name, ordinal, dump=lambda at, made: seen.setdefault(at, made))
    walk = [call.id for call in seen["sample-paths"].calls()]
    merged = [call.id for call in seen["merge"].calls()]
    inserted = [call.id for call in seen["insert"].calls()]
    assert merged == walk
    assert [name for name in inserted if name in walk] == walk
    assert len(inserted) <= len(walk) + 2


@given(**units)
@settings(deadline=None)
def test_a_copy_differs_from_its_original_in_one_turn(seed, name, ordinal):
    unit, _ = unit_of(seed, name, ordinal)
    for copy in unit.paths[1:]:
        base = unit.paths[0]
        assert copy.base == base.id
        assert (copy.locale, copy.variant, copy.attempt) == (base.locale, base.variant, base.attempt)
        (asked,) = [turn for turn in copy.turns if turn.kind is not TurnKind.NORMAL]
        kept = [turn for turn in copy.turns if turn.kind is TurnKind.NORMAL and turn.key != asked.key + "+"]
        assert kept == [turn for turn in base.turns if turn.key != asked.key]
        assert copy.functions() == base.functions()
        assert copy.id == f"{base.id}.{asked.kind}"


@given(**units)
@settings(deadline=None)
def test_what_is_withheld_is_said_only_in_the_answer(seed, name, ordinal):
    unit, _ = unit_of(seed, name, ordinal)
    for copy in unit.paths:
        for turn, after in zip(copy.turns, copy.turns[1:]):
            if turn.kind is TurnKind.MISS_PARAMS:
                told = {c.id + a.pointer: a.source for c in after.calls for a in c.arguments}
                (leaf,) = turn.withheld
                assert [place for place, source in told.items() if source == UserSource(after.key)] == [leaf]


@given(**units)
@settings(deadline=None)
def test_every_insertion_carries_a_value(seed, name, ordinal):
    unit, _ = unit_of(seed, name, ordinal)
    for turn in (turn for path in unit.paths[:1] for turn in path.turns):
        for operation in turn.operations:
            if operation.startswith("insert"):
                assert any(isinstance(a.source, OutputSource) for a in turn.calls[-1].arguments)


@given(seed=st.integers(0, 5), name=units["name"], ordinal=units["ordinal"], count=st.tuples(st.integers(0, 6), st.integers(0, 6)).map(sorted),
       most=st.none() | st.integers(1, 12), near=st.floats(0, 1), tokens=st.none() | st.integers(1, 900))
@settings(deadline=None)
def test_a_script_offers_what_it_calls_and_a_bounded_number_of_others(seed, name, ordinal, count, most, near, tokens):
    spec = small_spec(seed=seed)
    options = (("count", tuple(count)), ("near", near), *((("most", most),) if most else ()), *((("tokens", tokens),) if tokens else ()))
    context = CompileContext(replace(spec, operations=(*spec.operations, OperationSpec(name="distract", options=options))))
    plain, _ = unit_of(seed, name, ordinal)
    unit = compile_unit(context, name, ordinal)
    assert unit.paths == plain.paths
    for script, whole in zip(unit.scripts, plain.scripts, strict=True):
        called = set(script.path.functions())
        offered = {tool for tools in script.offered for tool in tools}
        assert called <= offered
        assert len(offered) <= (max(most, len(called)) if most else len(spec.tools))
        assert len(offered - called) <= count[1]
        cost = sum(estimated_tokens(spec.tool_texts[tool]) for tool in offered)
        assert not tokens or offered == called or cost <= tokens
        assert most or tokens or len(offered - called) >= min(count[0], len(spec.tools) - len(called))
        for index, (tools, every) in enumerate(zip(script.offered, whole.offered)):
            to_come = {tool for turn in script.turns[index:] if turn.kind is TurnKind.MISS_FUNC for tool in turn.withheld}
            assert tools == tuple(tool for tool in every if tool in offered)
            assert not to_come & set(tools)
            assert {call.function for group in script.turns[index].rounds for call in group} <= set(tools)
        assert parse_script(print_script(script)) == script
    assert {script.offered[-1] for script in unit.scripts} == {script.offered[-1] for script in unit.scripts[:1]}


SHOWN = (OperationSpec(name="distract", options=(("count", (0, 4)),)), OperationSpec(name="mask", options=(("p", 0.6),)),
         OperationSpec(name="system", options=(("none", 0.4), ("paraphrased", 0.3), ("policy", 0.2))),
         OperationSpec(name="clutter", options=(("state", 0.5), ("results", 0.5))))


@given(**units)
@settings(deadline=None)
def test_how_a_script_is_shown_changes_nothing_else(seed, name, ordinal):
    """The verifier accepts it, after each operation; the copies are shown as their original is, and all can be read back."""
    spec = small_spec(seed=seed)
    context = CompileContext(replace(spec, operations=(*spec.operations, *SHOWN)))
    plain, _ = unit_of(seed, name, ordinal)
    unit = compile_unit(context, name, ordinal)
    assert unit.paths == plain.paths
    for script, before in zip(unit.scripts, plain.scripts, strict=True):
        assert replace(script, offered=before.offered, shown=before.shown, system=before.system, clutter=before.clutter) == before
        assert verify_script(spec, script) == []
        assert parse_script(print_script(script)) == script
        shown = Shown(spec, script.shown)
        for offered in script.offered:
            read = [tool["function"] for tool in json.loads(shown.texts(offered))]
            assert [shown.read_name(tool["name"]) for tool in read] == list(offered)
            for each, real in zip(read, offered):
                assert list(shown.read_arguments(real, each["parameters"]["properties"])) == [p.name for p in spec.tool[real].parameters]
    assert len({(script.shown, script.system, script.clutter) for script in unit.scripts}) <= 1


def test_an_unrelated_tool_leaves_the_rest_as_it_is_shown():
    """With all tools offered, `ping` comes to what is shown; every other order and name stays, and so does the script."""
    spec = small_spec()
    spec = replace(spec, operations=(*spec.operations, *SHOWN[1:]))
    plain, grown = CompileContext(spec), CompileContext(with_tools(spec, tool("ping", record(), city="City", host="City")))
    masked = 0
    for ordinal in range(60):
        for before, after in zip(compile_unit(plain, "errands", ordinal).scripts, compile_unit(grown, "errands", ordinal).scripts, strict=True):
            assert replace(after, offered=before.offered, shown=before.shown) == before
            assert tuple(tuple(name for name in tools if name != "ping") for tools in after.offered) == before.offered
            for member in ("orders", "tools", "parameters", "results"):
                more = set(getattr(after.shown, member)) - set(getattr(before.shown, member))
                assert set(getattr(before.shown, member)) <= set(getattr(after.shown, member))
                assert {name for name, _ in more} <= {"ping", "host"}
            masked += bool(after.shown.tools)
    assert masked > 20


def test_an_unrelated_tool_leaves_units_as_they_are():
    """`ping` takes part in no walk: `booking` has start tools, `errands` is bounded by `within`, and no edge leads to it."""
    spec = small_spec()
    grown = CompileContext(with_tools(spec, tool("ping")))
    plain = CompileContext(spec)
    for name in ("booking", "errands"):
        for ordinal in range(60):
            assert compile_unit(grown, name, ordinal).paths == compile_unit(plain, name, ordinal).paths


def test_an_unrelated_tool_changes_only_what_distract_offers():
    """It draws from all tools: one that is added may be offered anywhere, and leaves the rest of a script as it is."""
    spec = small_spec()
    spec = replace(spec, operations=(*spec.operations, OperationSpec(name="distract", options=(("count", (0, 4)),))))
    grown, plain = CompileContext(with_tools(spec, tool("ping"))), CompileContext(spec)
    offering = 0
    for ordinal in range(60):
        for before, after in zip(compile_unit(plain, "errands", ordinal).scripts, compile_unit(grown, "errands", ordinal).scripts, strict=True):
            assert replace(after, offered=before.offered, shown=before.shown) == before
            both = {name for name in before.offered[-1] if name in after.offered[-1]}
            assert [o for o in after.shown.orders if o[0] in both] == [o for o in before.shown.orders if o[0] in both]
            offering += "ping" in after.offered[-1]
    assert 0 < offering < 60


def test_a_tool_that_may_start_changes_only_the_units_that_take_it():
    free = replace(small_spec(), paths=(PathSpec(name="free", turns=(2, 4)),))
    plain, grown = CompileContext(free), CompileContext(with_tools(free, tool("ping", record(), city="City")))
    changed = 0
    for ordinal in range(120):
        before, after = compile_unit(plain, "free", ordinal).paths, compile_unit(grown, "free", ordinal).paths
        if before != after:
            changed += 1
            assert not after or "ping" in after[0].functions()
    assert 0 < changed < 60


def test_attempts_redraw_the_unit():
    first, second = (compile_unit(CompileContext(small_spec()), "booking", 3, attempt) for attempt in (0, 1))
    assert first.paths[0].turns != second.paths[0].turns


def test_every_unit_of_the_recipe_is_compiled():
    done = list(compile_units(small_spec()))
    assert [(unit.path, unit.ordinal) for unit in done] == [("booking", i) for i in range(40)] + [("errands", i) for i in range(20)]
    assert all(unit.rejected is None and len(unit.scripts) == len(unit.paths) >= 1 for unit in done)
    assert {t.operation for unit in done for t in unit.counts if t.outcome == "applied"} == {
        "merge", "insert.short", "insert.long", "split.miss_func", "split.miss_params"}


def test_output_does_not_depend_on_the_hash_seed():
    code = (
        "from spec_small import small_spec\n"
        "from magnetc.ir.text import print_script\n"
        "from magnetc.passes.pipeline import compile_units\n"
        "for unit in compile_units(small_spec(paths=(('booking', 12), ('errands', 6)))):\n"
        "    print(*map(print_script, unit.scripts), unit.counts)\n"
    )
    data = Path(__file__).parents[1] / "data"
    outputs = [
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True,
                       env={**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(data)}).stdout
        for hash_seed in ("1", "2")
    ]
    assert outputs[0] == outputs[1]
    assert print_script(compile_unit(CompileContext(small_spec()), "errands", 0).scripts[0]) in outputs[0]


PARALLEL = OperationSpec(name="parallel", options=(("p", 0.8), ("calls", (2, 3)), ("cap", 2)))


@given(**units)
@settings(deadline=None)
def test_parallel_calls_differ_and_share_a_round(seed, name, ordinal):
    spec = small_spec(seed=seed)
    context = CompileContext(replace(spec, operations=(*spec.operations, PARALLEL)))
    unit = compile_unit(context, name, ordinal)
    for path, script in zip(unit.paths, unit.scripts, strict=True):
        assert violation(context.product(name, path.locale).automaton.constraints, path.functions()) is None
        for turn, lowered in zip(path.turns, script.turns):
            if not any(made.startswith("parallel") for made in turn.operations):
                continue
            assert len({call.function for call in turn.calls}) == 1
            assert 2 <= len(turn.calls) <= 3
            assert [len(group) for group in lowered.rounds] == [len(turn.calls)]
            taken = [call.arguments for call in turn.calls if not any(isinstance(a.source, UserSource) for a in call.arguments)]
            assert len(set(taken)) == len(taken), "without the user, each takes another earlier result"
    plain, _ = unit_of(seed, name, ordinal)
    if not any(tally.operation == "parallel" and tally.outcome == "applied" for tally in unit.counts):
        assert unit.paths == plain.paths


CHANGES = (OperationSpec(name="correct", options=(("before", 0.6), ("cap", 2))),
           OperationSpec(name="recover", options=(("slip", 0.8), ("most", 3), ("cap", 2))))


def changed_unit(seed, name, ordinal):
    spec = small_spec(seed=seed)
    context = CompileContext(replace(spec, operations=(*spec.operations, *CHANGES)))
    return compile_unit(context, name, ordinal), context


def bare(turn):
    """A turn without what Correct and Recover mark."""
    kept = tuple(made for made in turn.operations if not made.startswith(("correct", "recover")))
    return replace(turn, kind=TurnKind.NORMAL if turn.kind.acts else turn.kind, slips=(), corrects=(), operations=kept)


@given(**units)
@settings(deadline=None)
def test_what_is_wrong_at_first_is_marked_and_nothing_else_changes(seed, name, ordinal):
    """Slips and corrections: the calls stay, and the marks are on the turns of the same key in all copies."""
    unit, context = changed_unit(seed, name, ordinal)
    plain, _ = unit_of(seed, name, ordinal)
    marked = []
    for path, before in zip(unit.paths, plain.paths, strict=True):
        assert tuple(map(bare, path.turns)) == before.turns
        for mark, kind, operation, most in (("slips", TurnKind.RECOVER, "recover.slip", 3), ("corrects", TurnKind.CORRECT, "correct.before", 1)):
            found = [turn for turn in path.turns if getattr(turn, mark)]
            assert len(found) <= 2
            assert all(1 <= len(getattr(turn, mark)) <= most and (turn.kind is kind or not turn.kind.acts) for turn in found)
            assert all(f"{operation}@{turn.key.rstrip('+')}" in turn.operations for turn in found)
            marked.append((mark, {turn.key.rstrip("+"): getattr(turn, mark) for turn in found}))
        assert violation(context.product(name, path.locale).automaton.constraints, path.functions()) is None
    for mark in ("slips", "corrects"):
        same = [marks for each, marks in marked if each == mark]
        assert all(marks == same[0] for marks in same)
    for script in unit.scripts:
        assert verify_script(context.spec, script) == []
        assert parse_script(print_script(script)) == script
        for index, turn in enumerate(script.turns):
            for mark, operation in (("slips", "recover.slip"), ("corrects", "correct.before")):
                if getattr(turn, mark):
                    assert verify_script(context.spec, script.unchanged(index, operation)) == []


def test_an_unrelated_tool_leaves_what_goes_wrong_as_it_is():
    spec = replace(small_spec(), operations=(*small_spec().operations, *CHANGES))
    plain, grown = CompileContext(spec), CompileContext(with_tools(spec, tool("ping", record(), city="City")))
    units = [[compile_unit(context, "errands", ordinal).paths for ordinal in range(60)] for context in (plain, grown)]
    assert units[0] == units[1]
    turns = [turn for paths in units[0] for path in paths for turn in path.turns]
    assert any(turn.slips for turn in turns)
    assert any(turn.corrects for turn in turns)


AMENDS = (OperationSpec(name="correct", options=(("before", 0.2), ("after", 0.9), ("cap", 2))),
          OperationSpec(name="recover", options=(("slip", 0.2), ("environment", 0.9), ("cap", 2))))


@given(sample=st.sampled_from(["walk", "uniform"]), **units)
@settings(deadline=None)
def test_what_is_amended_can_be_as_it_was(sample, seed, name, ordinal):
    """An attempt and a turn that makes its call anew, in all copies alike; without them the path is what it was."""
    spec = small_spec(seed=seed)
    spec = replace(spec, paths=tuple(replace(path, sample=sample) for path in spec.paths))
    context = CompileContext(replace(spec, operations=(*spec.operations, *AMENDS)))
    plain, unit = compile_unit(CompileContext(spec), name, ordinal), compile_unit(context, name, ordinal)
    made = []
    for path, script, before in zip(unit.paths, unit.scripts, plain.paths, strict=True):
        assert violation(context.product(name, path.locale).automaton.constraints, path.functions()) is None
        assert verify_script(context.spec, script) == []
        assert parse_script(print_script(script)) == script
        amended = [turn for turn in path.turns if turn.amends]
        made.append({(turn.key.rstrip("~").rstrip("+"), turn.kind, turn.amends) for turn in amended})
        for turn, follow in zip(path.turns, path.turns[1:]):
            if follow.amends:
                assert [call.id for call in turn.calls] == [follow.amends[0]]
                assert not turn.slips
                assert not turn.corrects
                assert follow.calls[-1].function == turn.calls[0].function
        while at := [index for index, turn in enumerate(script.turns) if turn.amends]:
            script = script.unamended(at[0])
            assert verify_script(context.spec, script) == []
        assert tuple(map(bare, script.path.turns)) == before.turns
    assert all(each == made[0] for each in made)


@pytest.mark.parametrize("sample", ["walk", "uniform"])
def test_an_unrelated_tool_leaves_amendments_as_they_are(sample):
    spec = replace(small_spec(), operations=(*small_spec().operations, *AMENDS))
    spec = replace(spec, paths=tuple(replace(path, sample=sample) for path in spec.paths))
    plain, grown = CompileContext(spec), CompileContext(with_tools(spec, tool("ping")))
    units = [[compile_unit(context, name, ordinal) for name in ("booking", "errands") for ordinal in range(60)] for context in (plain, grown)]
    assert [(unit.paths, unit.counts) for unit in units[0]] == [(unit.paths, unit.counts) for unit in units[1]]
    turns = [turn for unit in units[0] for path in unit.paths for turn in path.turns if turn.amends]
    assert {turn.kind for turn in turns} == {TurnKind.CORRECT, TurnKind.RECOVER}
    assert any(len(turn.calls) == 2 for turn in turns)


NO_TOOL = OperationSpec(name="no_tool", options=tuple((kind, 1.0) for kind in ("near", "none", "chitchat", "context", "value")))
FEW = OperationSpec(name="distract", options=(("count", (0, 3)),))


@given(**units)
@settings(deadline=None)
def test_an_abstaining_copy_differs_from_its_original_in_one_turn(seed, name, ordinal):
    spec = small_spec(seed=seed)
    context = CompileContext(replace(spec, operations=(*spec.operations[:2], NO_TOOL, FEW)))
    unit = compile_unit(context, name, ordinal)
    if unit.rejected:
        return
    base, script = unit.paths[0], unit.scripts[0]
    assert len({copy.id for copy in unit.paths}) == len(unit.paths)
    for copy, lowered in zip(unit.paths[1:], unit.scripts[1:], strict=True):
        (at,) = [index for index, turn in enumerate(copy.turns) if turn.kind is TurnKind.NO_TOOL]
        turn = copy.turns[at]
        assert copy.id == f"{base.id}.no_tool.{turn.abstains.kind}"
        assert parse_script(print_script(lowered)) == lowered
        assert violation(context.product(name, copy.locale).automaton.constraints, copy.functions()) is None
        (tools,) = set(lowered.offered)
        if turn.abstains.kind in ("chitchat", "context"):
            assert (*copy.turns[:at], *copy.turns[at + 1 :]) == base.turns
            assert lowered.offered[:1] == script.offered[:1]
            continue
        assert copy.turns[:at] == base.turns[:at]
        assert at + 1 == len(copy.turns)
        assert turn.says == base.turns[at].calls
        near = set(spec.comes_near(turn.says[0].function)) - {call.function for call in turn.says}
        if turn.abstains.kind == "value":
            assert tools == script.offered[-1]
        elif turn.abstains.kind == "near":
            assert set(tools) & near
            assert {*tools} - {*copy.offers} == {*script.offered[-1]} - {*turn.withheld} - {*copy.offers}
        else:
            assert not set(tools) & near
            assert tools
        assert not set(tools) & set(turn.withheld)
        assert not set(copy.functions()) & set(turn.withheld)


@given(**units)
@settings(deadline=None)
def test_abstention_changes_no_other_conversation(seed, name, ordinal):
    spec = small_spec(seed=seed)
    plain, _ = unit_of(seed, name, ordinal)
    unit = compile_unit(CompileContext(replace(spec, operations=(*spec.operations, NO_TOOL))), name, ordinal)
    scripts = [replace(script, path=replace(script.path, twins=())) for script in unit.scripts]
    assert [script.path for script in scripts[: len(plain.paths)]] == list(plain.paths)
    assert scripts[: len(plain.scripts)] == list(plain.scripts)


@given(**units)
@settings(deadline=None)
def test_what_a_copy_declines_is_taken_back_nowhere(seed, name, ordinal):
    """A copy and its base are told apart by the tool or the value alone."""
    unit = compile_unit(CompileContext(every_operation("walk", seed=seed)), name, ordinal)
    declined = {key for path in unit.paths for key in unserved(path)}
    for path in unit.paths:
        assert set(path.twins) == declined
        assert not [turn for turn in path.turns if (turn.corrects or turn.amends) and base_key(turn) in declined]


ALL_WRONG = (OperationSpec(name="correct", options=(("before", 0.3), ("after", 0.5), ("cap", 2))),
             OperationSpec(name="recover", options=(("slip", 0.4), ("environment", 0.5), ("most", 3), ("cap", 2))))
EVERY = (PARALLEL, NO_TOOL, *ALL_WRONG, *SHOWN)


def every_operation(sample, **recipe):
    spec = small_spec(**recipe)
    return replace(spec, operations=(*spec.operations, *EVERY), paths=tuple(replace(path, sample=sample) for path in spec.paths))


@given(sample=st.sampled_from(["walk", "uniform"]), **units)
@settings(deadline=None)
def test_operations_hold_together(sample, seed, name, ordinal):
    """All at once: the verifier accepts every script, constraints hold in every copy, and all are read back as printed."""
    context = CompileContext(every_operation(sample, seed=seed))
    unit = compile_unit(context, name, ordinal)
    for path, script in zip(unit.paths, unit.scripts, strict=True):
        assert violation(context.product(name, path.locale).automaton.constraints, path.functions()) is None
        assert verify_script(context.spec, script) == []
        assert parse_script(print_script(script)) == script


@pytest.mark.parametrize("sample", ["walk", "uniform"])
def test_an_unrelated_tool_leaves_all_operations_as_they_are(sample):
    """Byte for byte but for the tools shown: `ping` may be offered, and takes no other tool's place in what is called or said."""
    spec = every_operation(sample)
    plain, grown = CompileContext(spec), CompileContext(with_tools(spec, tool("ping")))
    applied = set()
    for name in ("booking", "errands"):
        for ordinal in range(60):
            before, after = compile_unit(plain, name, ordinal), compile_unit(grown, name, ordinal)
            assert after.counts == before.counts
            for old, new in zip(before.scripts, after.scripts, strict=True):
                assert set(new.path.offers) - {"ping"} <= set(old.path.offers)
                path = replace(new.path, offers=old.path.offers)
                assert print_script(replace(new, path=path, offered=old.offered, shown=old.shown)) == print_script(old)
            applied |= {tally.operation for tally in before.counts if tally.outcome == "applied"}
    assert {name.partition(".")[0] for name in applied} == {"merge", "insert", "split", "parallel", "no_tool", "correct", "recover"}
