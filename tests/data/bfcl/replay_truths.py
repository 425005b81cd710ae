"""Replay BFCL's ground truths, run by a Python that has `bfcl_eval` and `mpmath`: python replay_truths.py CATEGORY...

Prints one JSON line per entry: `id`, `questions` (the user's text of each turn) and `calls` (of each turn: function,
arguments by name, result as a value). The calls are looked up by name and their arguments read as literals; the package's
own executor would evaluate them, and rewrites texts that look like calls.
"""

import ast
import copy
import importlib
import inspect
import json
import sys
from pathlib import Path

import bfcl_eval  # pyright: ignore[reportMissingImports]
from bfcl_eval.constants.executable_backend_config import (  # pyright: ignore[reportMissingImports]
    CLASS_FILE_PATH_MAPPING,
    STATELESS_CLASSES,
)

DATA = Path(next(iter(bfcl_eval.__path__))) / "data"


def entries(category):
    """The questions of a category, each with its ground truth."""
    name = f"BFCL_v4_multi_turn_{category}.json"
    with (DATA / "possible_answer" / name).open(encoding="utf-8") as file:
        truths = {answer["id"]: answer["ground_truth"] for answer in map(json.loads, file)}
    with (DATA / name).open(encoding="utf-8") as file:
        for question in map(json.loads, file):
            yield {**question, "truth": truths[question["id"]]}


def methods(entry, long_context):
    """The public methods of the entry's backends, by name, on its initial state."""
    found = {}
    for name in entry["involved_classes"]:
        backend = getattr(importlib.import_module(CLASS_FILE_PATH_MAPPING[name]), name)()
        if name not in STATELESS_CLASSES:
            backend._load_scenario(copy.deepcopy(entry["initial_config"].get(name, {})), long_context=long_context)
        found.update((key, own) for key, own in inspect.getmembers(backend, inspect.ismethod) if key[0] != "_")
    return found


def replayed(text, tools):
    """One call text as its function, its arguments by name, and what the backend answers."""
    call = ast.parse(text, mode="eval").body
    names = list(inspect.signature(tools[call.func.id]).parameters)
    arguments = dict(zip(names, map(ast.literal_eval, call.args)))
    arguments |= {keyword.arg: ast.literal_eval(keyword.value) for keyword in call.keywords}
    try:
        result = tools[call.func.id](**copy.deepcopy(arguments))
    except Exception as error:
        result = {"error": str(error)}
    return {"function": call.func.id, "arguments": arguments, "result": plain(result)}


def plain(value):
    """`value` in JSON's types, detached from the backend's state: a later call changes what it handed out."""
    return json.loads(json.dumps(value, default=lambda own: float(own) if hasattr(own, "__float__") else str(own)))


def main():
    for category in sys.argv[1:]:
        for entry in entries(category):
            tools = methods(entry, category == "long_context")
            calls = [[replayed(text, tools) for text in turn] for turn in entry["truth"]]
            questions = [" ".join(message["content"] for message in turn) for turn in entry["question"]]
            sys.stdout.write(json.dumps({"id": entry["id"], "questions": questions, "calls": calls}) + "\n")


if __name__ == "__main__":
    main()
