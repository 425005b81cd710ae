"""Coverage and gates: a dataset is measured from its rows, and one that misses a gate is written, marked and refused by exit code."""

import json
import shutil
from collections import Counter
from hashlib import sha256
from pathlib import Path

import pytest
import yaml
from dataset import LIBRARY, magnetc, rows, verify

from magnetc.build.compile import compile_recipe
from magnetc.build.gates import warn_of_gates
from magnetc.diagnostics import Sink
from magnetc.diagnostics.explain import explain
from magnetc.emit.coverage import THINGS, Coverage
from magnetc.emit.missed import coverage_document

pytestmark = pytest.mark.slow

GOLDEN = Path(__file__).parents[1] / "golden" / "gates"
MET = "{tools: 1.0, edges: 1.0, distances: 0.7, enum_values: 1.0, operations: 1.0}"
HIDDEN = "  lend:\n    turns: [1, 1]\n    start: [find_books]\n    within: [find_books, renew_loan]\n"


def recipe(folder: Path, gates: str, paths: str = "{loan: 20}") -> Path:
    """A copy of the library recipe with gates, and other paths."""
    shutil.copytree(LIBRARY, folder)
    file = folder / "recipe.yaml"
    text = file.read_text(encoding="utf-8")
    assert "paths: {loan: 20}\n" in text
    file.write_text(text.replace("paths: {loan: 20}\n", f"paths: {paths}\ngates: {{coverage: {gates}}}\n"), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def missed(own_home, tmp_path_factory):
    """Built with gates that four conversations cannot reach: the folder and what the command said."""
    place = tmp_path_factory.mktemp("missed")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        recipe(Path("library"), "{tools: 1.0, edges: 0.9, distances: 1, enum_values: 0.9, operations: 1.0}", "{loan: 4}")
        return place, magnetc("build", "library", "--trust", "-o", "out")


def covered_by_path(out: Path) -> dict[str, list[dict]]:
    """The rows of each conversation: those of one that is cut are numbered after its id."""
    found: dict[str, list[dict]] = {}
    for row in rows(out, "sft/"):
        name = row["id"].rpartition(".")[0] if row["id"].rpartition(".")[2].isdecimal() else row["id"]
        found.setdefault(name, []).append(row)
    return found


def recounted(out: Path) -> Coverage:
    """The coverage of an output from its recipe and its data files alone."""
    context = compile_recipe(out / "recipe", Sink())
    assert context is not None
    coverage = Coverage(context)
    for own in covered_by_path(out).values():
        coverage.add(max(own, key=lambda row: len(row["messages"])))
    return coverage


@pytest.mark.parametrize(("section", "code"), [("Fails", 3), ("Fixed", 0)])
def test_the_page_fails_and_passes(section, code, tmp_path):
    """Its lines, in the library recipe."""
    page = explain("MG630")
    assert page is not None
    gates, paths = page.partition(f"## {section}\n")[2].partition("```yaml recipe.yaml\n")[2].partition("```")[0].splitlines()
    folder = recipe(tmp_path / "library", gates.removeprefix("gates: {coverage: ").removesuffix("}"), paths.removeprefix("paths: "))
    assert magnetc("build", folder, "--trust", "-o", tmp_path / "out").exit_code == code


def test_gates_that_are_met(tmp_path):
    out = tmp_path / "out"
    result = magnetc("build", recipe(tmp_path / "library", MET), "--trust", "-o", out)
    assert result.exit_code == 0, result.output
    assert "MG630" not in result.output
    gates = yaml.safe_load((out / "manifest.yaml").read_text())["gates"]
    assert gates["status"] == "met"
    assert all(gate["reached"] >= gate["asked"] for gate in gates["coverage"].values())
    assert verify(out)["failures"] == []


def test_gates_that_are_missed(missed, golden):
    place, result = missed
    assert result.exit_code == 3
    golden(GOLDEN / "missed.txt", result.stderr)
    manifest = yaml.safe_load((place / "out" / "manifest.yaml").read_text())
    assert manifest["gates"]["status"] == "missed"
    assert verify(place / "out")["failures"] == []


def test_a_gate_as_json(missed, monkeypatch):
    place, _ = missed
    monkeypatch.chdir(place)
    result = magnetc("build", "library", "--trust", "-o", "again", "--json")
    assert result.exit_code == 3
    figures = json.loads(result.stdout)
    assert figures["gates"] == yaml.safe_load(Path("again/manifest.yaml").read_text())["gates"]
    assert figures["coverage"].keys() == set(THINGS)
    assert Path("again/coverage.json").read_bytes() == Path("out/coverage.json").read_bytes()


@pytest.mark.parametrize(("most", "code"), [(0.5, 3), (1.0, 0)])
def test_pairs_that_can_be_told_apart_unread(most, code, tmp_path):
    """By chance alone no model comes to exactly 0.5: the gate that allows no more is missed."""
    folder = recipe(tmp_path / "library", "{tools: 0.1}", "{loan: 70}")
    file = folder / "recipe.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("{coverage: {tools: 0.1}}", f"{{shortcut: {most}}}"), encoding="utf-8")
    result = magnetc("build", folder, "--trust", "-o", tmp_path / "out")
    gate = yaml.safe_load((tmp_path / "out" / "manifest.yaml").read_text())["gates"]
    assert result.exit_code == code, (gate, result.output)
    assert gate["status"] == ("missed" if code else "met")
    assert gate["shortcut"]["asked"] == most
    assert 0.3 < gate["shortcut"]["reached"] < 0.8
    assert ("error[MG631]" in result.stderr) == bool(code)
    assert ("by length alone" in result.stderr) == bool(code)
    assert verify(tmp_path / "out")["failures"] == []
    sink = Sink()
    warn_of_gates(tmp_path / "out", {"gates": gate}, sink)
    assert [note.startswith("shortcut: 0.50 allowed") for each in sink.diagnostics for note in each.notes] == [True] * bool(code)


def test_fewer_paths_than_the_recipe_counts_are_warned_of(tmp_path):
    folder = recipe(tmp_path / "library", MET)
    result = magnetc("build", folder, "--trust", "-o", tmp_path / "out", "--paths", 4)
    assert result.exit_code == 0
    assert "warning[MG630]" in result.stderr
    assert "a build of 4 of the recipe's 20 paths" in result.stderr
    assert yaml.safe_load((tmp_path / "out" / "manifest.yaml").read_text())["gates"]["status"] == "missed"
    assert "MG630" not in magnetc("preview", folder, "--trust", "-n", 1).output


def test_what_no_path_reaches_is_not_possible(tmp_path):
    folder = recipe(tmp_path / "library", "{tools: 1.0, edges: 1.0}", "{lend: 3}")
    (folder / "paths.yaml").write_text("kind: paths\npaths:\n" + HIDDEN, encoding="utf-8")
    (folder / "operations.yaml").write_text("kind: operations\noperations: []\n", encoding="utf-8")
    result = magnetc("build", folder, "--trust", "-o", tmp_path / "out")
    assert result.exit_code == 0, result.output
    found = json.loads((tmp_path / "out" / "coverage.json").read_text(encoding="utf-8"))
    assert (found["tools"]["covered"], found["tools"]["possible"]) == (1, 1)
    assert {item["name"] for item in found["tools"]["out_of_reach"]} == {"borrow_book", "renew_loan", "return_book", "opening_hours"}
    assert {item["why"] for item in found["tools"]["out_of_reach"]} == {"no path reaches it"}
    assert (found["edges"]["possible"], found["operations"]["possible"], found["edges"]["share"]) == (0, 0, 1.0)


def test_a_tool_whose_paths_are_all_dropped_says_why(tmp_path):
    folder = recipe(tmp_path / "library", "{tools: 1.0}")
    world = folder / "world.py"
    text = world.read_text(encoding="utf-8")
    at = text.index("\n", text.index("def return_book(")) + 1
    world.write_text(text[:at] + "        raise ValueError('the desk is closed')\n" + text[at:], encoding="utf-8")
    result = magnetc("build", folder, "--trust", "-o", tmp_path / "out")
    assert result.exit_code == 3
    found = json.loads((tmp_path / "out" / "coverage.json").read_text(encoding="utf-8"))
    (item,) = found["tools"]["missed"]
    assert item["name"] == "return_book"
    assert item["why"].startswith("drawn ")
    assert "the desk is closed" in item["why"]
    assert item["why"] in " ".join(result.stderr.split())


def test_coverage_is_counted_from_the_rows(library, missed):
    for out in (library, missed[0] / "out"):
        coverage = recounted(out)
        written = json.loads((out / "coverage.json").read_text(encoding="utf-8"))
        plain = coverage_document(coverage, {})
        for thing in THINGS:
            assert {key: plain[thing][key] for key in ("covered", "possible", "share", "times")} == {
                key: written[thing][key] for key in ("covered", "possible", "share", "times")}
            assert [item["name"] for item in plain[thing]["missed"]] == [item["name"] for item in written[thing]["missed"]]
            assert written[thing]["covered"] + len(written[thing]["missed"]) == written[thing]["possible"]
            assert all(item["why"] for item in written[thing]["missed"])


def test_what_conversations_do_is_possible(library):
    """Counted without asking what is possible: tools called, flows that certificates name, operations in tags."""
    coverage = recounted(library)
    tools, flows, operations = Counter(), Counter(), Counter()
    for row in rows(library, "sft/"):
        names = {call["id"]: call["function"]["name"] for message in row["messages"] for call in message.get("tool_calls", ())}
        tools.update(names.values())
        operations.update(operation.partition("@")[0] for operation in row["tags"]["operations"])
        for call, arguments in row["certificate"]["arguments"].items():
            flows.update(f"{names[source['output']]} -> {names[call]}" for source in arguments.values() if "output" in source)
    assert set(tools) == set(coverage.covered["tools"]) <= set(coverage.possible["tools"])
    assert set(flows) <= set(coverage.covered["edges"]) <= set(coverage.possible["edges"])
    assert set(operations) == set(coverage.covered["operations"]) <= set(coverage.possible["operations"])


def test_coverage_is_listed_and_holds_no_clock(library, tmp_path):
    digest = sha256((library / "coverage.json").read_bytes()).hexdigest()
    assert yaml.safe_load((library / "manifest.yaml").read_text())["others"]["coverage.json"] == digest
    changed = Path(shutil.copytree(library, tmp_path / "out"))
    (changed / "coverage.json").write_text("{}")
    assert [failure["row"] for failure in verify(changed)["failures"]] == ["coverage.json"]


def test_the_card_has_what_was_asked_and_made(library):
    card = (library / "README.md").read_text(encoding="utf-8")
    made = json.loads((library / "coverage.json").read_text(encoding="utf-8"))
    assert f"| tools | {made['tools']['covered']} | {made['tools']['possible']} |" in card
    bases = [own[-1] for own in covered_by_path(library).values() if not own[-1]["tags"]["copy_of"]]
    turns = [sum(message["role"] == "user" for message in row["messages"]) for row in bases]
    calls = [sum(len(message.get("tool_calls", ())) for message in row["messages"]) for row in bases]
    line = next(line for line in card.splitlines() if line.startswith("| loan |"))
    assert line == (f"| loan | 20 | {len(bases)} | 2 to 4 | {min(turns)} to {max(turns)} ({sum(turns) / len(turns):.1f}) | "
                    f"{min(calls)} to {max(calls)} ({sum(calls) / len(calls):.1f}) |")
    merges = sum(operation.startswith("merge@") for row in bases for operation in row["tags"]["operations"])
    assert next(line for line in card.splitlines() if line.startswith("| merge |")).startswith(f"| merge | {merges} | 30% |")


def test_training_on_it_warns(missed):
    place, _ = missed
    manifest = yaml.safe_load((place / "out" / "manifest.yaml").read_text())
    sink = Sink()
    warn_of_gates(Path("out"), manifest, sink)
    (warning,) = sink.diagnostics
    assert (warning.code, warning.severity.value) == ("MG630", "warning")
    assert any(note.startswith("operations: 100% asked, ") for note in warning.notes)
    for gates in (None, {"status": "met", "coverage": {}}, {"status": "missed"}, "missed"):
        warn_of_gates(Path("out"), {"gates": gates}, sink)
    assert len(sink.diagnostics) == 1
    warn_of_gates(Path("other"), {"gates": {"status": "missed", "coverage": {"tools": {"asked": "all"}, "edges": 1}}}, sink)
    assert len(sink.diagnostics) == 2


@pytest.mark.parametrize(("gates", "code"), [
    ("{tool: 1.0}", "MG1"), ("{tools: 1.5}", "MG1"), ("{tools: all}", "MG1"), ("{}", "MG1"),
])
def test_gates_of_other_shapes_are_errors(gates, code, tmp_path):
    result = magnetc("check", recipe(tmp_path / "library", gates))
    assert result.exit_code == 1
    assert f"error[{code}" in result.stderr
    assert "recipe.yaml:11:" in result.stderr


def test_tools_that_are_shown_by_other_names_count_by_their_own(tmp_path):
    folder = recipe(tmp_path / "library", "{tools: 1.0, edges: 1.0, enum_values: 1.0}")
    file = folder / "operations.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("operations: [", "operations: [{mask: {p: 1.0}}, "), encoding="utf-8")
    out = tmp_path / "out"
    result = magnetc("build", folder, "--trust", "-o", out)
    assert result.exit_code == 0, result.output
    called = {call["function"]["name"] for row in rows(out, "sft/") for message in row["messages"] for call in message.get("tool_calls", ())}
    assert not called & {"find_books", "borrow_book"}
    assert json.loads((out / "coverage.json").read_text(encoding="utf-8"))["tools"]["times"]["find_books"] >= 20
