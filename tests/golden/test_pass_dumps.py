"""What each pass makes of the small spec, as text. Update with `--update-golden` and read the difference."""

from dataclasses import replace
from pathlib import Path

import pytest
from spec_small import small_spec

from magnetc.ir.script import Script
from magnetc.ir.spec import OperationSpec
from magnetc.ir.text import print_graph, print_path, print_script
from magnetc.passes.pipeline import CompileContext, build_graph, compile_unit

DISTRACT = OperationSpec(name="distract", options=(("count", (1, 4)), ("most", 5)))
MASK = OperationSpec(name="mask", options=(("p", 1.0),))
SYSTEM = OperationSpec(name="system", options=(("policy", 1.0),))
CLUTTER = OperationSpec(name="clutter", options=(("state", 1.0), ("results", 1.0)))
RECOVER = OperationSpec(name="recover", options=(("slip", 1.0),))
NO_TOOL = OperationSpec(name="no_tool", options=tuple((kind, 1.0) for kind in ("near", "none", "chitchat", "context", "value")))
CORRECT = OperationSpec(name="correct", options=(("before", 1.0),))
AFTER = OperationSpec(name="correct", options=(("before", 0.0), ("after", 1.0), ("cap", 2)))
ENVIRONMENT = OperationSpec(name="recover", options=(("slip", 0.0), ("environment", 1.0)))
HERE = Path(__file__).parent / "passes"


def test_graph(golden):
    golden(HERE / "graph.txt", print_graph(build_graph(small_spec())))


@pytest.mark.parametrize(("name", "ordinal"), [("booking", 0), ("booking", 3), ("errands", 5)])
def test_unit(golden, name, ordinal):
    """The IR after every pass, then what was counted."""
    blocks = []

    def dump(at, made):
        blocks.append(f"== {at}\n{print_script(made) if isinstance(made, Script) else print_path(made)}")

    unit = compile_unit(CompileContext(small_spec()), name, ordinal, dump=dump)
    counted = [f"{t.count} {t.operation} {t.outcome}{': ' + t.reason if t.reason else ''}" for t in unit.counts]
    golden(HERE / f"{name}-{ordinal}.txt", "\n".join([*blocks, "== counts", *counted]) + "\n")


@pytest.mark.parametrize("operation", [DISTRACT, MASK, SYSTEM, CLUTTER, NO_TOOL], ids=lambda operation: operation.name)
def test_operation_on_scripts(golden, operation):
    """The scripts of a unit and its copy, before and after it."""
    blocks, spec = [], small_spec()

    def dump(at, made):
        if isinstance(made, Script):
            blocks.append(f"== {at}\n{print_script(made)}")

    compile_unit(CompileContext(replace(spec, operations=(*spec.operations, operation))), "errands", 5, dump=dump)
    golden(HERE / f"errands-5-{operation.name}.txt", "\n".join(blocks))


@pytest.mark.parametrize(("operation", "path", "ordinal", "suffix"), [
    (CORRECT, "errands", 5, ""), (RECOVER, "errands", 5, ""), (AFTER, "booking", 61, "-after"), (ENVIRONMENT, "booking", 17, "-environment")])
def test_operation_on_turns(golden, operation, path, ordinal, suffix):
    """The paths of a unit and its copies, before and after it, and what was counted."""
    blocks, spec = [], small_spec()

    def dump(at, made):
        if not isinstance(made, Script) and at in ("assign-sources", "split", operation.name):
            blocks.append(f"== {at}\n{print_path(made)}")

    unit = compile_unit(CompileContext(replace(spec, operations=(*spec.operations, operation))), path, ordinal, dump=dump)
    counted = [f"{t.count} {t.operation} {t.outcome}{': ' + t.reason if t.reason else ''}" for t in unit.counts if t.operation.startswith(operation.name)]
    golden(HERE / f"{path}-{ordinal}-{operation.name}{suffix}.txt", "\n".join([*blocks, "== counts", *counted]) + "\n")
