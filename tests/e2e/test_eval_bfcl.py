"""`magnetc eval bfcl`, with the package itself: what it scores, what its own `bfcl evaluate` says of the same files, and how it goes on."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest
from bfcl_ground_truth import evaluated, script_of
from dataset import magnetc
from running import teacher

from magnetc.agent.policy import Action
from magnetc.diagnostics import MagnetError, Sink
from magnetc.distill.contamination.bfcl import PACKAGES
from magnetc.eval.bfcl.entries import read_benchmark, text_of
from magnetc.eval.bfcl.evaluate import VERSION
from magnetc.eval.bfcl.overlap import overlapping
from magnetc.eval.bfcl.process import answers
from magnetc.eval.bfcl.verdicts import judge
from magnetc.tools.environments import ensure_environment, find_site_packages

pytestmark = pytest.mark.bfcl

EVALUATE = ("filelock==3.20.0", "mpmath==1.3.0", "numpy==1.26.4", "openai==1.109.1", "overrides==7.7.0", "pandas==2.3.3", "python-dotenv==1.0.1",
            "requests==2.32.3", "tabulate==0.9.0", "tenacity==9.0.0", "tqdm==4.67.1", "tree-sitter-java==0.21.0", "tree-sitter-javascript==0.21.4",
            "tree-sitter==0.21.3", "typer==0.15.4")
"""What `bfcl evaluate` imports, clients of vendors aside: no stand-ins."""

RUN = """
import sys, types
sys.path.insert(0, {packages!r})
from types import SimpleNamespace
models = types.ModuleType("bfcl_eval.constants.model_config")
sys.modules[models.__name__] = models
models.MODEL_CONFIG_MAPPING = {{}}
from bfcl_eval.model_handler.api_inference.openai_completion import OpenAICompletionsHandler
models.MODEL_CONFIG_MAPPING[{name!r}] = SimpleNamespace(model_name={name!r}, display_name={name!r}, url="", org="", license="", input_price=None,
    output_price=None, is_fc_model=True, underscore_to_dot=True, model_handler=OpenAICompletionsHandler)
from bfcl_eval.__main__ import cli
cli(["evaluate", "--model", {name!r}, "--test-category", {category!r}, "--partial-eval"])
"""


@pytest.fixture(scope="module")
def python():
    return made(PACKAGES[VERSION])


@pytest.fixture(scope="module")
def evaluating():
    return made(EVALUATE, resolve=True)


def made(packages, **how):
    try:
        return ensure_environment(packages, lambda text: None, **how)
    except MagnetError as error:
        pytest.skip(f"the environment cannot be made: {error}")


def official_score(evaluating, python, folder, category, name="ground-truth-FC"):
    """What `bfcl evaluate` says: how many pass, and the kinds of error of those that do not, by id."""
    code = RUN.format(packages=str(find_site_packages(python)), name=name, category=category)
    done = subprocess.run([evaluating, "-I", "-c", code], capture_output=True, text=True, timeout=300, check=False,
                          env={"PATH": os.environ["PATH"], "BFCL_PROJECT_ROOT": str(folder), "OPENAI_API_KEY": "none", "TZ": "UTC"})
    files = list((folder / "score").rglob(f"BFCL_v4_{category}_score.json"))
    assert files, done.stderr
    head, *failed = [json.loads(line) for line in files[0].read_text(encoding="utf-8").splitlines()]
    kinds = {each["id"]: each["error_type"] if "error_type" in each else each["error"]["error_type"] for each in failed}
    return head["correct_count"], head["total_count"], kinds


def spoiled(entry, number):
    """The script of the ground truth, with a mistake in four of six."""
    script, wrong = script_of(entry), Action(calls=(("no_such_tool", {"a": [1.5, None, True, "x'y"]}),))
    match number % 6:
        case 1:
            script[-1] = []
        case 2:
            script[0] = [wrong, *script[0]]
        case 3:
            script[0] = [Action(content="I call it.", malformed='{"name": "ls"')]
        case 4 if entry.is_executed:
            script[-1] = [wrong] * 30
        case 5 if entry.is_executed:
            script[0] = [Action(calls=tuple((name, {**arguments, "not an identifier": 1}) for name, arguments in script[0][0].calls))] if script[0] else [wrong]
        case 5:
            script[0] = [wrong]
    return script


@pytest.mark.parametrize("category", ["multi_turn_base", "multi_turn_miss_func", "multi_turn_long_context", "simple_python", "parallel", "live_irrelevance"])
def test_bfcl_evaluate_scores_the_files_alike(python, evaluating, tmp_path, category):
    benchmark = read_benchmark(python, [category], 42)
    scripts = {entry.id: spoiled(entry, number) for number, entry in enumerate(benchmark.entries)}
    report = evaluated(benchmark, category, tmp_path, scripts)
    passed, total, kinds = official_score(evaluating, python, tmp_path, category)
    assert (report["all"]["official"]["passed"], report["all"]["entries"]) == (passed, total) == (passed, 42)
    assert 0 < passed < 42
    assert {each["id"] for each in report["failed"] if not each["official"]} == kinds.keys()
    result = next((tmp_path / "result").rglob("*_result.json"))
    lines = [json.loads(line) for line in result.read_text(encoding="utf-8").splitlines()]
    assert {each.id: each.error_type for each in judge(python, category, lines) if not each.official} == kinds
    if category.startswith("multi_turn"):
        assert "multi_turn:empty_turn_model_response" in kinds.values()
        assert report["all"]["forced"] == 7
    assert report["all"]["malformed"] == 7
    assert report["all"]["strict"]["passed"] < report["all"]["official"]["passed"] or category != "live_irrelevance"


@pytest.mark.parametrize("category", ["base", "miss_func", "miss_param", "long_context", "simple_python", "multiple", "irrelevance"])
def test_ground_truth_passes_through_it_all(python, tmp_path, category):
    benchmark = read_benchmark(python, [category], 30)
    report = evaluated(benchmark, category, tmp_path, {entry.id: script_of(entry) for entry in benchmark.entries})
    assert report["package"] == f"bfcl-eval=={VERSION}"
    assert report["all"]["strict"] == report["all"]["official"]
    assert report["all"]["official"]["passed"] == report["all"]["entries"] == 30
    assert report["failed"] == []


def test_a_call_where_nothing_should_be_called_fails_strictly_alone(python, tmp_path):
    benchmark = read_benchmark(python, ["miss_param"], 12)
    scripts = {}
    for entry in benchmark.entries:
        scripts[entry.id] = script_of(entry)
        silent = next(number for number, turn in enumerate(entry.truth_calls) if not turn)
        scripts[entry.id][silent] = [Action(calls=(("no_such_tool", {}),))]
    report = evaluated(benchmark, "miss_param", tmp_path, scripts)
    assert (report["all"]["official"]["passed"], report["all"]["strict"]["passed"]) == (12, 0)
    assert report["all"]["strict_errors"] == {"multi_turn:irrelevance_error:decoder_success": 12}


def test_what_a_model_calls_never_reaches_python(python, tmp_path):
    trace = tmp_path / "trace"
    benchmark = read_benchmark(python, ["base"], 1)
    (entry,) = benchmark.entries
    for name, arguments in ((f"open({str(trace)!r}, 'w').write", {"s": "x"}), ("open", {"file": str(trace), "mode": "w"}),
                            ("ls", {f"a=open({str(trace)!r}, 'w'), b": True}), ("importlib.import_module", {"name": "antigravity"})):
        report = evaluated(benchmark, "base", tmp_path / name[:3], {entry.id: [[Action(calls=((name, arguments),))], *script_of(entry)[1:]]})
        assert report["all"]["official"]["passed"] == 0
        log = json.loads(next((tmp_path / name[:3] / "result").rglob("*_result.json")).read_text(encoding="utf-8"))["inference_log"]
        assert next(message["content"] for message in log if message["role"] == "tool").startswith("Error during execution: ")
    assert not trace.exists()


def test_texts_that_the_handlers_of_the_package_read_otherwise_are_told(python):
    good = '<tool_call>\n{"name": "ls", "arguments": {"a": true}}\n</tool_call>'
    called = [["ls", '{"a": true}']]
    line = {"category": "multi_turn_base", "id": "multi_turn_base_0", "result": [["."]]}
    said = [[good, called], [good.replace("\n", ""), called], ["<think>\nwell\n</think>\n\n" + good, called], ["Nothing to do.", []], [good + " and", called]]
    (found,) = answers(python, "judge", [line | {"dialect": "hermes", "said": said}], seconds=60)
    assert found["disagreements"] == [[good.replace("\n", ""), []]]
    text = '{"name": "ls", "parameters": {"a": 1}}'
    said = [[text, [["ls", '{"a": 1}']]], [text.replace("1", "true"), called], ["__import__('os').abort()", []]]
    (found,) = answers(python, "judge", [line | {"dialect": "llama3_json", "said": said}], seconds=60)
    assert found["disagreements"] == [[text.replace("1", "true"), []]]
    said = [['[TOOL_CALLS][{"name": "ls", "arguments": {"a": true}}]', called], ["No.", []]]
    (found,) = answers(python, "judge", [line | {"dialect": "mistral", "said": said}], seconds=60)
    assert found["disagreements"] == []


def rows_of(benchmark):
    """Rows that say what the ground truth says, for the agent of the tests."""
    for entry in benchmark.entries:
        messages = []
        for turn, calls in zip(entry.turns, entry.truth_calls):
            messages += turn or [{"role": "user", "content": benchmark.restored}]
            made = [{"type": "function", "function": {"name": name, "arguments": json.dumps(arguments)}} for name, arguments in calls]
            messages += [{"role": "assistant", "content": "", "tool_calls": made}] if made else []
            messages.append({"role": "assistant", "content": "Done."})
        yield {"messages": messages}


def test_a_model_behind_an_endpoint_is_judged_once(python, tmp_path):
    benchmark = read_benchmark(python, ["miss_func"], 4)
    (tmp_path / "agent" / "sft").mkdir(parents=True)
    data = tmp_path / "agent" / "sft" / "train.jsonl"
    data.write_text("".join(json.dumps(row) + "\n" for row in rows_of(benchmark)), encoding="utf-8")
    out = tmp_path / "out"
    with teacher(agent=tmp_path / "agent") as server:
        asked = ("eval", "bfcl", "--endpoint", server.url, "--model", "student", "-c", "miss_func", "-n", "4", "-o", out)
        result = magnetc(*asked, "--data", data)
        assert result.exit_code == 0, result.stderr
        assert "multi_turn_miss_func               4  100.0% [51.0%, 100.0%]" in result.stdout
        assert "4 of 4 entries have something in common with 4 rows of training data" in result.stdout
        assert re.search(r"about \d+ s: \d+ messages of the agent in 4 conversations", result.stderr)
        before = server.stats()["requests"]
        path = next((out / "result").rglob("*_result.json"))
        whole = path.read_text(encoding="utf-8")
        path.write_text("\n".join(whole.splitlines()[:2]) + '\n{"id": "multi_turn_mi', encoding="utf-8")
        again = magnetc(*asked, "--json")
        assert again.exit_code == 0
        assert "2 of 4 entries are answered already" in again.stderr
        assert path.read_text(encoding="utf-8") == whole
        assert json.loads(again.stdout)["all"]["strict"]["passed"] == 4
        assert server.stats()["requests"] == before, "the journal has the rest"
        other = magnetc(*asked, "--max-tokens", "9")
        assert other.exit_code == 1
        assert "MG704" in other.stderr
        assert "most_tokens: 512 there, 9 here" in other.stderr


def test_a_category_that_is_none_is_told_with_the_nearest(python, tmp_path):
    result = magnetc("eval", "bfcl", "--endpoint", "http://127.0.0.1:9/v1", "--model", "m", "-c", "long_contxt", "-c", "web_search", "-o", tmp_path / "out")
    assert result.exit_code == 1
    assert result.stderr.count("MG703") == 2
    assert "did you mean `long_context`?" in result.stderr
    assert not (tmp_path / "out" / "result").exists()


def test_entries_that_training_data_has_are_found(python, tmp_path):
    benchmark = read_benchmark(python, ["base", "long_context"], 20)
    data = tmp_path / "rows.jsonl"
    said = [" ".join(map(text_of, turn)) for turn in benchmark.entries[3].turns]
    data.write_text(json.dumps({"messages": [message for text in said for message in ({"role": "user", "content": text}, {"role": "assistant", "content": "."})]})
                    + "\n" + json.dumps({"messages": [{"role": "user", "content": "Book me a table."}, {"role": "assistant", "content": "."}]}), encoding="utf-8")
    found, rows = overlapping(benchmark.entries, data, Sink())
    assert rows == 2
    assert found == {"multi_turn_base_3": ["words"], "multi_turn_long_context_3": ["words"]}
    assert Path(data).exists()
