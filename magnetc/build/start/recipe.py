"""`magnetc init`: a recipe from tools that exist, complete enough to check, preview and build, and honest about its guesses."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from magnetc.build.lock import write_lock
from magnetc.build.start.phrases import phrases_text
from magnetc.build.start.source import Source, identify
from magnetc.build.start.spec_text import modeline, refine_text, types_text
from magnetc.build.start.world_text import PythonWorldText, python_world
from magnetc.build.start.yaml_text import commented, inline
from magnetc.diagnostics import Diagnostic, MagnetError
from magnetc.frontend.dotted import quote_name
from magnetc.ir.json import Json
from magnetc.source.resources import resource
from magnetc.tools.guesses.effects import EffectGuess, guess_effect
from magnetc.tools.guesses.entities import Guesses, guess_entities
from magnetc.tools.guesses.meanings import STD
from magnetc.tools.guesses.words import words
from magnetc.tools.importers import importer
from magnetc.tools.importers.importer import Place, Snapshot, lock_key, without_references
from magnetc.tools.importers.openapi import parse_document

PATH = "everyday"
COUNT = 500
NOW = "2026-03-02T09:00:00Z"
"""A Monday: the same source gives the same recipe, on any day."""
_SCHEMAS = ("recipe", "types", "tools", "graph", "paths", "operations", "turns")


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """What was written, and what it rests on; nothing is guessed where no source was given."""

    files: tuple[str, ...]
    tools: int = 0
    world: str = ""
    guesses: Guesses | None = None
    effects: Mapping[str, EffectGuess] | None = None
    notes: tuple[str, ...] = ()


def init_recipe(folder: Path, source: str | None, *, force: bool, run: bool, announce: Callable[[str], None]) -> Begun:
    """Write a recipe into `folder`: from `source`, or a small one with comments.

    With `run` the tools themselves are the world, whatever they may do; otherwise only those that keep to themselves.

    Raises:
        MagnetError: MG013 for a source that is none, MG014 when files would be overwritten, MG015 when no world can run the tools,
            MG502 when the source cannot be imported.
    """
    if source is None:
        texts = {
            name: resource("specs", "std", "begin", name).read_text(encoding="utf-8") for name in ("recipe.yaml", "world.py", "shop.magnet")
        }
        texts["recipe.yaml"] = texts["recipe.yaml"].replace("name: shop", f"name: {recipe_name(folder)}", 1)
        return Begun(files=_written(folder, texts, {}, force), world="world:Shop")
    found = identify(source)
    place = Place(folder=found.folder, site_packages=lambda: found.folder)
    announce(f"importing {found.importer} `{found.argument}`")
    snapshot = importer(found.importer)(found.argument, place)
    return _from_snapshot(folder, found, place, snapshot, force, run)


def _from_snapshot(folder: Path, source: Source, place: Place, snapshot: Snapshot, force: bool, run: bool) -> Begun:
    entry = snapshot.entry()
    snapshot = without_references(snapshot)
    code = python_world(source.argument, place) if source.importer == "python" else None
    shown = code.effects if code else {}
    effects = {tool["name"]: guess_effect(tool, shown.get(tool["name"])) for tool in snapshot.functions}
    guesses = guess_entities(snapshot.functions)
    world, notes = _world(code, source, effects, run)
    callable_tools = _callable(snapshot, guesses)
    skipped = frozenset(tool["name"] for tool in snapshot.functions) - callable_tools
    texts = {
        "recipe.yaml": _recipe_text(recipe_name(folder), source, snapshot, world, bool(callable_tools)),
        "types.yaml": types_text(guesses.types),
        "tools.yaml": refine_text(source.importer, source.argument, snapshot.functions, guesses, effects),
        "turns.magnet": phrases_text(snapshot.functions, guesses, effects, skipped),
        "paths.magnet": _paths_text(sorted(callable_tools), sorted(skipped)),
    }
    if code is not None and code.text and "python" in world:
        texts["world.py"] = code.text
    copied = {path.name: path for path in (code.members if code else [source.folder / source.file.name] if source.file else [])}
    files = _written(folder, texts, copied, force)
    write_lock(folder, {lock_key(source.importer, source.argument): entry})
    return Begun(
        files=(*files, "magnetc.lock"), tools=len(snapshot.functions), world=inline(world), guesses=guesses, effects=effects, notes=notes
    )


def recipe_name(folder: Path) -> str:
    """The name of a folder as a recipe may be called."""
    name = re.sub(r"[^a-z0-9_-]+", "-", folder.resolve().name.lower()).strip("-_")
    return name if name[:1].isalpha() else f"recipe-{name}".rstrip("-")


def _world(code: PythonWorldText | None, source: Source, effects: Mapping[str, EffectGuess], run: bool) -> tuple[dict, tuple[str, ...]]:
    """The world, and what has to be said of it."""
    if code is not None and (run or not code.outside):
        return {"python": code.target}, ()
    reads_only = all(guess.effect == "reads" and guess.confidence == 1 for guess in effects.values())
    known = json.loads(resource("grammar", "schema", "recipe.schema.json").read_text(encoding="utf-8"))["properties"]["world"]["properties"]
    if source.importer == "mcp" and "mcp" in known and (run or reads_only):
        return {"mcp": {"servers": {"server": _server(source.argument, reads_only)}}}, ()
    reasons = tuple(
        f"`{tool}` may reach outside: {', '.join(f'`{call}`' for call in calls[:4])}"
        for tool, calls in (code.outside if code else {}).items()
    )
    if "simulated" in known:
        return {"simulated": {}}, (*reasons, "nothing real is called: `--run` makes the tools themselves the world")
    raise MagnetError(
        Diagnostic(
            code="MG015",
            message=f"no world can run the tools of `{source.argument}` yet",
            notes=reasons,
            help="pass `--run` if they may be called for real"
            if code or source.importer == "mcp"
            else "write a class with these tools as methods and `__init__(self, state, seed, now)`, and begin with that",
        )
    )


def _server(argument: str, reads_only: bool) -> dict[str, Json]:
    where = {"url": argument} if argument.startswith(("http://", "https://")) else {"command": shlex.split(argument)}
    return {**where, **({"holds": "nothing"} if reads_only else {})}


def _callable(snapshot: Snapshot, guesses: Guesses) -> frozenset[str]:
    """The tools whose required arguments can all be had: from a user, or from a result of another such tool."""
    minted = {each.name for each in guesses.types if each.definition.get("minted")}
    plain = {each.name for each in guesses.types if each.name not in minted and {"enum", "examples", "range"} & set(each.definition)} | STD
    blocked = {leaf.tool for leaf in guesses.untyped}
    needs = {
        tool["name"]: {
            each.type
            for each in guesses.places
            if each.leaf.tool == tool["name"] and not each.leaf.is_result and each.leaf.required and "default" not in each.leaf.schema
        }
        for tool in snapshot.functions
    }
    good: set[str] = set()
    while True:
        given = plain | {each.type for each in guesses.places if each.leaf.is_result and each.leaf.tool in good}
        more = {name for name, wanted in needs.items() if name not in blocked and wanted <= given}
        if more == good:
            return frozenset(good)
        good = more


def _recipe_text(name: str, source: Source, snapshot: Snapshot, world: dict, has_path: bool) -> str:
    lines = [
        modeline("recipe"),
        f"# Made from {snapshot.source} (digest {snapshot.digest}, licence {snapshot.licence}).",
        "kind: recipe",
        f"name: {name}",
        "version: 0.1.0",
        f"include: [std/types, types.yaml, tools.yaml{', paths.magnet' if has_path else ''}, turns.magnet]",
        "seed: 7",
        commented(f"world: {inline({**world, 'now': NOW})}", "what executes the calls"),
        *_alternative(source, snapshot, world),
        "system: {show: [date]}",
        "locales: {en: 1.0}",
        commented(f"paths: {{{PATH}: {COUNT}}}", "how many conversations of each path") if has_path else "paths: {}",
        commented("negatives: {mutate: 0.5}", "preference pairs per conversation"),
    ]
    return "\n".join(lines) + "\n"


def _alternative(source: Source, snapshot: Snapshot, world: dict) -> list[str]:
    """The server that an OpenAPI document has on this machine, as a world that is not chosen: nothing real is called unasked."""
    if source.importer != "openapi" or "simulated" not in world:
        return []
    name = source.argument.partition("#")[0]
    listed = parse_document(name, source.folder).get("servers") or [{}]
    url = str(listed[0].get("url", ""))
    if urlsplit(url).hostname not in ("127.0.0.1", "localhost", "::1"):
        return []
    resets = [tool["name"] for tool in snapshot.functions if "reset" in words(tool["name"]) and not tool["parameters"].get("required")]
    reads = all(tool.get("effect") == "reads" for tool in snapshot.functions)
    reset: Json = {"call": resets[0]} if resets else "none" if reads else {"command": ["sh", "reset.sh"]}
    other = {"openapi": {"document": name, "url": url, "reset": reset}, "now": NOW}
    return [commented(f"# world: {inline(other)}", "the server itself, set back so: docs/worlds.md")]


def _paths_text(tools: list[str], skipped: list[str]) -> str:
    """A path over the tools that can be called, planned to cover them, and the operations that need no more than first phrases."""
    lines = ["graph { infer typed }", "", f"path {PATH} {{", "  turns 2..6"]
    if skipped:
        lines += [
            f"  # Not yet: {', '.join(skipped)}. Something they need has no value (`magnetc check`).",
            f"  within [{', '.join(map(quote_name, tools))}]",
        ]
    lines += [
        "  sample coverage",
        "}",
        "",
        "operations {",
        "  merge(0.3)",
        "  insert(short=0, long=0.3, gap=1..3)",
        "  split(miss_func=0.1)",
    ]
    lines += ["  distract(0..6, most=16)"] if len(tools) > 12 else []
    return "\n".join([*lines, "}", ""])


def _written(folder: Path, texts: Mapping[str, str], copied: Mapping[str, Path], force: bool) -> tuple[str, ...]:
    """Write the files of a recipe, those of editors beside them; nothing when a file is there that is not to be overwritten."""
    copies = {name: path for name, path in copied.items() if path.resolve() != (folder / name).resolve()}
    taken = sorted(name for name in (*texts, *copies, "magnetc.lock") if (folder / name).exists())
    if taken and not force:
        raise MagnetError(
            Diagnostic(
                code="MG014",
                message=f"`{folder}` has {', '.join(f'`{name}`' for name in taken)} already",
                help="name another folder, or pass `--force` to overwrite",
            )
        )
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    for name, path in copies.items():
        shutil.copyfile(path, folder / name)
    _write_editor_files(folder)
    return (*texts, *copies)


def _write_editor_files(folder: Path) -> None:
    schemas = folder / ".magnetc" / "schema"
    schemas.mkdir(parents=True, exist_ok=True)
    for kind in _SCHEMAS:
        shutil.copyfile(resource("grammar", "schema", f"{kind}.schema.json"), schemas / f"{kind}.schema.json")
    ignore = folder / ".gitignore"
    lines = ignore.read_text(encoding="utf-8").splitlines() if ignore.exists() else []
    if ".magnetc/" not in lines:
        ignore.write_text("\n".join([*lines, ".magnetc/"]) + "\n", encoding="utf-8")
