"""Where TRL's trainers mean what ours mean, they find the same losses and gradients."""

from dataclasses import replace

import pytest
import torch
from datasets import Dataset
from small import arguments, config
from trl import DPOConfig, DPOTrainer, SFTConfig, SFTTrainer

from magnetc.train import MDPOTrainer, WeightedSFTTrainer
from magnetc.train.encode.pairs import encode_pair
from magnetc.train.encode.rows import encode_row
from magnetc.train.sft_trainer import sft_dataset

pytestmark = pytest.mark.train


class Tokenized(DPOTrainer):
    """TRL's trainer on ids, which it does not take by itself."""

    def _prepare_dataset(self, dataset, *others):
        return dataset


def single(pair):
    """The pair of the first messages alone, nothing before them trained."""
    weighted = {**pair["chosen"][0], "weight": 1, "credit": 1}
    return {**pair, "chosen": [weighted], "rejected": [{**pair["rejected"][0], "credit": 1}]}


def loss_and_gradients(trainer):
    model = trainer.model.train()
    (batch,) = trainer.get_train_dataloader()
    model.zero_grad()
    loss = trainer.compute_loss(model, trainer._prepare_inputs(batch))
    loss.backward()
    return loss.item(), {name: parameter.grad.clone() for name, parameter in model.named_parameters()}


def assert_equal(one, other, tolerance):
    assert one[0] == pytest.approx(other[0], abs=tolerance)
    scale = max(gradient.abs().max() for gradient in one[1].values())
    assert scale > 1e-3
    assert one[1].keys() == other[1].keys()
    for name, gradient in one[1].items():
        assert (gradient - other[1][name]).abs().max() < tolerance * max(scale, 1), name


def test_preference_loss_of_single_messages(data, tmp_path):
    pairs = [encode_pair(single(row), data.chat) for row in data.pairs[:4]]
    pairs = [replace(pair, prompt_weights=[0.0] * len(pair.prompt_ids)) for pair in pairs]
    assert all(all(pair.chosen_weights) for pair in pairs)
    ours = MDPOTrainer(data.model(1), config(tmp_path / "ours", per_device_train_batch_size=4, credit="message", beta=0.2,
                                             preference_weight=0.7),
                       train_dataset=pairs, ref_model=data.model(2), processing_class=data.tokenizer)
    ours.fill_reference(ours.train_dataset)
    ids = [{"prompt_ids": pair.prompt_ids, "chosen_ids": pair.chosen_ids, "rejected_ids": pair.rejected_ids} for pair in pairs]
    settings = DPOConfig(**arguments(tmp_path / "trl", per_device_train_batch_size=4), beta=0.2, max_length=None,
                         loss_type=["sft", "sigmoid"], loss_weights=[1.0, 0.7], gradient_checkpointing=False)
    theirs = Tokenized(data.model(1), data.model(2), settings, train_dataset=Dataset.from_list(ids),
                       processing_class=data.tokenizer)
    assert_equal(loss_and_gradients(ours), loss_and_gradients(theirs), 1e-4)


@pytest.mark.parametrize("packing", [False, True])
def test_supervised_loss_of_the_same_labels(data, tmp_path, packing):
    rows = [part for row in data.rows[:4] for part in encode_row(row, data.chat)]
    ours = WeightedSFTTrainer(
        data.model(1), SFTConfig(**arguments(tmp_path / "ours", per_device_train_batch_size=4), max_length=8192, packing=packing,
                                 gradient_checkpointing=False),
        train_dataset=rows, processing_class=data.tokenizer)
    settings = SFTConfig(**arguments(tmp_path / "trl", per_device_train_batch_size=4), max_length=None, packing=False,
                         gradient_checkpointing=False)
    theirs = SFTTrainer(data.model(1), settings, train_dataset=sft_dataset(rows, data.chat), processing_class=data.tokenizer)
    assert_equal(loss_and_gradients(ours), loss_and_gradients(theirs), 1e-5)


def test_supervised_training_ends_in_the_same_weights(data, tmp_path):
    rows = [part for row in data.rows[:8] for part in encode_row(row, data.chat)]
    found = []
    for kind, given in ((WeightedSFTTrainer, rows), (SFTTrainer, sft_dataset(rows, data.chat))):
        settings = SFTConfig(**arguments(tmp_path / kind.__name__, gradient_accumulation_steps=2, max_steps=3, optim="sgd",
                                         learning_rate=0.1), max_length=None, gradient_checkpointing=False)
        trainer = kind(data.model(1), settings, train_dataset=given, processing_class=data.tokenizer)
        trainer.train()
        found.append((torch.nn.utils.parameters_to_vector(trainer.model.parameters()),
                      [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]))
    assert (found[0][0] - found[1][0]).abs().max() < 1e-5
    assert found[0][1] == pytest.approx(found[1][1], abs=1e-3)
