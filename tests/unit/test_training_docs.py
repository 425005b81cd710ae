"""docs/training.md has every setting, and the defaults that it says are those that a run has."""

import json
import re
from dataclasses import replace
from functools import reduce
from pathlib import Path

import pytest

from magnetc.diagnostics import Sink
from magnetc.frontend.read_text import decode
from magnetc.frontend.yaml_events import read_yaml
from magnetc.source.resources import resource
from magnetc.train.run.settings import read_settings

PAGE = (Path(__file__).parents[2] / "docs" / "training.md").read_text(encoding="utf-8")
STAGES = ("sft", "mdpo")
OPENED = {"lora": {}, "base": {"scratch": {}}}
"""Settings that are off, switched on with their own defaults."""
RENAMED = {"mdpo.lambda": "mdpo.preference"}
OTHERWISE = {"base", "base.scratch", "seed"}
"""Settings without a default of their own."""


def schema_keys(schema, prefix=""):
    """Every key, with a dot for each level."""
    for key, inner in schema.get("properties", {}).items():
        yield prefix + key
        yield from schema_keys(inner, f"{prefix}{key}.")


def documented():
    """Default by key, as the tables of the page have it."""
    found = {}
    names = ()
    for line in PAGE.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")] if line.startswith("|") else []
        if not cells:
            names = ()
        elif cells[0] == "key":
            names = ("",)
        elif cells[0] == "key of a stage":
            names = tuple(f"{stage}." for stage in STAGES)
        elif names and not cells[0].startswith("---"):
            found |= {prefix + cells[0].strip("`"): default for prefix, default in zip(names, cells[1:]) if default != "–" or not prefix}
    return found


KEYS = list(schema_keys(json.loads(resource("grammar", "schema", "recipe.schema.json").read_text("utf-8"))["properties"]["train"]))


def settings(*changes, **train):
    sink = Sink()
    made = read_settings({"train": {"base": "some/model", **train}, "seed": 5}, changes, sink)
    assert made, sink.diagnostics
    return made


def test_every_key_is_in_the_tables_and_no_other():
    assert set(documented()) == set(KEYS)


@pytest.mark.parametrize("key", [key for key in KEYS if key not in OTHERWISE])
def test_the_default_is_that_of_a_run(key):
    default, top = documented()[key], key.partition(".")[0]
    opened = {top: OPENED[top]} if "." in key and top in OPENED else {}
    unset = settings(**opened)
    if default.startswith("`"):
        assert settings(f"{key}={default.strip('`')}", **opened) == unset
    else:
        assert reduce(getattr, RENAMED.get(key, key).split("."), unset) is None


def test_what_is_left_out_is_what_is_said_in_full():
    assert settings(seed=5) == settings()
    assert settings(base={"scratch": {}}) == settings(base="scratch")
    assert replace(settings(lora={}), lora=None) == settings()


def test_the_example_of_a_recipe_is_one():
    block = re.search(r"^```yaml\n(train:\n.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)[1]
    sink = Sink()
    document = read_yaml(decode(f"kind: recipe\n{block}".encode(), "recipe.yaml", sink), sink)
    made = settings(**document.data["train"])
    assert (made.base.layers, made.sft.lr, made.mdpo.lr) == (3, 3e-3, 1e-4)
