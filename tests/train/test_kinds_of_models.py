"""Preference training under adapters, checkpointing, bfloat16, a reference of its own, and models that cannot share."""

import peft
import pytest
import torch
from small import SIZES, config, furthest, weights
from transformers import Qwen2Config, Qwen2ForCausalLM

from magnetc.diagnostics import MagnetError
from magnetc.train import MDPOTrainer
from magnetc.train.run.base import merged
from magnetc.train.run.settings import LoraSettings, TrainSettings

pytestmark = pytest.mark.train

LORA = peft.LoraConfig(task_type="CAUSAL_LM", r=2, lora_alpha=8, target_modules="all-linear")


def trained(data, folder, model=None, rows=None, peft_config=None, ref_model=None, **changes):
    made = MDPOTrainer(model or data.model(), config(folder, learning_rate=1e-2, **changes), peft_config=peft_config,
                       train_dataset=rows or data.pairs[:4], processing_class=data.tokenizer, ref_model=ref_model)
    made.train()
    return made


def losses(trainer):
    return [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]


def logits(model, ids):
    with torch.no_grad():
        return model(input_ids=ids).logits


def test_gradient_checkpointing_changes_nothing(data, tmp_path):
    found = [trained(data, tmp_path / str(on), gradient_checkpointing=on) for on in (False, True)]
    assert found[1].model.is_gradient_checkpointing
    assert furthest(*(weights(each.model) for each in found)) < 1e-6


def test_bfloat16_is_near_float32(data, tmp_path):
    whole, half = (trained(data, tmp_path / str(on), bf16=on) for on in (False, True))
    assert losses(half) == pytest.approx(losses(whole), rel=0.02)
    assert losses(half) != losses(whole)
    assert next(half.model.parameters()).dtype == torch.float32


@pytest.mark.parametrize("checkpointing", [False, True])
def test_adapters_alone_are_trained(data, tmp_path, checkpointing):
    start = weights(data.model())
    made = trained(data, tmp_path, peft_config=LORA, gradient_checkpointing=checkpointing)
    graded = {name for name, parameter in made.model.named_parameters() if parameter.requires_grad}
    assert graded
    assert all("lora_" in name for name in graded)
    base = made.model.get_base_model().state_dict()
    kept = {name.replace(".base_layer", ""): value for name, value in base.items() if "lora_" not in name}
    assert furthest(start, kept) == 0
    assert losses(made)[1] < losses(made)[0]
    # The reference is the model at the start, which new adapters do not change.
    plain = MDPOTrainer(data.model(), config(tmp_path / "plain"), train_dataset=data.pairs[:4], processing_class=data.tokenizer)
    plain.fill_reference(plain.train_dataset)
    assert torch.allclose(made.train_dataset.reference, plain.train_dataset.reference, atol=1e-4)


def test_an_adapter_that_is_merged_is_the_adapted_model(data, base, tmp_path):
    made = trained(data, tmp_path, peft_config=LORA)
    made.save_model(str(tmp_path / "adapter"))
    whole = merged(base, tmp_path / "adapter", TrainSettings(base=str(base), lora=LoraSettings(rank=2)))
    assert isinstance(whole, Qwen2ForCausalLM)
    ids = torch.tensor([data.encoded[0].prompt_ids])
    adapted = logits(made.model.eval(), ids)
    assert torch.allclose(logits(whole.eval(), ids), adapted, atol=1e-4)
    assert (adapted - logits(data.model().eval(), ids)).abs().max() > 1e-2


def test_a_model_that_has_an_adapter(data, tmp_path):
    made = trained(data, tmp_path, peft.get_peft_model(data.model(), LORA), gradient_checkpointing=True)
    assert losses(made)[1] < losses(made)[0]


def test_a_reference_of_its_own(data, tmp_path):
    other = data.model(7)
    before = weights(other)
    made = trained(data, tmp_path, ref_model=other)
    assert made.state.log_history[0]["margin"] != pytest.approx(0, abs=1e-3)
    assert furthest(before, weights(other)) == 0
    same = trained(data, tmp_path / "same", ref_model=data.model())
    assert furthest(weights(same.model), weights(trained(data, tmp_path / "own").model)) < 1e-6


@pytest.mark.parametrize("attention", ["blocks", "mask"])
def test_ways_to_attend_train_alike(data, tmp_path, attention):
    found = weights(trained(data, tmp_path / attention, attention=attention, optim="sgd").model)
    apart = trained(data, tmp_path / "apart", share_prefix="never", optim="sgd")
    assert not apart.shares
    assert furthest(found, weights(apart.model)) < 1e-5


def test_a_model_with_a_sliding_window_shares_no_prefix(data, tmp_path):
    settings = Qwen2Config(vocab_size=len(data.tokenizer), hidden_size=32, num_hidden_layers=2, num_attention_heads=2,
                           num_key_value_heads=1, intermediate_size=48, use_sliding_window=True, sliding_window=64,
                           max_window_layers=0)
    made = trained(data, tmp_path, Qwen2ForCausalLM(settings), rows=data.pairs[:2])
    assert not made.shares
    assert losses(made)[1] < losses(made)[0]


def test_dropout_is_off(data, tmp_path):
    model = data.model()
    model.config.attention_dropout = 0.5
    for layer in model.model.layers:
        layer.self_attn.attention_dropout = 0.5
    lora = peft.LoraConfig(task_type="CAUSAL_LM", r=2, target_modules="all-linear", lora_dropout=0.5)
    made = trained(data, tmp_path, model, peft_config=lora)
    first = made.state.log_history[0]
    assert first["margin"] == pytest.approx(0, abs=1e-5)


def test_a_head_that_is_adapted_is_refused(data, tmp_path):
    lora = peft.LoraConfig(task_type="CAUSAL_LM", r=2, target_modules=["q_proj", "lm_head"])
    with pytest.raises(MagnetError) as caught:
        trained(data, tmp_path, peft_config=lora)
    assert caught.value.diagnostics[0].code == "MG714"


def test_no_pair_that_is_short_enough(data, tmp_path):
    with pytest.raises(MagnetError) as caught:
        trained(data, tmp_path, max_length=100)
    assert caught.value.diagnostics[0].code == "MG715"
    assert SIZES.positions > 100
