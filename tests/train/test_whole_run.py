"""From a recipe to an evaluated model by one command, and what it does when it is said again."""

import json
import re
import shutil

import pytest
from dataset import LIBRARY, magnetc, verify
from small import QUICK, changed

pytestmark = pytest.mark.train
COMMAND = ("--trust", "--paths", 12, "-n", 2, "--mined", 4, "--played", 6, "--max-tokens", 60, "--json")


def run(folder, out, *more):
    return magnetc("run", folder, "-o", out, *COMMAND, *changed(*QUICK, "sft.epochs=4"), *more)


def steps(result):
    """(step, whether it was done before) of each line that says one."""
    return [(name, bool(known)) for name, known in re.findall(r"^\[\d/5\] (\w+): [^(\n]*(\(done before\))?$", result.stderr, re.MULTILINE)]


@pytest.fixture(scope="module")
def whole(own_home, tmp_path_factory):
    work = tmp_path_factory.mktemp("whole")
    folder = shutil.copytree(LIBRARY, work / "library", ignore=shutil.ignore_patterns("out*", ".magnetc"))
    result = run(folder, work / "run")
    assert result.exit_code == 0, result.output
    return folder, work / "run", result


def test_a_run_leaves_a_model_that_was_judged(whole):
    _, out, result = whole
    assert steps(result) == [("build", False), ("sft", False), ("mine", False), ("mdpo", False), ("eval", False)]
    told = json.loads(result.stdout)
    assert told["mine"]["rollouts"] == 2 * told["mine"]["turns"] > 0
    assert set(told["eval"]["models"]) == {"sft", "mdpo"}
    for name, found in told["eval"]["models"].items():
        assert found == json.loads((out / f"eval/{name}.json").read_text())
        assert {each["set"] for each in found["sets"]} == {"test"}
        assert all(each["played"] <= 6 for each in found["sets"])
    assert (out / "mdpo/final/config.json").is_file()
    assert verify(out / "data")["failures"] == verify(out / "mined")["failures"] == []
    page = (out / "report.html").read_text()
    assert "SFT, mDPO" in page
    assert page.count("data:image/png;base64,") == 2
    for link in re.findall(r'href="([^#"]+)"', page):
        assert (out / link).is_file(), link


def test_said_again_it_does_nothing_twice(whole):
    folder, out, first = whole
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*.safetensors")}
    again = run(folder, out)
    assert again.exit_code == 0, again.output
    assert steps(again) == [("build", False), ("sft", True), ("mine", True), ("mdpo", True), ("eval", True)]
    assert {path: path.stat().st_mtime_ns for path in out.rglob("*.safetensors")} == before
    assert json.loads(again.stdout) == json.loads(first.stdout)


def test_what_changes_is_done_again_with_what_comes_of_it(whole, tmp_path, monkeypatch):
    """Also where it was cut off before the training had looked at what stands there."""
    from magnetc.run import driver

    folder, out, _ = whole
    mine = shutil.copytree(out, tmp_path / "run")
    played = {name: (mine / f"eval/{name}.json").stat().st_mtime_ns for name in ("sft", "mdpo")}

    def cut(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(driver, "train", cut)
        assert run(folder, mine, "--set", "mdpo.beta=0.3").exit_code == 130
    result = run(folder, mine, "--set", "mdpo.beta=0.3")
    assert result.exit_code == 0, result.output
    assert steps(result) == [("build", False), ("sft", True), ("mine", True), ("mdpo", False), ("eval", False)]
    assert [(mine / f"eval/{name}.json").stat().st_mtime_ns == before for name, before in played.items()] == [True, False], "what is the same does not play again"


def test_a_run_that_is_cut_off_goes_on(whole, tmp_path, monkeypatch):
    folder, _, _ = whole
    from magnetc.run import driver

    mine = tmp_path / "run"

    async def cut(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(driver, "mine", cut)
        stopped = run(folder, mine)
    assert stopped.exit_code == 130, stopped.output
    assert steps(stopped) == [("build", False), ("sft", False), ("mine", False)]
    gone_on = run(folder, mine)
    assert gone_on.exit_code == 0, gone_on.output
    assert steps(gone_on) == [("build", False), ("sft", True), ("mine", False), ("mdpo", False), ("eval", False)]


def test_a_mistake_forgets_no_run(tmp_path, monkeypatch):
    recipe = shutil.copytree(LIBRARY, tmp_path / "library", ignore=shutil.ignore_patterns("out*", ".magnetc"))
    (tmp_path / "library-run").mkdir()
    (tmp_path / "library-run/run.json").write_text('{"steps": {}}')
    (tmp_path / "library-run/kept.txt").write_text("hours of training")
    monkeypatch.chdir(recipe)
    for place in (".", recipe):
        result = magnetc("run", place, *COMMAND, *changed(*QUICK), "--set", "mdpo.bta=0.3", "--fresh")
        assert result.exit_code == 1
        assert "bta" in result.output
        assert (tmp_path / "library-run/kept.txt").is_file()


def test_a_base_is_where_the_command_runs(tmp_path, monkeypatch):
    from magnetc.run.driver import _place

    monkeypatch.chdir(tmp_path)
    (tmp_path / "models/mine").mkdir(parents=True)
    assert _place("./models/mine") == _place("models/mine") == str((tmp_path / "models/mine").resolve())
    assert _place("models/other") == "models/other"


def test_mistakes_cost_nothing(whole, tmp_path):
    folder, _, _ = whole
    result = run(folder, tmp_path / "run", "--set", "mdpo.bta=0.3")
    assert result.exit_code == 1
    assert "bta" in result.output
    assert not (tmp_path / "run").exists()
    other = tmp_path / "other"
    other.mkdir()
    (other / "mine.txt").write_text("mine")
    result = run(folder, other)
    assert result.exit_code == 1
    assert "MG010" in result.output
    assert run(folder, other, "--fresh").exit_code == 1
    assert (other / "mine.txt").is_file()
    recipe = shutil.copytree(folder, tmp_path / "recipe", ignore=shutil.ignore_patterns(".magnetc"))
    text = (recipe / "recipe.yaml").read_text()
    assert "partitions:" in text
    (recipe / "recipe.yaml").write_text(re.sub(r"^partitions:.*$", "partitions: {train: 0.9, validation: 0.1}", text, flags=re.MULTILINE))
    result = run(recipe, tmp_path / "run")
    assert result.exit_code == 1
    assert "MG720" in result.output
