"""The reference is computed once: kept in a file by what it depends on, and never from a model that has been trained."""

import pytest
import torch
from small import config

from magnetc.train import MDPOTrainer

pytestmark = pytest.mark.train


class Counted(MDPOTrainer):
    """Counts the pairs whose reference it computes."""

    computed = 0

    def _reference(self, model, examples):
        self.computed += len(examples)
        return super()._reference(model, examples)


def trainer(data, folder, model=None, eval_dataset=None, ref_model=None, **changes):
    settings = config(folder, max_steps=1, reference_cache=str(folder / "cache"), **changes)
    made = Counted(model or data.model(), settings, train_dataset=data.pairs[:3], eval_dataset=eval_dataset,
                   processing_class=data.tokenizer, ref_model=ref_model)
    made.fill_reference(made.train_dataset)
    return made


def files(folder):
    return sorted(folder.glob("cache/reference-*.safetensors"))


def test_a_second_trainer_reads_what_the_first_computed(data, tmp_path):
    first, second = trainer(data, tmp_path), trainer(data, tmp_path)
    assert (first.computed, second.computed) == (3, 0)
    assert first.train_dataset.reference.equal(second.train_dataset.reference)
    assert len(files(tmp_path)) == 1
    second.train()
    assert second.computed == 0
    assert second.state.log_history[0]["margin"] == pytest.approx(0, abs=1e-5)


def test_what_it_depends_on_is_in_its_name(data, tmp_path):
    trainer(data, tmp_path)
    changes = [{"credit": "span"}, {"discount": 0.7, "credit": "rest"}, {"model": data.model(2)}, {"bf16": True},
               {"ref_model": data.model(3)}]
    for number, change in enumerate(changes, 2):
        assert trainer(data, tmp_path, **change).computed == 3, change
        assert len(files(tmp_path)) == number, change
    assert trainer(data, tmp_path, model=data.model(2)).computed == 0
    assert trainer(data, tmp_path, model=data.model(9), ref_model=data.model(2)).computed == 0  # the same reference
    assert trainer(data, tmp_path, beta=0.7, learning_rate=1.0).computed == 0


def test_half_a_file_is_computed_again(data, tmp_path):
    expected = trainer(data, tmp_path).train_dataset.reference
    (file,) = files(tmp_path)
    whole = file.read_bytes()
    for cut in (whole[: len(whole) // 2], whole[:8], b"", b"{}" * 50):
        file.write_bytes(cut)
        again = trainer(data, tmp_path)
        assert again.computed == 3
        assert again.train_dataset.reference.equal(expected)
        assert file.read_bytes() == whole


def test_it_is_not_asked_of_a_model_that_has_been_trained(data, tmp_path):
    made = trainer(data, tmp_path, eval_dataset=data.pairs[3:5])
    made.train()
    assert made.computed == 5
    assert made.evaluate()["eval_margin"] != 0
    with pytest.raises(ValueError, match="has been trained"):
        made.evaluate(data.pairs[5:7])
    with_reference = trainer(data, tmp_path, ref_model=data.model())
    with_reference.train()
    found = with_reference.evaluate(data.pairs[5:7])
    assert found["eval_chosen_gain"] != 0


def test_before_training_new_data_may_be_evaluated(data, tmp_path):
    found = trainer(data, tmp_path).evaluate(data.pairs[3:5], metric_key_prefix="test")
    assert found["test_margin"] == pytest.approx(0, abs=1e-5)
    assert found["test_mdpo_loss"] == pytest.approx(torch.tensor(2.0).log().item(), abs=1e-5)
