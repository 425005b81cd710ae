"""MDPOTrainer as a trainer of transformers: what it takes, what it leaves, and that a step is what the formulas say."""

import datasets
import pytest
import torch
from slow import slow_loss
from small import config, furthest, weights
from transformers import AutoModelForCausalLM

from magnetc.train import MDPOTrainer
from magnetc.train.preference.credit import with_credit

pytestmark = pytest.mark.train

PLAIN = ("prompt", "chosen", "rejected", "tools")
FIGURES = {"eval_loss", "eval_sft_loss", "eval_mdpo_loss", "eval_margin", "eval_accuracy", "eval_chosen", "eval_rejected",
           "eval_chosen_gain", "eval_rejected_gain"}


def plain(rows):
    return [{name: row[name] for name in PLAIN} for row in rows]


def trained(data, folder, rows, model=None, **changes):
    trainer = MDPOTrainer(model or data.model(), config(folder, **changes), train_dataset=rows, processing_class=data.tokenizer)
    trainer.train()
    return trainer


def test_trains_evaluates_and_saves(data, base, tmp_path):
    trainer = MDPOTrainer(str(base), config(tmp_path, max_steps=4, eval_strategy="steps", eval_steps=2),
                          train_dataset=data.pairs[:4], eval_dataset=data.pairs[4:6])
    before = weights(trainer.model)
    trainer.train()
    assert furthest(before, weights(trainer.model)) > 1e-4
    logged = [entry for entry in trainer.state.log_history if "loss" in entry]
    assert [entry["step"] for entry in logged] == [1, 2, 3, 4]
    assert {"sft_loss", "mdpo_loss", "margin", "accuracy", "chosen_gain", "rejected_gain", "grad_norm"} <= set(logged[0])
    assert logged[0]["margin"] == pytest.approx(0, abs=1e-4)
    assert logged[-1]["margin"] > logged[0]["margin"]
    for entry in logged:
        assert entry["loss"] == pytest.approx(entry["sft_loss"] + entry["mdpo_loss"], abs=2e-3)
    held_out = [entry for entry in trainer.state.log_history if "eval_loss" in entry]
    assert [entry["step"] for entry in held_out] == [2, 4]
    found = trainer.evaluate()
    assert set(found) >= FIGURES
    assert any(name.endswith("/rejected_span") for name in found)
    assert found["eval_loss"] == pytest.approx(held_out[-1]["eval_loss"])
    trainer.save_model(str(tmp_path / "saved"))
    assert furthest(weights(AutoModelForCausalLM.from_pretrained(tmp_path / "saved")), weights(trainer.model)) == 0
    assert (tmp_path / "saved" / "chat_template.jinja").is_file()


def test_takes_rows_of_any_trainer(data, tmp_path):
    rows = data.pairs[:4]
    expected = weights(trained(data, tmp_path / "rows", rows).model)
    shapes = {"plain": plain(rows), "dataset": datasets.Dataset.from_list(plain(rows)), "encoded": data.encoded[:4],
              "generator": (row for row in rows)}
    for name, given in shapes.items():
        assert furthest(expected, weights(trained(data, tmp_path / name, given).model)) == 0, name


def test_rows_without_weights_train_what_the_agent_says(data, tmp_path):
    def bare(messages):
        return [{key: value for key, value in message.items() if key not in ("weight", "credit")} for message in messages]

    row = data.pairs[0]
    made = {"prompt": bare(row["prompt"]), "chosen": bare(row["chosen"]), "rejected": bare(row["rejected"]),
            "tools": row["tools"]}
    trainer = trained(data, tmp_path, [made, made])
    (example, _) = trainer.train_dataset.examples
    assert example.chosen.likelihood.sum() > 0
    assert example.chosen.likelihood.equal(example.chosen.agent.float())
    assert example.chosen.credit.sum() > 0
    assert example.rejected.credit.sum() > 0


def test_the_first_loss_is_the_slow_one(data, tmp_path):
    model, reference = data.model(1, torch.float64), data.model(2, torch.float64)
    trainer = MDPOTrainer(model, config(tmp_path, max_steps=1, credit="turn", beta=0.2, preference_weight=0.5),
                          train_dataset=data.pairs[:2], processing_class=data.tokenizer, ref_model=reference)
    examples = [with_credit(pair, "turn") for pair in data.encoded[:2]]
    with torch.no_grad():
        expected = slow_loss(model, reference, examples, trainer.objective).item()
    trainer.train()
    first = trainer.state.log_history[0]
    assert first["loss"] == pytest.approx(expected, abs=1e-4)  # rounded where it is logged
    assert first["sft_loss"] + 0.5 * first["mdpo_loss"] == pytest.approx(expected, abs=1e-9)


def test_a_step_does_not_depend_on_how_it_is_cut(data, tmp_path):
    found = [weights(trained(data, tmp_path / str(size), data.pairs[:8], gradient_accumulation_steps=4 // size,
                             per_device_train_batch_size=size, optim="sgd", learning_rate=0.1).model) for size in (4, 2, 1)]
    assert furthest(found[0], weights(data.model())) > 1e-3
    assert furthest(found[0], found[1]) < 1e-5
    assert furthest(found[0], found[2]) < 1e-5
