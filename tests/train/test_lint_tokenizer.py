"""`magnetc lint-data --tokenizer`: rows whose tokens a trainer cannot tell, and lengths in tokens."""

import json
from pathlib import Path

import pytest
from dataset import magnetc

pytest.importorskip("transformers")
import chat_families as families

pytestmark = pytest.mark.train
ROWS = Path(__file__).parents[1] / "data" / "chat"


@pytest.mark.parametrize("family", ["qwen2_5", "scratch"])
def test_rows_that_encode_have_lengths_and_no_findings(family, tmp_path):
    families.tokenizer(family).save_pretrained(tmp_path / "model")
    result = magnetc("lint-data", ROWS / "rows.jsonl", ROWS / "pairs.jsonl", "--tokenizer", tmp_path / "model", "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout)["lengths"]["tokens in a row"]["greatest"] > 100


def test_a_template_that_refuses_a_row_is_told(tmp_path):
    tokenizer = families.tokenizer("qwen2_5")
    tokenizer.chat_template = "{% for m in messages %}{% if 'Bergen' in m.content %}{{ raise_exception('no Bergen') }}{% endif %}{% endfor %}" + tokenizer.chat_template
    tokenizer.save_pretrained(tmp_path / "model")
    rows = [{"messages": [{"role": "user", "content": f"Will it rain in {city}?"}, {"role": "assistant", "content": "Yes."}]} for city in ("Oslo", "Bergen")]
    file = tmp_path / "rows.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    result = magnetc("lint-data", file, "--tokenizer", tmp_path / "model", "--format", "json", "--ignore", "MG841")
    found = [(each["code"], each["primary"]["start"]["line"], each["message"]) for each in json.loads(result.stdout)]
    assert found == [("MG842", 2, found[0][2])]
    assert "no Bergen" in found[0][2]
    assert result.exit_code == 1


def test_a_folder_that_holds_no_tokenizer_is_told(tmp_path):
    result = magnetc("lint-data", ROWS / "rows.jsonl", "--tokenizer", tmp_path / "nowhere")
    assert result.exit_code == 1
    assert "error[MG712]" in result.stderr
