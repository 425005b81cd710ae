"""Every code of loading and resolving has a page; the failing example gives it alone, the fixed one gives nothing."""

import re
from pathlib import Path

import pytest

from magnetc.diagnostics import Severity, Sink
from magnetc.diagnostics.explain import explain
from magnetc.frontend import load
from magnetc.tools.importers import IMPORTERS

FRONTEND = Path(__file__).parents[2] / "magnetc" / "frontend"
MODULES = ("load", "include", "snapshot", "names", "type_syntax", "constraint", "slots", "check_sources", "check_phrases", "votes", "ranked", "declared_schema",
           "schema_types")
FENCE = re.compile(r"^```\w+ (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
RECIPE = """kind: recipe
name: travel
version: 1.0.0
seed: 7
world: {{python: "world:Travel", now: "2026-03-02T09:00:00Z"}}
include: [{include}]
{paths}"""


def own_codes():
    files = [FRONTEND / f"{name}.py" for name in MODULES] + sorted(FRONTEND.glob("resolve*.py"))
    return sorted({code for file in files for code in re.findall(r'"(MG\d{3})"', file.read_text())})


def check(section, folder):
    """Diagnostics for the files of a page's section; a recipe that includes them all unless the section has one."""
    folder.mkdir()
    files = dict(FENCE.findall(section))
    assert files
    if "recipe.yaml" not in files:
        paths = [name for body in files.values() for name in re.findall(r"^path (\w+)", body, re.MULTILINE)]
        include = ", ".join(f'"{name}"' for name in files if name.endswith((".yaml", ".magnet")))
        files["recipe.yaml"] = RECIPE.format(include=include, paths=f"paths: {{{', '.join(f'{p}: 4' for p in paths)}}}\n")
    for name, body in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(body, encoding="utf-8")
    sink = Sink()
    load(folder, sink, IMPORTERS)
    return sink.diagnostics


@pytest.mark.parametrize("code", own_codes())
def test_examples_fail_and_pass(code, tmp_path):
    page = explain(code)
    assert page, f"{code} has no page"
    assert re.match(rf"# {code}: \S", page)
    fails, fixed = page.split("## Fails\n")[1].split("## Fixed\n")
    found = check(fails, tmp_path / "fails")
    assert code in {d.code for d in found}
    assert {d.code for d in found if d.severity is Severity.ERROR} <= {code}
    found = check(fixed, tmp_path / "fixed")
    assert code not in {d.code for d in found}
    assert not [d for d in found if d.severity is Severity.ERROR]
