"""The ablation's analysis on outcomes with known answers, its arms, and its recipes. That all of it runs: tests/train/test_ablation_run.py."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from ablation.analysis import Outcome, difference, holm, rate
from ablation.arms import ARMS, CONTRASTS, FULL, SETS, SIZES, Operations
from ablation.cell import Cell
from ablation.data import RECIPES, compose, is_split, read_rows
from ablation.table import Results, document, markdown
from hypothesis import given, settings
from hypothesis import strategies as st

from magnetc.build.output import file_digest
from magnetc.build.read_manifest import read_manifest
from magnetc.diagnostics import Sink
from magnetc.frontend import load
from magnetc.tools.importers import IMPORTERS


def drawn(generator, *, seeds, clusters, effect, seed_noise, cluster_noise, turns=3):
    """Two arms whose rates differ by `effect` on average, with noise of seeds and of clusters."""
    shift, ease = generator.normal(effect, seed_noise, seeds), generator.normal(0, cluster_noise, clusters)
    one, other = {}, {}
    for seed in range(seeds):
        base = generator.normal(0, seed_noise)
        for arm, more in ((one, shift[seed]), (other, 0.0)):
            chance = np.clip(0.5 + ease + base + more, 0, 1)
            arm[seed] = {f"c{at}": Outcome(f"b{at // 2}", int(generator.binomial(turns, chance[at])), turns) for at in range(clusters)}
    return one, other


def covered(of, **how):
    """How often the interval has the true difference in it."""
    generator = np.random.default_rng(5)
    found = [difference(*drawn(generator, **how)) for _ in range(of)]
    return sum(each.low <= how["effect"] <= each.high for each in found) / of


@pytest.mark.parametrize(("seeds", "seed_noise"), [(3, 0.03), (5, 0.0)])
def test_intervals_hold_the_true_difference_as_often_as_they_say(seeds, seed_noise, monkeypatch):
    monkeypatch.setattr("ablation.analysis.RESAMPLES", 199)
    assert covered(120, seeds=seeds, clusters=60, effect=0.05, seed_noise=seed_noise, cluster_noise=0.1) >= 0.92


def test_an_interval_of_no_noise_is_not_wide():
    one, other = drawn(np.random.default_rng(1), seeds=5, clusters=400, effect=0.1, seed_noise=0.0, cluster_noise=0.1)
    found = difference(one, other)
    assert found.high - found.low < 0.08
    assert found.p < 0.001


def test_seeds_make_an_interval_wider():
    same = {seed: {f"c{at}": Outcome(f"c{at}", at % 2, 1) for at in range(40)} for seed in range(3)}
    apart = {seed: {f"c{at}": Outcome(f"c{at}", int(at % 2 or at < 8 * seed), 1) for at in range(40)} for seed in range(3)}
    found = difference(apart, same)
    assert found.seeds_error == pytest.approx(np.std([0, 0.1, 0.2], ddof=1) / np.sqrt(3))
    assert found.value == pytest.approx(0.1)
    assert found.low < 0 < found.high


def test_the_items_error_is_that_of_clusters():
    """Every conversation twice: as clusters that says no more than once."""
    once = {1: {f"c{at}": Outcome(f"c{at}", at % 3 == 0, 1) for at in range(90)}}
    twice = {1: {f"c{at}.{copy}": Outcome(f"c{at}", at % 3 == 0, 1) for at in range(90) for copy in range(2)}}
    assert rate(twice).items_error == pytest.approx(rate(once).items_error)
    assert rate(once).items_error == pytest.approx(np.sqrt(1 / 3 * 2 / 3 / 90), rel=0.05)


def test_arms_that_are_alike_differ_in_nothing():
    outcomes = {1: {"a": Outcome("a", 1, 2), "b": Outcome("b", 0, 2)}}
    found = difference(outcomes, outcomes)
    assert (found.value, found.p) == (0, 1)
    assert found.low < 0 < found.high


def test_at_the_floor_an_interval_says_how_little_could_be_overlooked():
    """As Clopper and Pearson's of none of so many base paths."""
    floor = {seed: {f"c{at}": Outcome(f"b{at // 2}", 0, 3) for at in range(200)} for seed in (1, 2)}
    assert rate(floor).high == pytest.approx(1 - 0.025 ** (1 / 100))
    assert difference(floor, floor).low == pytest.approx(-rate(floor).high)


def test_only_seeds_of_both_arms_count_and_conversations_have_to_be_the_same():
    outcomes = {seed: {"a": Outcome("a", 1, 2), "b": Outcome("b", 0, 2)} for seed in (1, 2, 3)}
    assert difference(outcomes, {2: outcomes[2], 4: outcomes[1]}).seeds == 1
    assert difference({1: outcomes[1]}, {2: outcomes[2]}) is None
    with pytest.raises(ValueError, match="1 conversations were played by one"):
        difference({1: {"a": Outcome("a", 1, 2)}}, outcomes)
    with pytest.raises(ValueError, match="`a` is not the same"):
        difference({1: {"a": Outcome("a", 1, 3), "b": Outcome("b", 1, 2)}}, outcomes)


def test_holm_by_hand():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.5, 0.9]) == [1.0, 1.0]
    assert holm([]) == []


@settings(deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holm_is_never_below_p_and_keeps_its_order(ps):
    adjusted = holm(ps)
    assert all(p <= own <= 1 for p, own in zip(ps, adjusted))
    assert [adjusted[at] for at in sorted(range(len(ps)), key=ps.__getitem__)] == sorted(adjusted)
    assert min(adjusted) == min(1, len(ps) * min(ps))


def written(work, size, hits):
    """The folder of a run whose models did what `hits` says of (arm, seed, conversation)."""
    for name, seed in size.cells():
        folder = work / "cells" / f"{name}-{seed}"
        folder.mkdir(parents=True)
        (folder / "facts.json").write_text(json.dumps({"steps": 10, "rows": 4, "conversations": 4, "turns": 8, "calls": 12, "tokens": 4096, "trained": 512}))
        (folder / "expected.json").write_text(json.dumps(dict(size.played)))
        for each, count in size.played.items():
            lines = []
            for at in range(count):
                done = hits(name, seed, at)
                lines.append(json.dumps({
                    "id": f"c{at}", "base": f"b{at}", "operations": ["merge"] if at % 2 else ["none"], "turns": 2, "turn_successes": done, "success": done == 2,
                    "reference_calls": 2, "recalled": done, "made": 2, "asks": 0, "asked_rightly": 0, "declines": 0, "declined_rightly": 0,
                    "distances": {"none": [done, 2]}}) + "\n")
            (folder / f"{each}.jsonl").write_text("".join(lines))


def test_the_table_says_what_the_cells_say(tmp_path):
    size = replace(SIZES["smoke"], played={"templates": 30})
    worth = {"graph": 0, "merge": 1, "no-split": 1, FULL: 2}
    written(tmp_path, size, lambda name, seed, at: min(2, worth[name] if at % 3 else 1))
    results = Results.read(tmp_path, size)
    assert results.complete
    text = markdown(results)
    assert "12 of 12 cells are done.\n" in text
    rows = {line.split(" | ")[0].strip("| `"): line.split(" | ") for line in text.split("\n\n")[2].splitlines()}
    assert rows["graph"][2].startswith("16.7 (")
    assert rows["full"][2].startswith("83.3 (")
    assert rows["merge"][-1].startswith("-33.3 (")
    found = {(each.arm, each.other): each for each in results.contrasts}
    assert set(found) == {(FULL, "no-split"), ("merge", "graph"), ("no-split", "merge")}
    assert found["no-split", "merge"].estimate.value == 0
    assert found["no-split", "merge"].p == 1
    assert found["merge", "graph"].p < 0.01
    assert found["merge", "graph"].p == pytest.approx(3 * found["merge", "graph"].estimate.p) or found[FULL, "no-split"].p == pytest.approx(
        3 * found[FULL, "no-split"].estimate.p)
    matrix = next(part for part in text.split("\n\n") if part.startswith("| arm | merge | none |"))
    assert "| `graph` | 16.7 | 16.7 |" in matrix
    assert json.loads(json.dumps(document(results)))["sets"]["templates"]["full"]["distances"] == {"none": {"turns": 180, "successes": 150}}


def test_an_arm_at_the_floor_and_missing_seeds_are_marked(tmp_path):
    size = replace(SIZES["smoke"], played={"templates": 12})
    written(tmp_path, size, lambda name, seed, at: 0 if name == "graph" else at % 2)
    (tmp_path / "cells" / "merge-3" / "facts.json").unlink()
    results = Results.read(tmp_path, size)
    assert not results.complete
    marked = {(each.arm, each.other): each.marked for each in results.contrasts}
    assert marked["merge", "graph"] == ("graph is outside 10% to 90%", "2 of 3 seeds")
    assert marked[FULL, "no-split"] == ()
    assert "Incomplete: nothing is claimed" in markdown(results)


def test_a_line_that_was_cut_off_is_not_played(tmp_path):
    cell = Cell(tmp_path, SIZES["smoke"], FULL, 1)
    cell.folder.mkdir(parents=True)
    (cell.folder / "templates.jsonl").write_text('{"id":"a"}\n{"id":"b"')
    assert cell.played("templates") == [{"id": "a"}]
    assert not cell.is_done()


def test_every_contrast_is_of_arms_and_every_evidence_arm_has_its_seeds():
    size = SIZES["evidence"]
    assert {name for pairs in CONTRASTS.values() for pair in pairs for name in pair} == set(ARMS)
    assert {name: size.seeds_of(name) for name in ("graph", FULL, "random")} == {"graph": 5, FULL: 8, "random": 8}
    assert len(size.cells()) == len(set(size.cells())) == 8 * 5 + 8 + 6 * 8
    assert size.played["templates"] >= 2000
    order = size.cells()
    assert all(order.index((FULL, seed)) < order.index(("random", seed)) for seed in range(1, 9))


@pytest.fixture(scope="module")
def specs():
    found = {}
    for recipe in {recipe for recipe, _ in SETS.values()}:
        sink = Sink()
        found[recipe] = load(RECIPES / recipe, sink, IMPORTERS)
        assert not sink.diagnostics, sink.diagnostics
    return found


def said(spec):
    """The texts of users' turns and of references."""
    return {phrase.text for group in (spec.turns, spec.refers) for each in group for phrase in each.phrases}


def test_no_phrase_of_a_user_is_in_two_sets(specs):
    texts = {name: said(spec) for name, spec in specs.items()}
    assert len(texts["practice"]) > 50
    for one, other in (("practice", "practice-dev"), ("practice", "practice-test"), ("practice-dev", "practice-test")):
        assert not texts[one] & texts[other]


def test_the_unseen_domain_has_other_tools_and_types(specs):
    ours, theirs = specs["practice"], specs["garage"]
    assert len(theirs.tools) == len(ours.tools) == 12
    assert not {tool.name for tool in ours.tools} & {tool.name for tool in theirs.tools}


def test_operations_are_what_the_recipe_has_where_nothing_is_changed(specs):
    text = (RECIPES / "practice" / "paths.magnet").read_text()
    own = Operations()
    for part in (f"merge({own.merge})", f"insert(short={own.short}, long={own.long}, gap=1..2)", f"split(miss_func={own.miss_func}, miss_params={own.miss_params})"):
        assert part in text
        assert part in own.text()


def test_composed_rows_are_those_that_the_manifest_lists(tmp_path):
    built, place = tmp_path / "built", tmp_path / "composed"
    built.mkdir()
    entry = {"rows": 1, "sha256": "0", "digests": {"file": "d", "sha256": "0"}}
    (built / "manifest.yaml").write_text(json.dumps({"name": "x", "files": {"sft/train.jsonl": entry}, "states": [], "others": {}}))
    rows = [{"id": "a", "tags": {"operations": ["split.miss_func@t1"]}}, {"id": "b", "tags": {"operations": ["merge@t0"]}}]
    compose(built, place, rows)
    assert list(map(is_split, rows)) == [True, False]
    assert read_rows(place / "sft/train.jsonl") == rows
    listed = read_manifest(place)["files"]["sft/train.jsonl"]
    assert (listed["rows"], listed["sha256"]) == (2, file_digest(place / "sft/train.jsonl"))


def test_the_protocol_says_what_is_run():
    text = (Path(RECIPES).parent / "PROTOCOL.md").read_text()
    for name in (*ARMS, *SETS):
        assert f"`{name}`" in text
    for seed in (seed for _, seed in SETS.values()):
        assert f"seed {seed}" in text
