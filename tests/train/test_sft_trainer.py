"""WeightedSFTTrainer trains tokens of weight 1 and no other, and packs rows without one knowing of another."""

from dataclasses import replace

import pytest
import torch
from small import arguments, furthest, weights
from trl import SFTConfig

from magnetc.train import WeightedSFTTrainer
from magnetc.train.encode.rows import encode_row
from magnetc.train.sft_trainer import IGNORED, sft_dataset

pytestmark = pytest.mark.train


@pytest.fixture(scope="module")
def rows(data):
    return [part for row in data.rows[:6] for part in encode_row(row, data.chat)]


def trainer(data, folder, rows, model=None, packing=True, max_length=8192, **changes):
    settings = SFTConfig(**arguments(folder, **changes), packing=packing, max_length=max_length, gradient_checkpointing=False)
    return WeightedSFTTrainer(model or data.model(1), settings, train_dataset=rows, processing_class=data.tokenizer)


def log_probs(made):
    (batch,) = made.get_train_dataloader()
    with torch.no_grad():
        return made.compute_loss(made.model, made._prepare_inputs(batch), return_outputs=True)[1]["log_probs"]


def test_labels_are_the_weighted_tokens(data, rows):
    dataset = sft_dataset(data.rows[:6], data.chat)
    assert dataset["input_ids"] == [row.input_ids for row in rows]
    for row, labels in zip(rows, dataset["labels"]):
        assert labels == [id if weight else IGNORED for id, weight in zip(row.input_ids, row.weights)]
        assert 0 < sum(label != IGNORED for label in labels) < len(labels)


def test_packed_rows_are_scored_as_alone(data, tmp_path, rows):
    packed = trainer(data, tmp_path / "packed", rows)
    assert len(packed.train_dataset) == 1
    alone = torch.cat([log_probs(trainer(data, tmp_path / str(n), [row], packing=False)) for n, row in enumerate(rows)])
    found = log_probs(packed)
    assert len(found) == sum(sum(weight > 0 for weight in row.weights) for row in rows)
    assert torch.allclose(found.sort().values, alone.sort().values, atol=1e-5)


def test_a_row_does_not_know_its_neighbours(data, tmp_path, rows):
    pair = rows[:2] if len(rows[0]) >= len(rows[1]) else rows[1::-1]  # the longer is packed first
    kept = int(sum(pair[1].weights))
    found = []
    for number, shift in enumerate((0, 7)):
        ids = [(id + shift) % 300 for id in pair[0].input_ids]
        found.append(log_probs(trainer(data, tmp_path / str(number), [replace(pair[0], input_ids=ids), pair[1]])))
    assert (found[0][:-kept] - found[1][:-kept]).abs().max() > 0.1
    assert torch.allclose(found[0][-kept:], found[1][-kept:], atol=1e-6)


def test_packing_changes_nothing_but_the_speed(data, tmp_path, rows):
    def trained(name, **changes):
        made = trainer(data, tmp_path / name, rows, optim="sgd", learning_rate=0.1, max_steps=2, **changes)
        made.train()
        return weights(made.model)

    packed = trained("packed", per_device_train_batch_size=1)
    assert furthest(packed, weights(data.model(1))) > 1e-3
    batch = trained("batch", packing=False, per_device_train_batch_size=len(rows))
    single = trained("single", packing=False, per_device_train_batch_size=1, gradient_accumulation_steps=len(rows))
    assert furthest(packed, batch) < 1e-5
    assert furthest(packed, single) < 1e-5


def test_rows_are_not_cut_to_the_length_of_packing(data, tmp_path, rows):
    made = trainer(data, tmp_path, rows, max_length=64)
    packed = sorted(id for row in made.train_dataset["input_ids"] for id in row)
    assert packed == sorted(id for row in rows for id in row.input_ids)


def test_rows_without_weights_train_what_the_agent_says(data):
    row = data.rows[0]
    bare = [{key: value for key, value in message.items() if key != "weight"} for message in row["messages"]]
    marked = [{**message, "weight": 1} if message["role"] == "assistant" else message for message in bare]
    found, expected = (sft_dataset([{"messages": messages, "tools": row["tools"]}], data.chat) for messages in (bare, marked))
    assert found["labels"] == expected["labels"]


def test_only_trained_tokens_have_a_gradient(data, tmp_path, rows):
    made = trainer(data, tmp_path, [replace(rows[0], weights=[0.0] * len(rows[0])), rows[1]])
    other = trainer(data, tmp_path / "other", [rows[1]])
    found = []
    for each in (made, other):
        (batch,) = each.get_train_dataloader()
        each.compute_loss(each.model, each._prepare_inputs(batch)).backward()
        found.append({name: parameter.grad for name, parameter in each.model.named_parameters()})
    assert furthest(*found) < 1e-6
