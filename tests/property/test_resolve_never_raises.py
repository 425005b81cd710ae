"""Whatever a schema lets through, resolving ends in a spec or in diagnostics, never in a traceback."""

import re
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from magnetc.diagnostics import Sink
from magnetc.frontend.dsl import read_dsl
from magnetc.frontend.json_schema import imported_tool
from magnetc.frontend.resolve import resolve
from magnetc.frontend.schema import validate
from magnetc.frontend.yaml_events import read_yaml
from magnetc.source import Origin, SourceFile
from magnetc.source.resources import resource

FOLDER = Path(__file__).parents[1] / "golden" / "resolve" / "dsl"
TEXT = (FOLDER / "trips.magnet").read_text(encoding="utf-8")
RECIPE = SourceFile("recipe.yaml", (FOLDER / "recipe.yaml").read_text(encoding="utf-8"))
FRAMES = SourceFile("std/frames/en.yaml", resource("specs", "std", "frames", "en.yaml").read_text(encoding="utf-8"))
TOKENS = [(m.start(), m.end()) for m in re.finditer(r'"[^"\n]*"|\w+|[^\w\s]', TEXT)]

json_values = st.recursive(st.none() | st.booleans() | st.integers(-9, 9) | st.text("ab", max_size=3),
                           lambda inner: st.lists(inner, max_size=3)
                           | st.dictionaries(st.sampled_from(["type", "properties", "items", "required", "default", "name",
                                                              "additionalProperties", "parameters", "returns"]), inner, max_size=4),
                           max_leaves=12)


def resolve_text(text):
    sink = Sink()
    recipe, frames = read_yaml(RECIPE, sink), read_yaml(FRAMES, sink)
    documents = [frames, *read_dsl(SourceFile("trips.magnet", text), sink)]
    for document in documents:
        validate(document, sink)
    return (None if sink.has_errors else resolve(recipe, documents, [], sink)), sink


def test_the_text_itself_resolves():
    assert resolve_text(TEXT)[0] is not None


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(range(len(TOKENS))), st.sampled_from(range(len(TOKENS)))), min_size=1, max_size=3))
def test_exchanged_tokens(edits):
    text = TEXT
    for at, other in sorted(edits, reverse=True):
        text = text[: TOKENS[at][0]] + TEXT[slice(*TOKENS[other])] + text[TOKENS[at][1] :]
    spec, sink = resolve_text(text)
    assert spec is not None or sink.has_errors
    assert all(sink.span(d.primary) for d in sink.diagnostics if d.primary)


@settings(max_examples=100, deadline=None)
@given(json_values)
def test_imported_tools_of_any_json(raw):
    try:
        tool = imported_tool(raw, "", Origin("", ""))
    except ValueError:
        return
    assert tool.name == raw["name"]
