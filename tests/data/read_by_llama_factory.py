"""Run as `python read_by_llama_factory.py FOLDER`: what LLaMA-Factory itself makes of an export, as JSON lines.

Its converter's messages are written, and the calls that its own reader finds in what its own writer makes of them, by the form of some models.
"""

from __future__ import annotations

import json
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType, SimpleNamespace

audio = ModuleType("torchaudio")  # it is imported for sounds, and there are none
audio.__spec__ = ModuleSpec("torchaudio", None)
sys.modules["torchaudio"] = audio

from llamafactory.data.converter import get_dataset_converter  # noqa: E402
from llamafactory.data.formatter import FunctionFormatter, ToolFormatter  # noqa: E402
from llamafactory.data.parser import get_dataset_list  # noqa: E402

MODELS = ("qwen", "llama3", "mistral")


def main(folder: Path) -> None:
    names = list(json.loads((folder / "dataset_info.json").read_text(encoding="utf-8")))
    for name, described in zip(names, get_dataset_list(names, str(folder)), strict=True):
        convert = get_dataset_converter("sharegpt", described, SimpleNamespace(media_dir=""))
        for line in (folder / described.dataset_name).read_text(encoding="utf-8").split("\n")[:-1]:
            made = convert(json.loads(line))
            messages = made["_prompt"] + made["_response"]
            calls = {model: read_back(messages, made["_tools"], model) for model in MODELS}
            sys.stdout.write(json.dumps({"file": name, "messages": messages, "calls": calls}) + "\n")


def read_back(messages: list[dict[str, str]], tools: str, model: str) -> list[list[list[str]]]:
    """The calls of each message that makes some, name and arguments, written and read in a model's form."""
    writer, reader = FunctionFormatter(slots=["{{content}}"], tool_format=model), ToolFormatter(tool_format=model)
    reader.apply(content=tools)
    texts = ["".join(writer.apply(content=message["content"])) for message in messages if message["role"] == "function"]
    return [[list(call) for call in reader.extract(text)] for text in texts]


main(Path(sys.argv[1]))
