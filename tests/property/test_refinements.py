"""Giving bare leaves of a tool a type changes these leaves and nothing else of it."""

from hypothesis import given, settings
from hypothesis import strategies as st

from magnetc.build.draft.bare import bare_leaves, refinements
from magnetc.diagnostics import Sink
from magnetc.frontend.document import Document
from magnetc.frontend.dsl import read_dsl
from magnetc.frontend.format.to_dsl import dsl_rows
from magnetc.frontend.names import Definitions
from magnetc.frontend.resolve_tools import resolve_tools
from magnetc.frontend.resolve_types import resolve_types
from magnetc.source import SourceFile

TYPES = {"Name": {"base": "string"}, "Count": {"base": "integer"}, "Size": {"base": "number"}, "Known": {"base": "string"}}
GIVEN = {"string": "Name", "integer": "Count", "number": "Size"}

names = st.sampled_from(["a", "b", "c d", "e/f", "g~h", "from"])
scalars = st.sampled_from(["string", "integer", "number", "boolean", "object", "Known", '"x" | "y"', "string?", "Known?"])
types = st.recursive(
    scalars,
    lambda inner: st.lists(inner, min_size=1, max_size=1) | st.builds(lambda values: {"*": values}, inner)
    | st.dictionaries(names, st.tuples(st.booleans(), inner), min_size=1, max_size=3).map(
        lambda fields: {name + "?" * optional: value for name, (optional, value) in fields.items()}),
    max_leaves=6)


def resolved(*documents):
    sink = Sink()
    made = [Document(kind="types", file="t.yaml", data={"kind": "types", "types": TYPES}, spans={}), *documents]
    definitions = Definitions.of(made, [], sink)
    tools, table = resolve_tools(made, [], definitions, resolve_types(made, definitions, sink), sink)
    return tools["do it"], table, sink.diagnostics


def shown(tool):
    return [(each.name, each.required, each.type) for each in tool.parameters], tool.returns


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from(["p", "q"]), types, max_size=2), types, st.randoms(use_true_random=False))
def test_only_the_leaves_change(parameters, returns, random):
    tool = {"parameters": {name: {"type": each} for name, each in parameters.items()}, "returns": returns}
    declared = Document(kind="tools", file="a.yaml", data={"kind": "tools", "tools": {"do it": tool}}, spans={})
    before, table, wrong = resolved(declared)
    assert not wrong
    leaves = list(bare_leaves(before, table))
    assert len({leaf.text for leaf in leaves}) == len(leaves)
    chosen = [leaf for leaf in leaves if random.random() < 0.5]
    if not chosen:
        return
    refine = refinements([(leaf, GIVEN[leaf.kind]) for leaf in chosen], {"do it": before})
    drafted = Document(kind="tools", file="d.magnet", data={"kind": "tools", "refine": refine}, spans={})
    after, known, wrong = resolved(declared, drafted)
    assert not wrong
    assert set(bare_leaves(after, known)) == set(leaves) - set(chosen)
    text = "\n".join(row.text for row in dsl_rows(drafted, lambda start, end: False)) + "\n"
    sink = Sink()
    (read,) = read_dsl(SourceFile("d.magnet", text), sink)
    assert not sink.diagnostics
    assert read.data["refine"] == refine
    undone = refinements([(leaf, leaf.kind) for leaf in chosen], {"do it": after})
    restored, _, wrong = resolved(declared, drafted, Document(kind="tools", file="e.magnet", data={"kind": "tools", "refine": undone}, spans={}))
    assert not wrong
    assert shown(restored) == shown(before)
