"""`magnetc train` as a user types it: from a built dataset to a model in a folder, and what it says of mistakes."""

import json
import shutil

import pytest
import torch
import transformers
from dataset import magnetc
from safetensors.torch import load_file
from small import QUICK, changed, furthest

from magnetc.build.output import file_digest
from magnetc.ir.json import wire
from magnetc.models.chat import Chat
from magnetc.train.run.curves import panels

pytestmark = pytest.mark.train

STEPS = ("sft.steps=12", "mdpo.steps=8")
SETTINGS = changed(*QUICK, *STEPS, "select={conversations: 1, most_tokens: 16, every: 4}")


@pytest.fixture(scope="module")
def trained(library, tmp_path_factory):
    """A run of both stages, and what the command said."""
    run = tmp_path_factory.mktemp("trained") / "run"
    result = magnetc("train", library, "-o", run, "--trust", "--json", *SETTINGS)
    assert result.exit_code == 0, result.output
    return run, result


def refused(library, run, *arguments):
    """What the command says when it leaves with 1."""
    result = magnetc("train", library, "-o", run, *arguments)
    assert result.exit_code == 1, result.output
    assert not result.stdout
    return result.stderr


def test_the_summary(trained):
    run, result = trained
    summary = json.loads(result.stdout)
    assert summary.pop("run") == str(run)
    assert summary == json.loads((run / "report.json").read_text())
    assert list(summary["stages"]) == ["sft", "mdpo"]
    for figures in summary["stages"].values():
        assert [look["step"] for look in figures["looks"]][:3] == [0, 4, 8]
        assert figures["kept"] in figures["looks"]
    sft, mdpo = summary["stages"].values()
    assert sft["end"]["loss"] < sft["start"]["loss"]
    assert mdpo["start"]["margin"] == pytest.approx(0, abs=1e-4)
    assert mdpo["end"]["margin"] != mdpo["start"]["margin"]
    assert sum(count for _, _, count in summary["lengths"]["sft"]["train"]) == 22


def test_progress_is_told_on_stderr(trained):
    _, result = trained
    for line in ("sft: 22 sequences of 22 rows, by tokens:", "sft 12/12: loss", "mdpo 8/8: loss", "mdpo: keeping step"):
        assert line in result.stderr
    assert "Warning" not in result.stderr
    assert "{'" not in result.stderr


def test_the_model_generates(trained, data):
    run, _ = trained
    tokenizer = transformers.AutoTokenizer.from_pretrained(run / "final")
    model = transformers.AutoModelForCausalLM.from_pretrained(run / "final")
    chat = Chat(tokenizer)
    assert model.generation_config.eos_token_id == list(chat.stops)
    assert not model.generation_config.do_sample
    row = data.rows[0]
    asked = tokenizer.apply_chat_template(row["messages"][:2], tools=json.loads(row["tools"]), add_generation_prompt=True,
                                          return_tensors="pt", return_dict=True)
    made = model.generate(**asked, max_new_tokens=6)
    assert made.shape[1] > asked["input_ids"].shape[1]
    assert {path.name for path in (run / "final").iterdir()} >= {
        "SERVE.md", "chat_template.jinja", "config.json", "generation_config.json", "model.safetensors", "tokenizer.json"}
    assert not list((run / "final").glob("*.bin"))


def test_it_says_how_to_serve_the_model(trained):
    run, _ = trained
    text = (run / "final" / "SERVE.md").read_text()
    for said in ("# library", "vllm serve . --enable-auto-tool-choice --tool-call-parser hermes",
                 "sglang.launch_server --model-path . --tool-call-parser qwen", "`<|im_end|>`", "| stages | sft, mdpo |",
                 "| mdpo, kept at step "):
        assert said in text, text
    assert "{{" not in text
    assert "{%" not in text


def test_curves_are_drawn(trained):
    run, _ = trained
    assert (run / "curves.png").read_bytes().startswith(b"\x89PNG")
    assert "<html" in (run / "curves.html").read_text()[:100]
    histories = {stage: json.loads((run / stage / "history.json").read_text()) for stage in ("sft", "mdpo")}
    shown = panels(histories, {"mdpo": 8})
    assert [panel.kept for panel in shown] == [None, None, 8, 8, 8, 8, 8]
    assert [panel.title for panel in shown] == ["sft: loss", "sft: free-running play", "mdpo: loss", "mdpo: margin",
                      "mdpo: log-probability gained over the reference", "mdpo: free-running play", "mdpo: margin by fault"]


def test_a_table_for_people(trained, library):
    run, _ = trained
    result = magnetc("train", library, "-o", run, "--trust", *SETTINGS)
    assert result.exit_code == 0
    assert "held-out margin" in result.stdout
    assert str(run / "final") in result.stdout.replace("\n", "")


def test_one_stage_and_then_the_other(library, tmp_path):
    quick = changed(*QUICK, "sft.steps=2", "mdpo.steps=2")
    result = magnetc("train", library, "-o", tmp_path / "sft", "--stage", "sft", *quick)
    assert result.exit_code == 0, result.output
    assert not (tmp_path / "sft" / "mdpo").exists()
    result = magnetc("train", library, "-o", tmp_path / "mdpo", "--stage", "mdpo", *quick,
                     *changed(f"base={tmp_path / 'sft' / 'final'}"))
    assert result.exit_code == 0, result.output
    assert not (tmp_path / "mdpo" / "base").exists()
    final = [load_file(tmp_path / stage / "final" / "model.safetensors") for stage in ("sft", "mdpo")]
    assert 0 < furthest(*final) < 0.1


def test_adapters_and_half_precision(library, tmp_path):
    result = magnetc("train", library, "-o", tmp_path / "run", *changed(
        *QUICK, "sft.steps=2", "mdpo.steps=2", "lora={rank: 2}", "dtype=bfloat16", "gradient_checkpointing=true"))
    assert result.exit_code == 0, result.output
    model = transformers.AutoModelForCausalLM.from_pretrained(tmp_path / "run" / "final")
    assert not [name for name in model.state_dict() if "lora" in name]
    assert model.dtype == torch.bfloat16


def test_trackers_follow_a_run(library, tmp_path):
    pytest.importorskip("tensorboard")
    result = magnetc("train", library, "-o", tmp_path / "run", "--stage", "sft",
                     *changed(*QUICK, "sft.steps=2", "report_to=tensorboard"))
    assert result.exit_code == 0, result.output
    assert list((tmp_path / "run" / "sft").rglob("events.out.tfevents*"))


def test_a_base_has_to_be_named(library, tmp_path):
    said = refused(library, tmp_path / "run")
    assert "error[MG716]: no base model is named" in said
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(("change", "said"), [
    ("mdpo.betta=0.3", "did you mean `beta`?"), ("sft.batch=none", "MG"), ("mdpo.credit=spam", "span"),
    ("beta", "--set KEY=VALUE"), ("=3", "--set KEY=VALUE"), ("sft=3", "MG"), ("sft.batch=0", "MG"), ("length=-1", "MG"),
    ("mdpo.micro_batch=3", "a multiple of 3")])
def test_settings_that_do_not_fit(library, tmp_path, change, said):
    text = refused(library, tmp_path / "run", *changed(*QUICK, change))
    assert said in text
    assert "error[MG" in text


def test_what_is_no_output(library, tmp_path):
    assert "error[MG620]" in refused(tmp_path / "nowhere", tmp_path / "run", *changed(*QUICK))
    assert "error[MG620]" in refused(library / "sft", tmp_path / "run", *changed(*QUICK))


def test_a_data_file_that_was_changed(library, tmp_path):
    for name in ("sft/train.jsonl", "preference/train.jsonl"):
        out = tmp_path / name.partition("/")[0]
        shutil.copytree(library, out)
        text = (out / name).read_text()
        (out / name).write_text(text.replace("weight", "height", 1))
        said = refused(out, tmp_path / "run", *changed(*QUICK))
        assert "error[MG718]" in said
        assert name in said
        (out / name).unlink()
        assert "error[MG718]" in refused(out, tmp_path / "run", *changed(*QUICK))


def test_a_dataset_without_pairs(library, tmp_path):
    out = tmp_path / "out"
    shutil.copytree(library, out)
    manifest = (out / "manifest.yaml").read_text()
    (out / "manifest.yaml").write_text(manifest[: manifest.index("  - stage: mdpo")])
    assert "error[MG718]" in refused(out, tmp_path / "run", "--stage", "mdpo", *changed(*QUICK))


@pytest.mark.parametrize("stage", ["sft", "mdpo"])
def test_nothing_is_short_enough(library, tmp_path, stage):
    said = refused(library, tmp_path / "run", "--stage", stage, *changed(*QUICK, "length=64"))
    assert "error[MG715]" in said
    assert "64 tokens" in said


def test_what_is_too_long_is_told(library, tmp_path):
    result = magnetc("train", library, "-o", tmp_path / "run", "--json", *changed(*QUICK, "length=600", "sft.steps=1",
                                                                                    "mdpo.steps=1"))
    assert result.exit_code == 0, result.output
    assert "warning[MG719]" in result.stderr
    assert json.loads(result.stdout)["over"]["sft"]["train"]


def test_a_base_that_is_not_there(library, tmp_path):
    said = refused(library, tmp_path / "run", *changed(*QUICK[1:], f"base={tmp_path / 'nowhere'}"))
    assert "error[MG712]" in said
    assert "there is no such folder" in said
    (tmp_path / "empty").mkdir()
    assert "error[MG712]" in refused(library, tmp_path / "other", *changed(*QUICK[1:], f"base={tmp_path / 'empty'}"))


@pytest.mark.parametrize(("template", "said"), [
    (None, "the chat template is missing"),
    ("{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}", "has no generation prompt"),
    ("{% for m in messages %}{{ m.content }}<|im_end|>{% endfor %}", "does not write tool calls")])
def test_a_template_that_cannot_be_masked(library, data, base, tmp_path, template, said):
    folder = tmp_path / "base"
    shutil.copytree(base, folder)
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    (folder / "chat_template.jinja").unlink()
    tokenizer.chat_template = template
    tokenizer.save_pretrained(folder)
    text = refused(library, tmp_path / "run", *changed(*QUICK[1:], f"base={folder}"))
    assert "error[MG713]" in text
    assert said in text


def test_a_run_that_was_refused_does_not_stand_in_the_way(library, tmp_path):
    assert "MG712" in refused(library, tmp_path / "run", *changed(*QUICK[1:], f"base={tmp_path / 'nowhere'}"))
    result = magnetc("train", library, "-o", tmp_path / "run", *changed(*QUICK, "sft.steps=1", "mdpo.steps=1"))
    assert result.exit_code == 0, result.output


def test_an_adapter_on_the_head_is_refused(library, tmp_path):
    said = refused(library, tmp_path / "run", *changed(*QUICK, "lora={targets: [q_proj, lm_head]}"), "--trust")
    assert "MG714" in said
    assert "leave `lm_head` out" in said


def test_rows_may_hold_any_break_of_lines(tmp_path):
    from magnetc.train.run.driver import _rows

    told = [{"id": "a", "messages": [{"role": "user", "content": "one\u2028two\x85three\u2029four\x0b\x0c\r\n"}]}, {"id": "b", "messages": []}]
    (tmp_path / "train.jsonl").write_text("".join(wire(row) + "\n" for row in told), encoding="utf-8")
    assert _rows(tmp_path, {"files": {"train.jsonl": {"sha256": file_digest(tmp_path / "train.jsonl")}}}, "train.jsonl") == told
