"""The command line: help, exit codes, formats, what it refuses, and what it must not import."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from dataset import LIBRARY, magnetc

from magnetc import __version__
from magnetc.build.compile import compile_recipe
from magnetc.cli.main import COMMANDS, main
from magnetc.diagnostics import Sink
from magnetc.diagnostics.explain import codes
from magnetc.ir.literal import parse_literal
from magnetc.ir.text import parse_graph, parse_path, parse_script, print_graph, print_path, print_script
from magnetc.passes.pipeline import compile_units


@pytest.fixture
def recipe(tmp_path):
    """A copy of the library recipe."""
    return Path(shutil.copytree(LIBRARY, tmp_path / "recipe"))


@pytest.fixture
def warned(recipe):
    """A recipe that is sound and has one warning: a path that is never sampled."""
    paths = recipe / "paths.yaml"
    paths.write_text(paths.read_text() + "  rest:\n    turns: [2, 3]\n    start: [find_books]\n")
    return recipe


def python(code: str) -> str:
    """What a fresh interpreter prints."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    return done.stdout


def test_help_lists_the_commands():
    for arguments in (["--help"], ["-h"]):
        result = magnetc(*arguments)
        assert result.exit_code == 0
        for command, line in COMMANDS.items():
            assert re.search(rf"^  {command} +{re.escape(line)}", result.stdout, re.MULTILINE)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command):
    result = magnetc(command, "--help")
    assert result.exit_code == 0
    assert result.stdout.startswith(f"Usage: main {command} ")
    documented = re.findall(r"^  (?:-\w, )?--?[\w-]+[^\n]*\n", result.stdout, re.MULTILINE)
    assert documented


def test_version():
    assert magnetc("--version").stdout == f"magnetc, version {__version__}\n"


def test_python_runs_the_package():
    done = subprocess.run([sys.executable, "-m", "magnetc", "check", str(LIBRARY)], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.startswith("`library` is sound: 5 tools, ")


def test_check_counts_what_it_read(warned):
    assert magnetc("check", LIBRARY).stderr.endswith("5 edges, 1 path\n")
    assert magnetc("check", warned).stderr.endswith("5 edges, 2 paths, 1 warning\n")


@pytest.mark.parametrize(("arguments", "words"), [
    (["bulid"], "No such command 'bulid'; did you mean `build`?"),
    (["frobnicate"], "No such command 'frobnicate'"),
    (["check"], "Missing argument 'FOLDER'"),
    (["check", LIBRARY, "--formt", "json"], "--format"),
    (["check", LIBRARY, "--format", "xml"], "'xml' is not one of"),
    (["build", LIBRARY, "--paths", "0"], "0 is not in the range"),
    (["build", LIBRARY, "--seed", "x"], "not a valid integer"),
    (["build", LIBRARY, "--emit", "graph,pths"], "`pths` is no level; one of spec, signatures, graph, paths, scripts"),
    (["explain", "MG24"], "did you mean `MG2"),
    (["explain", "nonsense"], "there is no code `nonsense`"),
])
def test_usage_errors(arguments, words):
    result = magnetc(*arguments)
    assert result.exit_code == 2
    assert words in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize("command", ["check", "build", "preview", "trust", "lock"])
def test_a_missing_folder(command, tmp_path):
    result = magnetc(command, tmp_path / "nowhere")
    assert result.exit_code == 1
    assert "error[MG001]: there is no folder" in result.stderr
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize("command", ["check", "build", "preview", "trust", "lock"])
def test_a_broken_recipe(command, broken):
    folder = broken / "misspelt_world"
    result = magnetc(command, folder)
    assert result.exit_code == 1
    assert "error[MG129]" in result.stderr
    assert f"--> {folder.as_posix()}/recipe.yaml:6:17" in result.stderr
    assert not (folder / "out").exists()


@pytest.mark.parametrize("code", codes())
def test_every_code_is_explained(code):
    result = magnetc("explain", code.lower())
    assert result.exit_code == 0
    assert result.stdout.startswith(f"# {code}: ")


def test_explain_lists_all_codes():
    lines = magnetc("explain").stdout.splitlines()
    assert [line.partition(":")[0] for line in lines] == codes()


def test_check_as_json(broken):
    result = magnetc("check", broken / "several_wrong_names", "--format", "json")
    found = json.loads(result.stdout)
    assert result.exit_code == 1
    assert result.stderr == ""
    assert sum(item["severity"] == "error" for item in found) >= 5
    assert all(item["code"] in codes() and item["message"] for item in found)
    assert json.loads(magnetc("check", LIBRARY, "--format", "json").stdout) == []


def test_check_for_github(broken):
    folder = broken / "several_wrong_names"
    result = magnetc("check", folder, "--format", "github")
    lines = result.stdout.splitlines()
    assert len(lines) >= 5
    for line in lines:
        assert re.fullmatch(r"::(error|warning) title=MG\d{3},file=[^,]+,line=\d+,endLine=\d+,col=\d+,endColumn=\d+::.+", line)
        assert f"file={folder.as_posix()}/" in line


def test_check_concisely(broken):
    folder = broken / "several_wrong_names"
    lines = magnetc("check", folder, "--format", "concise").stderr.splitlines()
    assert len(lines) >= 5
    assert all(re.fullmatch(rf"{re.escape(folder.as_posix())}/[\w.]+:\d+:\d+: (error|warning)\[MG\d{{3}}\]: .+", line) for line in lines)


def test_warnings_fail_only_when_asked(warned):
    result = magnetc("check", warned)
    assert result.exit_code == 0
    assert "warning[MG302]" in result.stderr
    assert result.stderr.endswith(", 2 paths, 1 warning\n")
    result = magnetc("check", warned, "-W", "error")
    assert result.exit_code == 1
    assert "warning[MG302]" in result.stderr
    assert "is sound" not in result.stderr


def test_preview():
    result = magnetc("preview", LIBRARY, "-n", 2, "--trust")
    assert result.exit_code == 0
    titles = re.findall(r"^── (loan-\d{6})", result.stdout, re.MULTILINE)
    assert set(titles) == {"loan-000000", "loan-000001"}
    assert titles == sorted(titles)
    assert "   user  " in result.stdout
    assert "→ find_books({" in result.stdout
    assert not (LIBRARY / "out").exists()


def test_emitted_levels_parse_back():
    context = compile_recipe(LIBRARY, Sink(), paths=6)
    assert context is not None
    units = list(compile_units(context.spec, context.graph))
    assert parse_graph(magnetc("build", LIBRARY, "--emit", "graph").stdout) == context.graph
    assert parse_literal(magnetc("build", LIBRARY, "--paths", 6, "--emit", "spec").stdout) == context.spec
    assert parse_literal(magnetc("build", LIBRARY, "--emit", "signatures").stdout) == context.spec.tools
    paths = [parse_path(text) for text in blocks(magnetc("build", LIBRARY, "--paths", 6, "--emit", "paths").stdout)]
    assert paths == [path for unit in units for path in unit.paths]
    scripts = [parse_script(text) for text in blocks(magnetc("build", LIBRARY, "--paths", 6, "--emit", "scripts").stdout)]
    assert scripts == [script for unit in units for script in unit.scripts]
    every = magnetc("build", LIBRARY, "--paths", 6, "--emit", "graph, paths, scripts").stdout
    for text in (print_graph(context.graph), *map(print_path, paths), *map(print_script, scripts)):
        assert text in every


def blocks(text: str) -> list[str]:
    """The printed paths or scripts: each begins with the line of its path."""
    return ["path " + part for part in re.split(r"^path ", text, flags=re.MULTILINE)[1:]]


def test_emit_runs_no_code_and_writes_nothing(recipe):
    (recipe / "world.py").write_text("raise SystemExit('run')\n")
    assert magnetc("build", recipe, "--emit", "graph,paths,scripts").exit_code == 0
    assert not (recipe / "out").exists()


@pytest.mark.parametrize("command", ["build", "preview"])
def test_untrusted_code_does_not_run(recipe, command, tmp_path, monkeypatch):
    monkeypatch.setenv("MAGNETC_CONFIG", str(tmp_path / "config"))
    result = magnetc(command, recipe)
    assert result.exit_code == 1
    assert "error[MG606]" in result.stderr
    assert f"magnetc trust {recipe}" in result.stderr
    assert not (recipe / "out").exists()
    assert magnetc("trust", recipe).exit_code == 0
    assert magnetc(command, recipe, "--paths" if command == "build" else "-n", 1).exit_code == 0
    (recipe / "world.py").write_text((recipe / "world.py").read_text() + "\n# Changed.\n")
    assert magnetc(command, recipe).exit_code == 1


def test_a_folder_that_is_no_dataset_is_not_replaced(tmp_path):
    kept = tmp_path / "documents"
    kept.mkdir()
    (kept / "letter.txt").write_text("Dear all")
    for out, why in ((kept, "is not a dataset"), (kept / "letter.txt", "is a file")):
        result = magnetc("build", LIBRARY, "--trust", "-o", out)
        assert result.exit_code == 1
        assert "error[MG010]" in result.stderr
        assert why in result.stderr
    assert (kept / "letter.txt").read_text() == "Dear all"
    (tmp_path / "empty").mkdir()
    assert magnetc("build", LIBRARY, "--trust", "-o", tmp_path / "empty", "--paths", 1).exit_code == 0


def test_a_place_that_cannot_be_written_to(tmp_path):
    (tmp_path / "file").write_text("")
    result = magnetc("build", LIBRARY, "--trust", "-o", tmp_path / "file" / "out")
    assert result.exit_code == 1
    assert "error[MG011]" in result.stderr


@pytest.mark.parametrize(("world", "code"), [
    ("class Libary: pass\n", "MG601"), ("import nothing_of_the_kind\n", "MG601"), ("class Library:\n    pass\n", "MG603"),
    ("class Library:\n    def __init__(self, state, seed, now):\n        pass\n\n    def find_book(self):\n        pass\n", "MG603"),
])
def test_a_broken_world(recipe, world, code):
    (recipe / "world.py").write_text(world)
    (recipe / "out").mkdir()
    result = magnetc("build", recipe, "--trust")
    assert result.exit_code == 1
    assert f"error[{code}]" in result.stderr
    assert list((recipe / "out").iterdir()) == []
    assert not (recipe / ".out.partial").exists()


def test_a_failed_build_keeps_the_last_one(recipe):
    assert magnetc("build", recipe, "--trust", "--paths", 2).exit_code == 0
    before = (recipe / "out" / "manifest.yaml").read_bytes()
    (recipe / "world.py").write_text("class Library: pass\n")
    assert magnetc("build", recipe, "--trust", "--paths", 2).exit_code == 1
    assert (recipe / "out" / "manifest.yaml").read_bytes() == before


def test_a_defect_is_told_without_a_traceback(monkeypatch):
    def fail(*_, **__):
        raise IndexError("list index out of range")

    monkeypatch.setattr("magnetc.build.compile.load", fail)
    result = CliRunner().invoke(main, ["check", str(LIBRARY)])
    assert result.exit_code == 1
    assert "error[MG900]: magnetc failed: IndexError: list index out of range" in result.stderr
    assert "Traceback" not in result.stderr


def test_an_interrupt_has_its_own_exit_code(monkeypatch):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("magnetc.build.compile.load", interrupt)
    result = CliRunner().invoke(main, ["check", str(LIBRARY)])
    assert (result.exit_code, result.stderr) == (130, "interrupted\n")


def test_no_color_when_asked(monkeypatch, broken):
    monkeypatch.setattr("magnetc.cli.report.is_terminal", lambda: True)
    runner = CliRunner()
    assert "\x1b[" in runner.invoke(main, ["check", str(broken / "tab")], color=True).stderr
    assert "\x1b[" not in runner.invoke(main, ["check", str(broken / "tab")], color=True, env={"NO_COLOR": "1"}).stderr


HEAVY = ("yaml", "lark", "jsonschema", "rich", "babel", "faker", "jinja2", "numpy", "networkx")


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["explain", "MG204"], ["build", "--help"]])
def test_help_imports_nothing_heavy(arguments):
    code = f"""import sys
sys.argv = ["magnetc", *{arguments!r}]
from magnetc.cli.main import main
try:
    main()
except SystemExit:
    pass
print("LOADED", [name for name in {HEAVY!r} if name in sys.modules])
"""
    assert python(code).splitlines()[-1] == "LOADED []"


def test_no_command_imports_torch():
    code = f"""import sys
from importlib import import_module
from magnetc.cli.main import COMMANDS
for name in COMMANDS:
    import_module(f"magnetc.cli.{{name.replace('-', '_')}}")
sys.argv = ["magnetc", "preview", {str(LIBRARY)!r}, "-n", "1", "--trust"]
from magnetc.cli.main import main
try:
    main()
except SystemExit as end:
    assert not end.code
print("LOADED", [name for name in ("torch", "transformers", "trl", "pandas") if name in sys.modules])
"""
    assert python(code).splitlines()[-1] == "LOADED []"
