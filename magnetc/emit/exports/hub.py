"""The page by which Hugging Face's `load_dataset` knows the files of an export."""

from __future__ import annotations

from magnetc.emit.exports.dataset import Dataset
from magnetc.emit.exports.sheet import Sheet

CONFIGS = ("sft", "preference")


def hub_page(dataset: Dataset, sheet: Sheet, what: str) -> str:
    """README.md: a configuration for conversations, one for pairs, and in them a split for each partition."""
    lines = ["---", "configs:"]
    for config in CONFIGS:
        files = [name for name in sheet.rows if name.startswith(f"{config}/")]
        if files:
            lines += [f"- config_name: {config}", "  data_files:"]
            lines += [f"  - {{split: {name.rpartition('/')[2].partition('.')[0]}, path: {name}}}" for name in files]
    return "\n".join([*lines, "---", "", what, ""])
