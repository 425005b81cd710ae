"""What is fuzzed: every reader of text that a user writes or imports, each with the seeds that it starts from.

A parser returns, or raises what it is documented to raise; it never raises anything else, and no diagnostic is MG9xx.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from magnetc.build.compile import compile_recipe
from magnetc.build.fix import fix_recipe
from magnetc.diagnostics import MagnetError, Sink
from magnetc.diagnostics.render import FORMATS
from magnetc.frontend.constraint import read_constraint
from magnetc.frontend.dotted import join_dotted, split_dotted
from magnetc.frontend.dsl import read_dsl
from magnetc.frontend.format import format_source
from magnetc.frontend.json_schema import imported_tool
from magnetc.frontend.names import Definitions
from magnetc.frontend.pattern import parse_pattern
from magnetc.frontend.ranked import ranked_digest
from magnetc.frontend.read_text import decode
from magnetc.frontend.schema import validate
from magnetc.frontend.string_literal import decode_string, encode_string
from magnetc.frontend.templates import parse_template, print_template
from magnetc.frontend.type_syntax import read_type, show_type
from magnetc.frontend.yaml_events import read_yaml
from magnetc.frontend.yaml_scalar import Rejected, plain
from magnetc.ir.json import canonical
from magnetc.ir.literal import parse_literal, print_literal
from magnetc.ir.probed import declared_digest
from magnetc.ir.signature import Parameter
from magnetc.ir.text import parse_graph, parse_path, parse_script, print_graph, print_path, print_script
from magnetc.ir.types import EntityType, Ref, TypeTable
from magnetc.passes.automaton import PatternAutomaton
from magnetc.source import Origin, SourceFile
from magnetc.teachers.prompt_program import parse_program

ROOT = Path(__file__).parents[2]
RECIPE = ROOT / "tests" / "data" / "recipes" / "library"
HERE = Origin("f.yaml", "")


@dataclass(frozen=True)
class Parser:
    """`read` takes one text; `seeds` are texts that it reads well, or nearly; `share` is how many of 100 inputs are its."""

    name: str
    read: Callable[[str], Any]
    seeds: Callable[[], list[str]]
    share: int


def files(*patterns: str) -> list[str]:
    """The texts of files in the repository, without those that are very long."""
    paths = sorted({path for pattern in patterns for path in ROOT.glob(pattern) if path.is_file() and ".magnetc" not in path.parts})
    texts = (path.read_bytes().decode("utf-8", "replace") for path in paths)
    return [text for text in texts if 0 < len(text) < 12_000]


@cache
def yaml_seeds() -> list[str]:
    return files("examples/**/*.yaml", "specs/**/*.yaml", "tests/golden/**/*.yaml", "tests/data/recipes/**/*.yaml")


@cache
def dsl_seeds() -> list[str]:
    return files("examples/**/*.magnet", "specs/**/*.magnet", "tests/golden/**/*.magnet", "tests/data/recipes/**/*.magnet")


@cache
def json_seeds() -> list[str]:
    """Tools as others write them, and as a lock keeps them."""
    with (ROOT / "tests" / "data" / "bfcl" / "all_tools.json").open(encoding="utf-8") as file:
        functions = json.load(file)
    tools = [each for each in _objects(functions) if isinstance(each.get("name"), str) and "parameters" in each][:20]
    schema = {"type": "object", "properties": {"a": {"type": ["string", "null"], "enum": ["x", None]}, "b": {"$ref": "#/$defs/B"}},
              "$defs": {"B": {"type": "array", "items": {"anyOf": [{"type": "integer", "minimum": 0}, {"$ref": "#/$defs/B"}]}}}, "required": ["a"]}
    return [json.dumps({"type": "function", "function": each}) for each in tools] + [
        json.dumps([{"name": "f", "description": "d", "input_schema": schema, "returns": schema, "annotations": {"readOnlyHint": True}}]),
        json.dumps({"tools": [{"name": "g", "parameters": {"type": "dict", "properties": {"x": {"type": "float", "default": "None"}}}}], "license": "MIT"})]


@cache
def conversation_seeds() -> list[str]:
    call = {"role": "assistant", "tool_calls": [{"id": "1", "type": "function", "function": {"name": "f", "arguments": '{"a": 1, "b": [true]}'}}]}
    row = {"messages": [{"role": "user", "content": "x"}, call, {"role": "tool", "tool_call_id": "1", "content": '{"c": {"d": null}}'}], "tools": json_seeds()[-2]}
    return [json.dumps(row), json.dumps({**row, "tools": []}) + "\n" + json.dumps({"messages": []})]


@cache
def strings() -> list[str]:
    """What stands in quotes in the DSL: phrases above all."""
    return sorted({text for seed in dsl_seeds() for text in re.findall(r'"((?:[^"\\\n]|\\.)*)"', seed)})


@cache
def patterns() -> list[str]:
    found = {match.strip() for seed in dsl_seeds() for match in re.findall(r"^\s*pattern (.*)$", seed, re.MULTILINE)}
    return sorted({*found, "a+ (b | c)* _?", "a b c", "(a | s)+ _* b?", "`a-b` _"})


@cache
def constraints() -> list[str]:
    return ["a != b", 'a == "x"', "n >= 1", "n < 2.5", "flag == true", "`a-b` != c", "a<=b", "a == e.city"]


@cache
def types() -> list[str]:
    return ["City", "[City]", '{a: City, "b?": [number]}', '{"*": {x: integer}}', "{a: {b: {c: [[string]]}}}", "object"]


@cache
def ir_texts() -> dict[str, list[str]]:
    """The text forms of a small recipe's graph, paths and scripts, and of its tools."""
    from magnetc.passes.pipeline import compile_units

    context = compile_recipe(RECIPE, Sink(), paths=8)
    assert context is not None
    units = [unit for unit in compile_units(context.spec, context.graph) if not unit.rejected]
    return {
        "graph": [print_graph(context.graph)],
        "path": [print_path(path) for unit in units for path in unit.paths],
        "script": [print_script(script) for unit in units for script in unit.scripts],
        "literal": [print_literal(each) for each in (*context.spec.tools, *context.spec.types, *context.spec.turns)],
    }


def shown(sink: Sink) -> None:
    """Every diagnostic has a place in its file and can be shown in every format; none says that the compiler failed."""
    for each in sink.diagnostics:
        assert not each.code.startswith("MG9"), each
        span = sink.span(each.primary) if each.primary else None
        if span and span.file in sink.files:
            assert 0 <= span.start <= span.end <= len(sink.files[span.file].text), each
    for render in FORMATS.values():
        render(sink, prefix="recipe").encode("utf-8")


def documented(error: MagnetError) -> None:
    """The diagnostics of an error are as good as those of a sink."""
    sink = Sink()
    sink.extend(error.diagnostics)
    shown(sink)


def read_yaml_file(text: str) -> None:
    sink = Sink()
    document = read_yaml(SourceFile("f.yaml", text), sink)
    assert document is not None or sink.has_errors
    if document:
        canonical(document.data)
        validate(document, sink)
    shown(sink)


def read_dsl_file(text: str) -> None:
    sink = Sink()
    for document in read_dsl(SourceFile("f.magnet", text), sink):
        canonical(document.data)
        validate(document, sink)
    shown(sink)


ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "latin-1", "cp1252", "shift_jis", "utf-7")


def read_bytes(text: str) -> None:
    encoding = ENCODINGS[len(text) % len(ENCODINGS)]
    sink = Sink()
    file = decode(text.encode(encoding, "surrogatepass" if encoding.startswith("utf") and encoding != "utf-7" else "replace"), "f.yaml", sink)
    assert file is not None or sink.has_errors
    if file:
        read_yaml(file, sink)
    shown(sink)


def format_both(text: str) -> None:
    for name in ("f.yaml", "f.magnet"):
        sink = Sink()
        format_source(SourceFile(name, text), sink)
        shown(sink)


def read_template(text: str) -> None:
    sink = Sink()
    sink.add_file(SourceFile("f.yaml", json.dumps(text)))
    parts = parse_template(text, None, sink, HERE)
    assert parts is not None or sink.has_errors
    if parts is not None:
        assert parse_template(print_template(parts), None, Sink(), HERE) == parts
    shown(sink)


NAMES = {"a": ("a",), "b": ("b",), "c": ("c",), "s": ("a", "b"), "a-b": ("a-b",)}


def read_pattern(text: str) -> None:
    sink = Sink()
    sink.add_file(SourceFile("f.yaml", json.dumps(text)))
    pattern = parse_pattern(text, sink, HERE, NAMES)
    assert pattern is not None or sink.has_errors
    if pattern is not None:
        automaton = PatternAutomaton(pattern)
        state = automaton.start
        for tool in ("a", "b", "c", "a-b"):
            state = automaton.step(state, tool)
    shown(sink)


PARAMETERS = {name: Parameter(name=name, type=Ref(base)) for name, base in (("a", "string"), ("b", "string"), ("n", "number"), ("flag", "boolean"), ("c", "object"), ("a-b", "integer"))}


def read_where(text: str) -> None:
    sink = Sink()
    sink.add_file(SourceFile("f.yaml", json.dumps(text)))
    found = read_constraint(text, "tool", PARAMETERS, ("e",), TypeTable({}), HERE, sink)
    assert found is not None or sink.has_errors
    shown(sink)


def read_type_expression(text: str) -> None:
    """A type in both syntaxes."""
    sink = Sink()
    for document in read_dsl(SourceFile("f.magnet", f"tool f(a: {text}) -> {text} reads {{}}\n"), sink):
        validate(document, sink)
    sink = Sink()
    document = read_yaml(SourceFile("f.yaml", f"kind: tools\ntools: {{f: {{returns: {text}}}}}\n"), sink)
    if document and validate(document, sink) and document.data.get("tools"):
        for tool in document.data["tools"].values():
            show_type(read_type(tool.get("returns", "object"), HERE, Definitions(), sink))
    shown(sink)


def reading(parse: Callable[[str], Any], show: Callable[[Any], str]) -> Callable[[str], None]:
    """A parser of a text form: ValueError is its contract, and what it reads it can write."""

    def read(text: str) -> None:
        try:
            value = parse(text)
        except ValueError:
            return
        show(value)

    return read


def read_string(text: str) -> None:
    value, offsets, bad = decode_string(f'"{text}"')
    assert len(offsets) == len(value) + 1
    if not bad:
        assert decode_string(encode_string(value))[0] == value


def read_scalar(text: str) -> None:
    for each in text.split("\n")[:20]:
        value = plain(each)
        if not isinstance(value, Rejected):
            canonical(value)


def read_name(text: str) -> None:
    join_dotted(split_dotted(text))


def read_schema(text: str) -> None:
    """Tools of a lock: what is no JSON never gets there."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return
    for raw in _objects(data):
        for tool in (raw, {"name": "f", "parameters": raw, "returns": raw}):
            try:
                imported_tool(tool, "c", HERE)
            except ValueError:
                continue


def _objects(data: Any) -> Iterable[dict[str, Any]]:
    stack, found = [data], 0
    while stack and found < 40:
        each = stack.pop()
        if isinstance(each, dict):
            found += 1
            yield each
            stack.extend(each.values())
        elif isinstance(each, list):
            stack.extend(each)


@cache
def _folder() -> TemporaryDirectory[str]:
    return TemporaryDirectory()


def importing(name: str, suffix: str) -> Callable[[str], None]:
    """An importer of files: MG502 is its contract."""

    def read(text: str) -> None:
        from magnetc.tools.importers import importer
        from magnetc.tools.importers.importer import Place

        place = Path(_folder().name)
        (place / f"f{suffix}").write_bytes(text.encode("utf-8", "surrogatepass"))
        try:
            snapshot = importer(name)(f"f{suffix}", Place(folder=place, site_packages=lambda: place))
        except MagnetError as error:
            documented(error)
            return
        for raw in snapshot.functions:
            try:
                imported_tool(raw, name, HERE)
            except ValueError:
                continue

    return read


@cache
def parts_of_recipe() -> dict[str, str]:
    return {path.relative_to(RECIPE).as_posix(): path.read_text(encoding="utf-8") for path in sorted(RECIPE.rglob("*"))
            if path.suffix in (".yaml", ".magnet")}


def check(text: str) -> None:
    """The whole check of a recipe in which one file is another: the first line of the input says which."""
    name, _, rest = text.partition("\n")
    parts = parts_of_recipe()
    compiled({(name if name in parts else "recipe.yaml"): rest})


def compiled(texts: dict[str, str], folder: Path = RECIPE) -> None:
    sink = Sink()
    try:
        compile_recipe(folder, sink, texts=texts)
    except MagnetError as error:
        sink.extend(error.diagnostics)
    shown(sink)


def fix(text: str) -> None:
    name, _, rest = text.partition("\n")
    place = Path(_folder().name, "fix")
    for part, content in parts_of_recipe().items():
        (place / part).parent.mkdir(parents=True, exist_ok=True)
        (place / part).write_bytes((rest if part == name else content).encode("utf-8", "surrogatepass"))
    try:
        shown(fix_recipe(place, unsafe=True).sink)
    except MagnetError as error:
        documented(error)


@cache
def check_seeds() -> list[str]:
    return [f"{name}\n{text}" for name, text in parts_of_recipe().items()]


@cache
def locked_recipe() -> dict[str, str]:
    """A recipe that imports from its lock, and asks it for votes, findings and a ranking."""
    recipe = parts_of_recipe()["recipe.yaml"].replace("include: [", "include: [imported.magnet, ")
    graph = "kind: graph\ninfer: [typed, judged, probed, {semantic: {by: m, top: 3}}]\nlinks: [{from: find_books, to: borrow_book}]\n"
    return {**parts_of_recipe(), "recipe.yaml": recipe, "graph.yaml": graph, "imported.magnet": 'tools from json "tools.json"\n'}


@cache
def lock_seeds() -> list[str]:
    """Locks that are sound, with one part or all."""
    schema = {"type": "object", "properties": {"isbn": {"type": "string", "enum": ["a", "b"]}, "n": {"$ref": "#/$defs/N"}}, "required": ["isbn"],
              "$defs": {"N": {"type": ["integer", "null"], "minimum": 0}}}
    tools = {"json:tools.json": {"source": "tools.json", "licence": "MIT", "digest": "0",
                                 "functions": [{"name": "look", "description": "Look it up.", "parameters": schema, "effect": "reads"}]}}
    votes = [{"from": "find_books", "to": "borrow_book", "full": 3, "none": 1, "values": {"book_id": "/books/*/book_id"}},
             {"from": "look", "to": "return_book", "prerequisite": 2}]
    seen = {"world": "0", "tools": {"look": {"calls": 3, "returns": {"type": "object", "properties": {"title": {"type": "string"}}}, "errors": []}}}
    base = {"version": 1, "tools": tools}
    spec = compiled_spec(base)
    flow = {"source": "find_books", "target": "borrow_book", "pointer": "/books/*/book_id", "parameter": "book_id", "finding": "refuted", "tries": 2,
            "declares": declared_digest(spec.tool["find_books"], spec.tool["borrow_book"], spec.type_table)}
    probes = {"world": "0", "flows": [flow]}
    ranked = {"by": "m", "digest": ranked_digest(spec.tools), "top": 3, "tools": {"look": {"find_books": 0.5}, "find_books": {"look": 0.5}}}
    whole = base | {"judged": votes, "probes": probes, "behaviour": seen, "semantic": ranked}
    return [json.dumps(whole), json.dumps(whole, indent=1), json.dumps(base | {"semantic": ranked, "judged": votes}), json.dumps(base | {"semantic": ranked, "behaviour": seen})]


def compiled_spec(lock: dict[str, Any]) -> Any:
    """The spec of the recipe with this lock, as far as the lock can be unsound."""
    place = _written_recipe(json.dumps(lock))
    (place / "graph.yaml").write_text("kind: graph\ninfer: [typed]\n", encoding="utf-8")
    context = compile_recipe(place, Sink())
    assert context is not None
    return context.spec


def _written_recipe(lock: str) -> Path:
    place = Path(_folder().name, "lock")
    for part, content in locked_recipe().items():
        (place / part).parent.mkdir(parents=True, exist_ok=True)
        (place / part).write_text(content, encoding="utf-8")
    (place / "magnetc.lock").write_bytes(lock.encode("utf-8", "surrogatepass"))
    return place


def read_lock(text: str) -> None:
    """The check of a recipe with this lock."""
    compiled({}, _written_recipe(text))


def read_surface(text: str) -> None:
    """Values that users say, read back in every language."""
    from datetime import date

    from magnetc.surface import dates, forms, numerals, times

    now = "2026-03-02T09:00:00Z"
    for language in ("en", "fr", "ja"):
        for each in text.split("\n")[:6]:
            numerals.read_number(each[:300], language, integer=False)
            numerals.read_percent(each[:300], language, integer=True)
            dates.read_date(each[:300], date(2026, 3, 2), language)
            times.read_time(each[:300], times.Shape(), language)
            for entity in SAID:
                forms.read(each[:300], entity, language, now)
                forms.read_list(each[:100], entity, language, now)


SAID = (EntityType(name="Miles", base="number", unit="mi"), EntityType(name="Price", base="number", unit="USD"), EntityType(name="Day", base="string", format="date"),
        EntityType(name="Kind", base="string", enum=("a b", "c")), EntityType(name="At", base="string", format="datetime"), EntityType(name="Is", base="boolean"))


def read_prompt(text: str) -> None:
    """A prompt program, and what it makes of a reply."""
    try:
        program = parse_program("judge_dependency", text)
        program.render(**{key: {"name": "x"} for key in program.inputs})
    except MagnetError as error:
        documented(error)
        return
    for reply in ("{}", "[1", '```json\n{"a": [1, null]}\n```', "[" * 2000, '{"kind": "full"}'):
        try:
            program.read(reply)
        except ValueError:
            continue


@cache
def prompt_seeds() -> list[str]:
    head = "---\ninputs: {source: object, target: object}\noutput: {type: object, properties: {kind: {enum: [full, none]}}, required: [kind]}\ndecoding: {temperature: 0.5}\nrepair: 2\n---\n"
    return [*files("specs/std/prompts/*.j2"), head + "Say what {{ source.name }} does{% if target %}, and {{ target.name | upper }}{% endif %}.\n"]


@cache
def surface_seeds() -> list[str]:
    return ["March 4, 2026", "tomorrow", "next Friday", "le 3 mars", "demain", "3月4日", "twenty-one", "vingt et un", "1,234.5", "1 234,5", "三百", "5 %", "half past three", "$350"]


PARSERS = [
    Parser("yaml", read_yaml_file, yaml_seeds, 16),
    Parser("dsl", read_dsl_file, dsl_seeds, 5),
    Parser("bytes", read_bytes, yaml_seeds, 3),
    Parser("format", format_both, lambda: [*yaml_seeds(), *dsl_seeds()], 3),
    Parser("template", read_template, strings, 16),
    Parser("pattern", read_pattern, patterns, 9),
    Parser("constraint", read_where, constraints, 6),
    Parser("type", read_type_expression, types, 5),
    Parser("string", read_string, strings, 5),
    Parser("scalar", read_scalar, yaml_seeds, 3),
    Parser("name", read_name, strings, 2),
    Parser("surface", read_surface, surface_seeds, 3),
    Parser("graph text", reading(parse_graph, print_graph), lambda: ir_texts()["graph"], 3),
    Parser("path text", reading(parse_path, print_path), lambda: ir_texts()["path"], 3),
    Parser("script text", reading(parse_script, print_script), lambda: ir_texts()["script"], 3),
    Parser("literal", reading(parse_literal, print_literal), lambda: ir_texts()["literal"], 4),
    Parser("json schema", read_schema, json_seeds, 3),
    Parser("import json", importing("json", ".json"), json_seeds, 2),
    Parser("import openapi", importing("openapi", ".yaml"), lambda: files("tests/data/imports/*.yaml"), 1),
    Parser("import conversations", importing("conversations", ".jsonl"), conversation_seeds, 1),
    Parser("lock", read_lock, lock_seeds, 1),
    Parser("prompt", read_prompt, prompt_seeds, 2),
    Parser("check", check, check_seeds, 2),
    Parser("fix", fix, check_seeds, 1),
]
