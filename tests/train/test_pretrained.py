"""What data does for a model that is there: all arms of `benchmarks/pretrained` on a tiny checkpoint, its arithmetic, and a second run."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from dataset import LIBRARY, magnetc
from hypothesis import given, settings
from hypothesis import strategies as st
from pretrained import equal, run
from pretrained.paired import Outcome, difference, share
from running import teacher
from small import read

from magnetc.build.read_manifest import read_manifest
from magnetc.models.load import load_chat
from magnetc.train.encode.pairs import encode_pair
from magnetc.train.encode.rows import encode_row
from magnetc.train.preference.credit import with_credit

pytestmark = pytest.mark.train
ROOT = Path(__file__).parents[2]
TOKENS, PAIR_TOKENS = 1200, 700
QUICK = ("length=2048", "sft.batch=8", "sft.lr=0.01", "mdpo.batch=4", "mdpo.lr=0.001", "lora={rank: 4, alpha: 8}", "gradient_checkpointing=false")


class Runner:
    """Does a step's command line in this process, unless it is told to fail there; remembers what it was asked for."""

    def __init__(self, fails=()):
        self.names, self.fails = [], fails

    def __call__(self, step):
        self.names.append(step.name)
        if step.name in self.fails:
            return 1
        program, *words = (*step.words, *step.aside)
        if program == "magnetc":
            return magnetc(*words).exit_code
        if program == "python":
            assert words[:2] == ["-m", "benchmarks.pretrained.equal"]
            return equal.main(words[2:])
        assert [program, words[0]] == ["rm", "-rf"]
        for folder in words[1:]:
            shutil.rmtree(folder)
        return 0


@pytest.fixture(scope="module")
def setting(base, library, tmp_path_factory):
    """The words of a run of all arms, without its folder: a base, two recipes and a file of one's own, of which a row is held out."""
    work = tmp_path_factory.mktemp("pretrained")
    recipe = shutil.copytree(LIBRARY, work / "library", ignore=shutil.ignore_patterns("out*", ".magnetc"))
    own = [*read(library / "sft/train.jsonl")[:5], read(library / "sft/test.jsonl")[0]]
    bare = [{"tools": json.loads(row["tools"]), "messages": [{key: value for key, value in each.items() if key != "weight"} for each in row["messages"]]}
            for row in own]
    (work / "own.jsonl").write_text("".join(json.dumps(row) + "\n" for row in bare))
    with teacher(rows=library / "sft") as server:
        taught = shutil.copytree(recipe, work / "taught")
        with (taught / "recipe.yaml").open("a") as file:
            file.write(f'teacher: {{openai: {{model: small, endpoint: "{server.url}"}}}}\n')
        yield ["--base", str(base), "--recipe", str(recipe), "--teacher", str(taught), "--restyler", str(taught), "--own", str(work / "own.jsonl"),
               "--tokens", str(TOKENS), "--pair-tokens", str(PAIR_TOKENS), "--conversations", "3", "--max-tokens", "12", "--device", "cpu", "--trust",
               *(word for change in QUICK for word in ("--set", change))]


@pytest.fixture(scope="module")
def done(setting, tmp_path_factory):
    """A run that was cut off once, and went on."""
    words = [*setting, "--folder", str(tmp_path_factory.mktemp("run") / "run"), "--seeds", "1"]
    first, second = Runner(fails=("restyled-sft-0 train",)), Runner()
    with pytest.raises(SystemExit, match=r"`restyled-sft-0 train` ended with exit code 1"):
        run.main(words, first)
    assert run.main(words, second) == 0
    assert first.names[-1] == second.names[0] == "restyled-sft-0 train"
    assert not set(first.names[:-1]) & set(second.names)
    return words, Path(words[words.index("--folder") + 1]), [*first.names[:-1], *second.names]


def test_all_arms_are_trained_and_judged(done):
    _, folder, names = done
    models = ["offline-sft-0", "offline-mdpo-0", "restyled-sft-0", "restyled-mdpo-0", "teacher-sft-0", "teacher-mdpo-0", "own-sft-0"]
    assert [name.removesuffix(" train") for name in names if name.endswith(" train")] == models
    found = json.loads((folder / "results.json").read_text())
    assert [(each["arm"], each["stage"]) for each in found["models"]] == [("base", ""), *(tuple(each.split("-")[:2]) for each in models)]
    for each in found["models"]:
        (played,) = each["sets"].values()
        assert played["succeed"]["conversations"] == 3
        expected = {"base"} if each["arm"] != "base" else set()
        expected |= {"offline"} if each["arm"] in ("restyled", "teacher", "own") else set()
        expected |= {"sft"} if each["stage"] == "mdpo" else set()
        assert set(played["more_than"]) == expected
        low, high = played["succeed"]["interval"]
        assert 0 <= low <= played["succeed"]["value"] <= high <= 1
    assert found["restyled"]["messages"] > 20
    assert found["left_out"] == {}
    assert [line for line in found["commands"] if " --model " in line and "offline-mdpo-0/final" in line]
    assert not list((folder / "models").iterdir()), "models are removed once they are judged"
    text = (folder / "results.md").read_text()
    for arm, stage in (("offline", "sft"), ("restyled", "mdpo"), ("teacher", "mdpo"), ("own", "sft")):
        assert text.count(f"| {arm} | {stage} |") == 2
    assert "1 held out" in text
    assert found["machines"][0]["torch"] in text


def test_arms_train_the_tokens_that_are_asked_for(done, base):
    """Counted anew, from what was written to be trained on."""
    _, folder, _ = done
    chat = load_chat(base)
    for arm in ("offline", "restyled", "teacher", "own"):
        rows = read(folder / f"equal/{arm}-sft/0/sft/train.jsonl")
        each = [sum(sum(part.weights) for part in encode_row(row, chat)) for row in rows]
        told = json.loads((folder / f"equal/{arm}-sft/equal.json").read_text())
        assert told["seeds"]["0"]["trained"] == sum(each)
        assert abs(sum(each) - TOKENS) <= max(each) / 2
        assert len({row["id"] for row in rows}) == len(rows)
    assert told["data"]["left_out"] == {"held out": 1}
    assert told["seeds"]["0"]["passes"] > 1
    for arm in ("offline", "restyled", "teacher"):
        pairs = [with_credit(encode_pair(row, chat), "turn") for row in read(folder / f"equal/{arm}-mdpo/0/preference/train.jsonl")]
        each = [sum(int(((part.credit + part.likelihood) > 0).sum()) for part in (pair.prompt, pair.chosen, pair.rejected)) for pair in pairs]
        assert abs(sum(each) - PAIR_TOKENS) <= max(each) / 2


def test_said_again_it_does_nothing(done, capsys):
    words, folder, _ = done
    before = (folder / "results.json").read_bytes()
    again = Runner()
    assert run.main(words, again) == 0
    assert again.names == []
    assert (folder / "results.json").read_bytes() == before
    capsys.readouterr()
    assert run.main([*words, "--set", "mdpo.beta=0.3", "--plan"]) == 0
    due = {line.split("  ", 1)[1] for line in capsys.readouterr().out.splitlines() if line.startswith("to do")}
    assert {"offline-mdpo-0 train", "offline-mdpo-0 heldout", "offline-0 room"} <= due, "a setting of a stage costs that stage"
    assert "offline-sft-0 train" in due, "its model was removed, and is begun with again"
    assert not {"offline data", "offline tokens of mdpo", "offline-sft-0 heldout", "own-sft-0 train", "base heldout"} & due
    assert run.main([*words, "--seeds", "2", "--plan"]) == 0
    due = {line.split("  ", 1)[1] for line in capsys.readouterr().out.splitlines() if line.startswith("to do")}
    assert {"own-sft-1 train", "own tokens of sft"} <= due
    assert not {"own-sft-0 train", "restyled data"} & due


def test_without_a_restyler_the_base_restyles(base, tmp_path):
    """What is asked by the recipe's own prompts; a model that answers with nothing of use changes nothing, and that is told."""
    recipe = shutil.copytree(LIBRARY, tmp_path / "library", ignore=shutil.ignore_patterns("out*", ".magnetc"))
    folder, runner = tmp_path / "run", Runner(fails=("base heldout",))
    with pytest.raises(SystemExit, match="base heldout"):
        run.main(["--base", str(base), "--recipe", str(recipe), "--folder", str(folder), "--paths", "2", "--max-tokens", "4", "--trust"], runner)
    assert runner.names == ["offline data", "restyled data", "base heldout"]
    told = read_manifest(folder / "data/restyled")["restyled"]
    assert told["kept"] > told["messages"] == 0
    assert list((folder / "restyler/.magnetc").glob("journal.sqlite"))


def test_a_plan_runs_nothing(tmp_path):
    words = ["--base", "Qwen/Qwen3-0.6B", "--recipe", LIBRARY, "--folder", tmp_path / "run", "--plan", "--set", "template={enable_thinking: false}", "--toolquery"]
    done = subprocess.run([sys.executable, "-m", "benchmarks.pretrained.run", *map(str, words)], cwd=ROOT, env={**os.environ, "OMP_NUM_THREADS": "1"},
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "run").exists()
    assert "left out: teacher, since no `--teacher` is named" in done.stdout
    assert """--template '{"enable_thinking": false}'""" in done.stdout
    assert "magnetc eval toolquery --model" in done.stdout
    assert done.stdout.count(" train\n") == 2 * 2 * 3, "two arms, two stages, three seeds"
    assert "GPU memory: 1." in done.stdout


@pytest.mark.parametrize(("more", "said"), [
    (["--set", "sft.steps=3"], "--set sft.steps=3: that is given by the comparison"),
    (["--own", "nowhere.jsonl"], "--own nowhere.jsonl: there is no such file"),
    (["--teacher", str(LIBRARY)], "its `teacher` is no model"),
    (["--tokens", "0"], "are at least 1"),
])
def test_mistakes_cost_nothing(more, said, tmp_path):
    with pytest.raises(SystemExit, match=said):
        run.main(["--base", "some/model-1B", "--recipe", str(LIBRARY), "--folder", str(tmp_path / "run"), *more], Runner())
    assert not (tmp_path / "run").exists()


def changed(folder, old, new, more=""):
    """The library with another line in its recipe."""
    shutil.copytree(LIBRARY, folder, ignore=shutil.ignore_patterns("out*", ".magnetc"))
    text = (folder / "recipe.yaml").read_text()
    assert old in text
    (folder / "recipe.yaml").write_text(text.replace(old, new) + more)
    return str(folder)


def test_recipes_that_do_not_fit_cost_nothing(tmp_path):
    words = ["--base", "some/model-1B", "--folder", str(tmp_path / "run")]
    other = changed(tmp_path / "other", "seed: 11", "seed: 12", 'teacher: {openai: {model: small, endpoint: "http://localhost:1/v1"}}\n')
    with pytest.raises(SystemExit, match="its `seed` is not that of"):
        run.main([*words, "--recipe", str(LIBRARY), "--teacher", other], Runner())
    all_trained = changed(tmp_path / "trained", "train: 0.8, validation: 0.1, test: 0.1", "train: 0.9, validation: 0.1")
    with pytest.raises(SystemExit, match="it holds nothing out"):
        run.main([*words, "--recipe", all_trained], Runner())
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(("line", "said"), [
    ("{", "line 2: "), ('{"prompt": "x"}', "line 2: a row is an object with `messages`"), ("[1]", "line 2: it is an array, and a row is an object"),
    ('{"messages": [{"role": "user", "content": "x"}]}', "line 2: the agent says nothing"),
    ('{"prompt": "x", "chosen": "y", "rejected": "z"}', "line 2: it is a pair")])
def test_what_is_no_row_of_ones_own_is_said_with_its_line(line, said, tmp_path):
    file = tmp_path / "own.jsonl"
    file.write_text('{"messages": [{"role": "assistant", "content": "x"}]}\n' + line)
    with pytest.raises(SystemExit, match=said):
        list(equal.read_rows(file, "sft"))


@given(st.dictionaries(st.text(max_size=3), st.integers(1, 900), min_size=1, max_size=12), st.integers(1, 2_000), st.integers(0, 5))
@settings(deadline=None, max_examples=40)
def test_rows_come_to_the_tokens_that_are_asked_for(sizes, tokens, seed):
    chosen = equal.drawn(sizes, tokens, seed)
    total = sum(sizes[id] for id, _ in chosen)
    assert abs(total - tokens) <= max(sizes.values()) / 2 or len(chosen) == 1
    assert len(set(chosen)) == len(chosen)
    times = [sum(id == each for each, _ in chosen) for id in sizes]
    assert max(times) - min(times) <= 1, "no row is taken again before all others were"
    assert chosen == equal.drawn(dict(reversed(sizes.items())), tokens, seed)


def outcomes(paths, by_seed):
    return {f"{path}.{copy}": Outcome(str(path), tuple(by_seed(path, copy))) for path in range(paths) for copy in range(3)}


def test_differences_are_of_base_paths():
    """Three copies of a base path that come out alike are as good as one, and no better."""
    own, other = outcomes(40, lambda path, _: (path % 2, path % 2)), outcomes(40, lambda path, _: (path % 4 == 1,))
    found = difference(own, other)
    assert found.value == pytest.approx(0.25)
    assert (found.cases, found.clusters) == (120, 40)
    assert found.interval[0] == pytest.approx(0.25 - 0.134, abs=0.03)   # 1.96 · √(0.25 · 0.75 / 40)
    assert found.interval[1] == pytest.approx(0.25 + 0.134, abs=0.03)
    alone = {id: each for id, each in own.items() if id.endswith(".0")}
    assert difference(alone, other).interval == pytest.approx(found.interval, abs=0.001)


def test_seeds_that_differ_are_a_doubt_of_their_own():
    shares = (0.2, 0.5, 0.8)
    apart = share(outcomes(1000, lambda path, _: [path % 10 < 10 * each for each in shares]))
    alike = share(outcomes(1000, lambda path, _: [path % 2] * 3))
    assert apart.value == alike.value == pytest.approx(0.5)
    assert alike.interval == pytest.approx((0.5 - 0.031, 0.5 + 0.031), abs=0.004)   # 1.96 · √(0.25 / 1000)
    assert apart.interval == pytest.approx((0.5 - 0.34, 0.5 + 0.34), abs=0.05)   # 1.96 · 0.3 / √3


@pytest.mark.parametrize("paths", [1, 6, 40])
def test_nothing_is_certain_where_all_fail(paths):
    none = outcomes(paths, lambda *_: (0, 0))
    low, high = difference(none, none).interval
    assert low < 0 < high
    assert high == -low
    assert share(none).interval[0] == 0 < share(none).interval[1]
