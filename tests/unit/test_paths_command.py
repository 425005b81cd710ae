"""`magnetc paths`: figures of a recipe's paths, as a table and as JSON."""

import json
import shutil
from dataclasses import replace
from math import log2
from pathlib import Path

import pytest
from click.testing import CliRunner
from five_tools import context_of
from spec_small import small_spec

from magnetc.cli.main import main
from magnetc.passes.context import CompileContext
from magnetc.passes.path_figures import out_of_reach, path_figures

LIBRARY = Path(__file__).parents[1] / "data" / "recipes" / "library"


@pytest.fixture
def recipe(tmp_path):
    return shutil.copytree(LIBRARY, tmp_path / "library")


def run(*arguments):
    return CliRunner().invoke(main, ["paths", *map(str, arguments)], catch_exceptions=False)


def test_figures_as_json(recipe):
    done = run(recipe, "--json")
    assert done.exit_code == 0
    figures = json.loads(done.stdout)
    first = figures["paths"][0]
    assert first["sample"] == "walk"
    assert first["walks"].keys() == {str(n) for n in range(first["turns"][0], first["turns"][1] + 1)}
    assert 0 < first["distinct"] <= first["drawn"] == first["units"]
    assert first["entropy"]["error"] > 0
    assert figures["out_of_reach"] == {}


def test_figures_as_a_table(recipe):
    done = run(recipe, "--paths", 6)
    assert done.exit_code == 0
    header, *rows = done.stdout.splitlines()
    assert header.split() == ["path", "locale", "sample", "turns", "walks", "bits", "units", "distinct", "edges"]
    assert len(rows) >= len(json.loads(run(recipe, "--json").stdout)["paths"])


def test_a_broken_recipe_is_an_error(recipe):
    (recipe / "paths.yaml").write_text("kind: paths\npaths: {p: {sample: unifrom}}\n", encoding="utf-8")
    done = run(recipe)
    assert done.exit_code == 1
    assert "did you mean `uniform`?" in done.stderr
    assert done.stdout == ""


def figures_of(**path):
    context = context_of(**path)
    (figures,) = path_figures(context)
    return figures, out_of_reach(context, [figures])


def test_the_entropy_of_uniform_is_exact():
    figures, _ = figures_of(turns=(2, 3))
    assert figures.lengths == (2, 3)
    assert figures.entropy.bits == pytest.approx(1 + (log2(figures.walks[2]) + log2(figures.walks[3])) / 2)
    assert figures.entropy.error == 0


def test_the_entropy_of_walk_is_that_of_its_choices():
    """From a, then b or c, each as likely as the other, and no more."""
    figures, _ = figures_of(turns=(2, 2), start=("a",), sample="walk")
    assert figures.entropy.bits == pytest.approx(1)
    assert figures.entropy.error == pytest.approx(0, abs=1e-9)


def test_a_plan_that_repeats_two_walks_has_one_bit():
    figures, _ = figures_of(turns=(2, 2), start=("a",), sample="coverage")
    assert figures.distinct == 2
    assert figures.entropy.bits == pytest.approx(1, abs=0.05)
    assert (figures.edges, figures.reachable) == (2, 2)


@pytest.mark.parametrize("sample", ["walk", "uniform", "coverage"])
def test_tools_that_no_walk_calls_are_named_with_a_reason(sample):
    figures, lost = figures_of(turns=(2, 3), start=("a", "b"), forbid=(("a", "d"), ("b", "d")), sample=sample)
    assert figures.unreached == {"d": ("start in `a`, `b`", "forbid `b` before `d`"),
                                 "e": ("start in `a`, `b`",)}
    assert lost == {"d": ("p",), "e": ("p",)}


def test_reasons_are_irreducible():
    figures, _ = figures_of(turns=(2, 2), start=("a",), at_most=((2, "b"), (0, "e")), sample="walk")
    assert figures.unreached["d"] == ("turns 2..2", "start in `a`")
    assert figures.unreached["e"] in {("start in `a`",), ("at most 0 of `e`",)}


def test_many_units_are_drawn_at_once(monkeypatch):
    monkeypatch.setattr("magnetc.passes.path_figures.MOST", 20)
    spec = small_spec(paths=(("booking", 4000), ("errands", 20)), locales=(("en", 1.0),))
    context = CompileContext(spec)
    uniform = CompileContext(replace(spec, paths=tuple(replace(path, sample="uniform") for path in spec.paths)))
    walked, drawn = next(path_figures(context)), next(path_figures(uniform))
    assert (walked.units, walked.drawn) == (4000, 20)
    assert (drawn.units, drawn.drawn) == (4000, 4000)
    assert 20 < drawn.distinct < 4000
