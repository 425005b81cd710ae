"""Spec, signatures and trajectories are printed and read back; rows and manifests are the text that they are."""

import dataclasses
import json
import types
import typing
from collections.abc import Mapping
from enum import Enum

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st
from test_ir_text import scripts

from magnetc.build.output import MANIFEST, Output
from magnetc.build.read_manifest import read_manifest
from magnetc.ir.json import wire
from magnetc.ir.literal import parse_literal, print_literal
from magnetc.ir.script import Script
from magnetc.ir.signature import FunctionSignature
from magnetc.ir.spec import Spec
from magnetc.ir.trajectory import Trajectory
from magnetc.source import Origin

WORDS = st.text(max_size=4) | st.sampled_from(["a", "get-user", "'", '"', "\\", "\n", "Spec(", "é東"])
NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(st.none() | st.booleans() | NUMBERS | WORDS, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(WORDS, inner, max_size=2),
                    max_leaves=3)
LEAVES = {str: WORDS, int: st.integers(), float: NUMBERS, bool: st.booleans(), type(None): st.none(), typing.Any: JSON,
          Origin: st.just(Origin("f", "/a")), Script: scripts()}


def of(hint, depth=0):
    """A strategy for the values of a type hint of the IR; deep inside, tuples are empty."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if hint in LEAVES:
        return LEAVES[hint]
    if origin is typing.Literal:
        return st.sampled_from(arguments)
    if isinstance(hint, types.UnionType) or origin is typing.Union:
        leaves = [each for each in arguments if not (dataclasses.is_dataclass(each) and depth > 3)] or [
            min(arguments, key=lambda each: len(dataclasses.fields(each)))]
        return st.one_of([of(each, depth + 1) for each in leaves])
    if origin is tuple and arguments[-1:] == (...,):
        return st.just(()) if depth > 4 else st.lists(st.deferred(lambda: of(arguments[0], depth + 1)), max_size=2).map(tuple)
    if origin is tuple:
        return st.tuples(*(of(each, depth + 1) for each in arguments))
    if origin in (dict, Mapping):
        return st.dictionaries(of(arguments[0]), of(arguments[1], depth + 1), max_size=2)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return st.sampled_from(hint)
    hints = typing.get_type_hints(hint)
    return st.builds(hint, **{field.name: of(hints[field.name], depth + 1) for field in dataclasses.fields(hint)})


@pytest.mark.parametrize("level", [Spec, FunctionSignature, Trajectory])
@given(data=st.data())
@settings(max_examples=40, deadline=None)
def test_a_level_is_read_back_as_it_was_printed(level, data):
    value = data.draw(of(level))
    text = print_literal(value)
    assert parse_literal(text) == value
    assert print_literal(parse_literal(text)) == text


@given(st.dictionaries(WORDS, JSON))
def test_a_row_is_read_back_as_it_was_written(row):
    assert json.loads(wire(row)) == row


@given(st.dictionaries(st.sampled_from(["base_model", "stages", "recipe", "launch"]), JSON))
@example({"recipe": "a\x85b\u2028c"})
@settings(max_examples=30)
def test_a_manifest_is_read_back_as_it_was_written(tmp_path_factory, extra):
    entry = {"rows": 3, "sha256": "ab", "digests": {"file": "f", "sha256": "cd"}}
    manifest = {"files": {"sft/train.jsonl": entry}, "states": [], "others": {}, **extra}
    output = Output(tmp_path_factory.mktemp("out") / "out")
    output.manifest(manifest)
    output.commit()
    assert (output.folder / MANIFEST).is_file()
    assert read_manifest(output.folder) == manifest
    assert yaml.safe_load((output.folder / MANIFEST).read_text(encoding="utf-8")) == manifest


@pytest.mark.parametrize("text", ["", "(", "Spec", "open('x')", "Spec(x=1)", "Effect.MAYBE", "[x for x in ()]", "1 + 1", "f'{1}'", "b'a'",
                                  "Parameter(**{})", "{**{}}", "-'a'", "().__class__", "(" * 300])
def test_what_is_no_ir_is_refused_and_not_run(text):
    with pytest.raises(ValueError, match="this is no IR"):
        parse_literal(text)
