"""TRL's own trainers take the exports, and what they tokenize is the conversation that the row holds."""

import json

import pytest
from chat_families import tokenizer
from dataset import magnetc
from datasets import load_dataset
from small import arguments, read
from trl import DPOConfig, DPOTrainer, SFTConfig, SFTTrainer
from trl.data_utils import is_conversational

from magnetc.ir.json import wire

pytestmark = pytest.mark.train


@pytest.fixture(scope="module")
def loaded(library, tmp_path_factory):
    """The train partitions of both exports that TRL reads, by form and kind."""
    folder = tmp_path_factory.mktemp("exports")
    assert magnetc("export", library, "--to", "trl-objects", "--to", "parquet", "-o", folder).exit_code == 0
    return {(form, kind): load_dataset(str(folder / form), kind, split="train", cache_dir=str(folder / "cache"))
            for form in ("trl-objects", "parquet") for kind in ("sft", "preference")}


def rendered(row, parts, chat):
    """The text of a conversation, calls as the row has them."""
    tools = json.loads(row["tools"]) if isinstance(row["tools"], str) else row["tools"]
    messages = [{key: value for key, value in message.items() if value is not None} for part in parts for message in row[part]]
    return chat.apply_chat_template(messages, tools=tools, tokenize=False)


def test_sft_trainer_reads_conversations(loaded, data, tmp_path):
    rows = loaded["trl-objects", "sft"].select(range(6))
    assert all(map(is_conversational, rows))
    settings = SFTConfig(**arguments(tmp_path, per_device_train_batch_size=2), max_length=None)
    trainer = SFTTrainer(data.model(), settings, train_dataset=rows, processing_class=data.tokenizer)
    for row, ids in zip(rows, trainer.train_dataset["input_ids"], strict=True):
        text = data.tokenizer.decode(ids)
        assert text == rendered(row, ["messages"], data.tokenizer)
        calls = [call["function"] for message in row["messages"] for call in message.get("tool_calls") or ()]
        assert all(wire({"name": call["name"], "arguments": call["arguments"]}) in text for call in calls)


def test_sft_trainer_trains_what_weighs_one(library, data, tmp_path):
    """Of each example the last message alone, by TRL's own mask."""
    assert magnetc("export", library, "--to", "trl-completions", "-o", tmp_path / "exports").exit_code == 0
    rows = load_dataset(str(tmp_path / "exports"), "sft", split="train", cache_dir=str(tmp_path / "cache"))
    trained = [(row["id"], index) for row in read(library / "sft/train.jsonl") for index, m in enumerate(row["messages"]) if m.get("weight")]
    assert [row["id"] for row in rows] == [f"{name}#{index}" for name, index in trained]
    settings = SFTConfig(**arguments(tmp_path, per_device_train_batch_size=2), max_length=None)
    trainer = SFTTrainer(data.model(), settings, train_dataset=rows.select(range(12)), processing_class=data.tokenizer)
    for row, made in zip(rows, trainer.train_dataset):
        own = [id for id, label in zip(made["input_ids"], made["labels"], strict=True) if label != -100]
        text = rendered(row, ["prompt", "completion"], data.tokenizer)
        assert data.tokenizer.decode(made["input_ids"]) == text
        assert text.endswith(data.tokenizer.decode(own))
        assert (row["completion"][0]["content"] or row["completion"][0]["tool_calls"][0]["function"]["name"]) in data.tokenizer.decode(own)
        assert len(own) < len(made["input_ids"])


def test_dpo_trainer_reads_pairs(loaded, data, tmp_path):
    rows = loaded["trl-objects", "preference"].select(range(4))
    settings = DPOConfig(**arguments(tmp_path, per_device_train_batch_size=2), max_length=None)
    trainer = DPOTrainer(data.model(1), data.model(2), settings, train_dataset=rows, processing_class=data.tokenizer)
    for row, made in zip(rows, trainer.train_dataset, strict=True):
        for side in ("chosen", "rejected"):
            assert data.tokenizer.decode(made["prompt_ids"] + made[f"{side}_ids"]) == rendered(row, ["prompt", side], data.tokenizer)


@pytest.mark.parametrize(("family", "quoted"), [("qwen3", False), ("qwen2_5", True), ("llama3_1", True), ("hermes", True), ("scratch", True)])
def test_which_templates_quote_strings(loaded, family, quoted):
    """Only a template that looks whether arguments are text shows them as a call; with others TRL needs the objects."""
    chat = tokenizer(family)
    for one, other in zip(loaded["trl-objects", "sft"], loaded["parquet", "sft"], strict=True):
        strings = [call["function"]["arguments"] for message in other["messages"] for call in message["tool_calls"] or ()]
        quotes = [json.dumps(text, ensure_ascii=False) for text in strings if text != "{}"]
        assert all((text in rendered(other, ["messages"], chat)) is quoted for text in quotes)
        assert not any(text in rendered(one, ["messages"], chat) for text in quotes)
