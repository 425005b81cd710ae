"""The shipped BFCL recipe: sound, complete in its words, and compiled without a rejected unit."""

from collections import Counter
from pathlib import Path

import pytest

from magnetc.diagnostics import Sink
from magnetc.emit.exports.bfcl import REFUSED_NAMES
from magnetc.frontend.load import load
from magnetc.passes.pipeline import compile_units
from magnetc.tools.importers import IMPORTERS

FOLDER = Path(__file__).parents[2] / "specs" / "bfcl"


@pytest.fixture(scope="module")
def spec():
    sink = Sink()
    loaded = load(FOLDER, sink, IMPORTERS)
    assert [diagnostic.message for diagnostic in sink.diagnostics] == []
    return loaded


def test_all_tools_of_both_classes_are_there(spec):
    assert Counter(tool.category for tool in spec.tools) == {"GorillaFileSystem": 18, "TravelAPI": 18}
    assert not REFUSED_NAMES & {tool.name for tool in spec.tools}


def test_every_tool_can_be_asked_for_answered_and_withheld(spec):
    phrases = Counter(template.chain[0][0] for template in spec.turns if len(template.chain) == 1
                      for _ in template.phrases)
    assert min(phrases[tool.name] for tool in spec.tools) >= 4
    names = {tool.name for tool in spec.tools}
    assert {reply.chain[0][0] for reply in spec.replies} >= names
    assert {able.tool for able in spec.capabilities} == names


def test_words_name_no_function(spec):
    telling = {tool.name for tool in spec.tools if "_" in tool.name or tool.name in ("ls", "pwd", "cd", "mkdir", "rmdir", "wc")}
    for template in (*spec.turns, *spec.capabilities):
        for phrase in template.phrases:
            words = phrase.text.replace("{", " ").replace("}", " ").split()
            assert not telling & set(words), phrase.text


def test_no_unit_is_rejected_and_every_tool_is_called(spec):
    units = list(compile_units(spec))
    assert len(units) == sum(count for _, count in spec.recipe.paths) >= 200
    assert [unit.rejected for unit in units if unit.rejected] == []
    called = {name for unit in units for path in unit.paths for name in path.functions()}
    assert called == {tool.name for tool in spec.tools}
    operations = {operation.split("@")[0] for unit in units for path in unit.paths for turn in path.turns
                  for operation in turn.operations}
    assert {"merge", "insert.short", "insert.long"} <= operations
