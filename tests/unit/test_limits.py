"""Files that were made to do harm, or by mistake: a diagnostic, in bounded time and memory."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from magnetc.build.compile import compile_recipe
from magnetc.diagnostics import MagnetError, Sink
from magnetc.diagnostics import sink as sinks
from magnetc.diagnostics.render import FORMATS
from magnetc.frontend import read_text, yaml_events
from magnetc.ir.inlined import MOST, inlined
from magnetc.ir.read_json import MAX_DEPTH, read_json
from magnetc.ir.text import parse_path, parse_script
from magnetc.source.matches import matches
from magnetc.tools.importers import importer
from magnetc.tools.importers.importer import MAX_BYTES, Place, Snapshot, without_references

LIBRARY = Path(__file__).parents[1] / "data" / "recipes" / "library"
TOOL = '{"name": "look", "parameters": {"type": "object", "properties": {"a": %s}}}'


@pytest.fixture
def recipe(tmp_path):
    return Path(shutil.copytree(LIBRARY, tmp_path / "recipe"))


def add(recipe, name, text):
    """Another file, and its place in `include`."""
    (recipe / name).parent.mkdir(exist_ok=True)
    (recipe / name).write_text(text, encoding="utf-8")
    include(recipe, name)


def include(recipe, pattern):
    root = recipe / "recipe.yaml"
    root.write_text(root.read_text().replace("include: [", f'include: ["{pattern}", ', 1))


def found(recipe):
    """Codes and messages, each diagnostic shown in every format."""
    sink = Sink()
    compile_recipe(recipe, sink)
    for render in FORMATS.values():
        render(sink)
    return [(each.code, each.message) for each in sink.diagnostics]


def codes(recipe):
    return {code for code, _ in found(recipe)}


def locked(recipe, schema):
    (recipe / "magnetc.lock").write_text('{"tools": {"json:t.json": {"functions": [%s]}}}' % (TOOL % schema))
    add(recipe, "imported.magnet", 'tools from json "t.json"\n')


def text_errors(count):
    return "kind: types\ntypes:\n" + "  A: {base: string}\n" * (count + 1)


BOMB = "kind: types\na: &a [x, x]\n" + "".join(f"{b}: &{b} [*{a}, *{a}, *{a}, *{a}, *{a}, *{a}, *{a}, *{a}]\n" for a, b in zip("abcdefgh", "bcdefghi"))

YAML = {
    "aliases of aliases": (BOMB, "MG109"),
    "an anchor that holds itself": ("kind: types\ntypes: &a [*a]\n", "MG109"),
    "brackets": ("kind: tools\ntools: " + "[" * 200_000, "MG116"),
    "lists": ("kind: tools\ntools:\n" + "- " * 100_000, "MG116"),
    "mappings": ("kind: tools\ntools:\n" + "\n".join(" " * i + "a:" for i in range(1, 500)), "MG116"),
    "keys of keys": ("? " * 50_000, "MG114"),
    "NUL": ("kind: types\0\n", "MG004"),
    "one word": ("x" * 2_000_000, "MG119"),
    "one line of mistakes": ("kind: tools\ntools: {" + ", ".join(f"t{i}: {{retrns: string}}" for i in range(1000)) + "}\n", "MG125"),
    "types that refine types": ("kind: types\ntypes:\n  A0: {base: string}\n" + "".join(f"  A{i}: {{base: A{i - 1}}}\n" for i in range(1, 3000)), "MG116"),
    "types that refine those below": ("kind: types\ntypes:\n" + "".join(f"  A{i}: {{base: A{i - 1}}}\n" for i in range(2999, 0, -1)) + "  A0: {base: string}\n", "MG116"),
    "types in a circle": ("kind: types\ntypes:\n" + "".join(f"  A{i}: {{base: A{(i + 1) % 2000}}}\n" for i in range(2000)), "MG205"),
    "a name without end": (f"kind: tools\ntools: {{f: {{returns: {'a' * 5000}b}}, {'a' * 200}: {{}}}}\n", "MG202"),
    "many turns": ("kind: paths\npaths: {p: {turns: [1, 1000000000]}}\n", "MG130"),
    "a pattern without end": (f"kind: paths\npaths: {{p: {{pattern: '{'_? ' * 3000}'}}}}\n", "MG154"),
    "a deep pattern": (f"kind: paths\npaths: {{p: {{pattern: '{'(' * 5000}_{')' * 5000}'}}}}\n", "MG154"),
    "states without end": (f"kind: paths\npaths: {{p: {{turns: [1, 40], pattern: '_* find_books{' _' * 25}'}}}}\n", "MG312"),
    "a deep template": (f"kind: turns\nreplies:\n  - chain: [find_books]\n    phrases: [{{locale: en, text: '{'[' * 5000}a{']' * 5000}'}}]\n", "MG409"),
    "a template without end": (f"kind: turns\nreplies:\n  - chain: [find_books]\n    phrases: [{{locale: en, text: '{'word ' * 100_000}'}}]\n", "MG409"),
}


@pytest.mark.parametrize("case", YAML)
def test_harmful_yaml_is_refused(case, recipe):
    text, code = YAML[case]
    add(recipe, "harm.yaml", text)
    assert code in codes(recipe)


DSL = {
    "brackets": ("tool f" + "(" * 200_000, "MG143"),
    "lists": ("tool f() -> " + "[" * 5000 + "string" + "]" * 5000 + " reads {}\n", "MG143"),
    "NUL": ("type A = string\0\n", "MG004"),
    "noise": ("?!\n" * 20_000, "MG140"),
    "words": ("\n".join(f"wrd{i} x" for i in range(3000)), "MG140"),
    "a deep default": ("tool f(a: string = " + "[" * 5000 + "]" * 5000 + ") reads {}\n", "MG143"),
    "an escape of half a character": ('type A = string examples "\\ud800"\n', "MG151"),
    "the end of a statement at the end of the file": ("turn find_books", "MG143"),
}


@pytest.mark.parametrize("case", DSL)
def test_harmful_dsl_is_refused(case, recipe):
    text, code = DSL[case]
    add(recipe, "harm.magnet", text)
    assert code in codes(recipe)


def test_no_place_is_behind_the_end_of_a_file(recipe):
    add(recipe, "harm.magnet", "turn find_books")
    sink = Sink()
    compile_recipe(recipe, sink)
    assert all(sink.span(each.primary).end <= len("turn find_books") for each in sink.diagnostics if each.primary.at.file == "harm.magnet")


LOCKS = {
    "deep": '{"type": "array", "items": ' * 400 + "{}" + "}" * 400,
    "half a character": '{"type": "string", "description": "\\ud800"}',
    "no number": '{"type": "number", "default": NaN}',
    "endless": '{"type": "number", "default": 1e999}',
    "digits": f'{{"type": "integer", "default": {"9" * 6000}}}',
}


@pytest.mark.parametrize("case", LOCKS)
def test_a_harmful_lock_is_refused(case, recipe):
    locked(recipe, LOCKS[case])
    assert codes(recipe) == {"MG503"}


def test_a_lock_in_another_encoding_is_refused(recipe):
    for encoding in ("utf-16", "latin-1"):
        (recipe / "magnetc.lock").write_bytes('{"tools": {"é": {}}}'.encode(encoding))
        assert codes(recipe) == {"MG503"}


def powers(count):
    """A schema whose definitions each name the next one twice."""
    inner = {f"D{i}": {"type": "object", "properties": {name: {"$ref": f"#/$defs/D{i + 1}"} for name in "ab"}} for i in range(count)}
    return {"type": "object", "properties": {"a": {"$ref": "#/$defs/D0"}}, "$defs": inner | {f"D{count}": {"type": "string"}}}


def test_definitions_that_grow_by_powers_are_refused(recipe):
    with pytest.raises(ValueError, match=f"more than {MOST:,} values"):
        inlined(powers(40))
    assert len(json.dumps(inlined(powers(8)))) > 5_000
    (recipe / "magnetc.lock").write_text(json.dumps({"tools": {"json:t.json": {"functions": [{"name": "look", "parameters": powers(40)}]}}}))
    add(recipe, "imported.magnet", 'tools from json "t.json"\n')
    assert codes(recipe) == {"MG503"}
    with pytest.raises(MagnetError, match="MG502"):
        without_references(Snapshot(source="t.json", digest="", functions=({"name": "look", "parameters": powers(40)},)))


@pytest.mark.parametrize(("text", "words"), [("[" * 500 + "]" * 500, "deep"), ("[" * 100_000, "deep"), ("[Infinity]", "finite"), ('"\\udc00"', "half"), ("{", "Expecting")])
def test_json_that_cannot_be_worked_with(text, words):
    with pytest.raises(ValueError, match=words):
        read_json(text)
    assert read_json("[" * MAX_DEPTH + "1.5" + "]" * MAX_DEPTH)
    assert read_json('"\\ud83d\\ude00"') == "😀"


IMPORTS = {
    "t.json": ["[" * 100_000, '[{"name": "f", "parameters": %s}]' % ('{"items":' * 300 + "{}" + "}" * 300), '"\\ud800"', "\0", "[1e999]"],
    "t.yaml": ["openapi: 3.1.0\n" + BOMB, "a: &a [*a]\n", "[" * 5000, "a: \0"],
    "t.jsonl": ["[" * 100_000, '{"messages": ' + "[" * 300 + "]" * 300 + "}"],
}


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in IMPORTS.items() for text in texts], ids=lambda text: text[:12])
def test_harmful_documents_of_tools_are_refused(name, text, tmp_path):
    kind = {".json": "json", ".yaml": "openapi", ".jsonl": "conversations"}[Path(name).suffix]
    (tmp_path / name).write_text(text)
    with pytest.raises(MagnetError) as error:
        importer(kind)(name, Place(folder=tmp_path, site_packages=lambda: tmp_path))
    assert [each.code for each in error.value.diagnostics] == ["MG502"]


def test_large_documents_of_tools_are_refused(tmp_path):
    with (tmp_path / "t.json").open("wb") as stream:
        stream.truncate(MAX_BYTES + 1)
    with pytest.raises(MagnetError, match=f"{MAX_BYTES:,} is the most"):
        importer("json")("t.json", Place(folder=tmp_path, site_packages=lambda: tmp_path))


def test_links_out_of_the_recipe_are_not_followed(recipe):
    secret = recipe.parent / "secret.yaml"
    secret.write_text((recipe / "recipe.yaml").read_text() + "hunter2: 1\n")
    (recipe / "inside.yaml").symlink_to(secret)
    include(recipe, "inside.yaml")
    assert codes(recipe) == {"MG005"}
    (recipe / "inside.yaml").unlink()
    (recipe / "inside.yaml").write_text("kind: types\n")
    (recipe / "magnetc.lock").unlink()
    (recipe / "magnetc.lock").symlink_to(secret)
    assert ("MG005", "`magnetc.lock` is a link that leaves the recipe folder") in found(recipe)
    (recipe / "recipe.yaml").unlink()
    (recipe / "recipe.yaml").symlink_to(secret)
    assert found(recipe) == [("MG005", "`recipe.yaml` is a link that leaves the recipe folder")]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes have names on POSIX alone")
def test_pipes_are_not_waited_for(recipe):
    (recipe / "magnetc.lock").unlink()
    os.mkfifo(recipe / "magnetc.lock")
    os.mkfifo(recipe / "pipe.yaml")
    include(recipe, "pipe.y*")
    include(recipe, "pipe.yaml")
    assert codes(recipe) == {"MG001", "MG006"}
    assert codes(recipe) == {"MG001", "MG006"}
    (recipe / "recipe.yaml").write_text((LIBRARY / "recipe.yaml").read_text())
    assert found(recipe) == [("MG503", "`magnetc.lock` cannot be read: it is no file")]


def test_a_base_is_no_way_out_either(recipe):
    secret = recipe.parent.parent / "secret.yaml"
    secret.write_text((recipe / "recipe.yaml").read_text() + "hunter2: 1\n")
    base = recipe.parent / "base"
    base.mkdir()
    (base / "recipe.yaml").symlink_to(secret)
    (recipe / "recipe.yaml").write_text("kind: recipe\nname: own\nextend: ../base\n")
    assert "MG005" in codes(recipe)
    assert not any("hunter2" in message for _, message in found(recipe))


def test_links_in_a_circle_and_stars_beside_stars_end(recipe):
    place = recipe
    for _ in range(12):
        place = place / "d"
        place.mkdir()
    for number in range(6):
        (recipe / "d" / f"loop{number}").symlink_to(recipe / "d")
    (recipe / "loop.yaml").symlink_to(recipe / "loop.yaml")
    (place / "deep.yaml").write_text("kind: types\n")
    include(recipe, "**/**/**/**/**/deep.yaml")
    include(recipe, "*/*/*/*/*/*/*/*/*.yaml")
    include(recipe, "loop.yaml")
    assert codes(recipe) == {"MG001", "MG006"}
    assert matches(recipe, "**/**/**/deep.yaml") == [f"{'d/' * 12}deep.yaml"]


@pytest.mark.parametrize("pattern", ["*.yaml", "tools/*.yaml", "**/*.yaml", "**", "t*/**/b.*", "tools/[ab].yaml", "tools/a.yaml", "./tools/*", "*/*/*", "a?c/*", "**/a-b/*"])
def test_patterns_match_as_those_of_pathlib(pattern, tmp_path):
    for name in ("r.yaml", "tools/a.yaml", "tools/b.yaml", "tools/deep/b.yaml", "tools/deep/.hidden.yaml", "abc/x.yaml", "a-b/x.yaml", "a/b.yaml", "tools-2/b.magnet"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    expected = [path.relative_to(tmp_path).as_posix() for path in sorted(tmp_path.glob(pattern)) if path.is_file()]
    assert [name for name in matches(tmp_path, pattern) if (tmp_path / name).is_file()] == expected


@pytest.mark.parametrize("pattern", ["", "..", "a/../b", "a**", "/", "."])
def test_what_is_no_pattern(pattern, tmp_path):
    with pytest.raises(ValueError, match="no pattern"):
        matches(tmp_path, pattern)


def test_files_and_their_bytes_are_counted(recipe, monkeypatch):
    monkeypatch.setattr(read_text, "MAX_FILES", 8)
    for number in range(10):
        add(recipe, f"m{number}.yaml", "kind: types\n")
    assert found(recipe) == [("MG009", "this recipe has more than 8 files")]
    monkeypatch.undo()
    monkeypatch.setattr(read_text, "MAX_TOTAL_BYTES", 2000)
    assert codes(recipe) == {"MG003"}


def test_values_are_counted_over_all_files(recipe, monkeypatch):
    monkeypatch.setattr(yaml_events, "MAX_VALUES", 400)
    add(recipe, "many.yaml", f"kind: types\nx: [{'1, ' * 400}]\n")
    assert ("MG003", "the files of this recipe hold more than 400 keys and values") in found(recipe)


def test_a_sink_keeps_so_many_and_counts_the_rest(recipe, monkeypatch):
    monkeypatch.setattr(sinks, "MOST", 50)
    sink = Sink()
    for number in range(70):
        sink.error("MG001", f"error {number}")
        sink.warning("MG411", f"warning {number}")
    sink.error("MG001", "error 1")
    assert sink.is_full
    assert len(sink.diagnostics) == 102
    assert [each.message for each in sink.diagnostics if each.code == "MG016"] == ["at least 20 more errors are not shown", "at least 20 more warnings are not shown"]
    add(recipe, "harm.yaml", text_errors(5000))
    assert len(found(recipe)) <= 51


def test_warnings_leave_room_for_errors(monkeypatch):
    monkeypatch.setattr(sinks, "MOST", 5)
    sink = Sink()
    for number in range(20):
        sink.warning("MG411", f"warning {number}")
    assert not sink.has_errors
    sink.error("MG001", "at last")
    assert sink.has_errors


PATH = "path p-1 of p base p-1 locale en variant 0 attempt 0\n"


@pytest.mark.parametrize("text", ["  c0 = f()\n", "turn t1 normal\n  c0 = f(\n", "turn t1 strange\n"])
def test_paths_that_are_none(text):
    with pytest.raises(ValueError, match=r".+"):
        parse_path(PATH + text)


@pytest.mark.parametrize("below", ["turn t1 normal\n", "turn t1 normal\n  offered f\n  goal c9\n", "turn t1 normal\n  offered f\n  round c9\n", "system\n",
                                   "turn t1 normal\n  offered f\nturn t2 normal\n", "turn t1 normal\n  offered f\n  hole a\n"])
def test_scripts_that_are_none(below):
    with pytest.raises(ValueError, match=r".+"):
        parse_script(f"{PATH}turn t1 normal\n  c0 = f()\nscript\n{below}")


UNDER_A_LIMIT = """
import resource, sys
from pathlib import Path
from magnetc.build.compile import compile_recipe
from magnetc.diagnostics import Sink, sink
from magnetc.diagnostics.render import FORMATS
from magnetc.frontend import yaml_events

# The interpreter and the compiler, and as much again as a large recipe takes.
used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + (150 << 20),) * 2)
yaml_events.MAX_VALUES = 50_000
sink.MOST = 500
folder = Path(sys.argv[1])
recipe = (folder / "recipe.yaml").read_text()
for name in sys.argv[2:]:
    (folder / "recipe.yaml").write_text(recipe.replace("include: [", f"include: [{name}, "))
    found = Sink()
    assert compile_recipe(folder, found) is None, name
    for render in FORMATS.values():
        render(found)
    print(name, *sorted({each.code for each in found.diagnostics}))
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="how much memory a process has is asked of Linux")
def test_large_and_dense_files_in_bounded_memory(recipe):
    """100 MB in either syntax, a million values, a bomb of aliases, thousands of mistakes in a line: all in 150 MB."""
    for name in ("big.yaml", "big.magnet"):
        with (recipe / name).open("wb") as stream:
            stream.truncate(100_000_000)
    (recipe / "dense.yaml").write_text("kind: types\nx: [" + "1," * 1_000_000 + "]\n")
    (recipe / "bomb.yaml").write_text(BOMB * 50)
    (recipe / "line.yaml").write_text("kind: tools\nx: [" + "yes, " * 50_000 + "]\n")
    names = ["big.yaml", "big.magnet", "dense.yaml", "bomb.yaml", "line.yaml"]
    done = subprocess.run([sys.executable, "-c", UNDER_A_LIMIT, str(recipe), *names], capture_output=True, text=True,
                          env={**os.environ, "OMP_NUM_THREADS": "1"}, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert dict(line.split(" ", 1) for line in done.stdout.splitlines()) == {
        "big.yaml": "MG003", "big.magnet": "MG003", "dense.yaml": "MG003", "bomb.yaml": "MG109 MG112", "line.yaml": "MG115"}
