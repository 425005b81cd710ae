"""The world of a recipe that begins with tools: their own code, where it keeps to itself; else one that is simulated."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from magnetc.emit.markdown import page
from magnetc.tools.guesses.effects import EffectGuess
from magnetc.tools.importers.importer import Place
from magnetc.tools.importers.python.effects import Touched, touched, touched_by_import
from magnetc.tools.importers.python.functions import find_functions, find_module
from magnetc.tools.importers.python.module import Module

WORLD_PARAMETERS = ("state", "seed", "now")


@dataclass(frozen=True, slots=True, kw_only=True)
class PythonWorldText:
    """How the code of a Python source is run. `target` is `module:Class` of the recipe's world; `text` that of `world.py`, empty when the
    source has a world itself. `members` are the files that have to come along. `outside`: by tool, calls that may reach out."""

    target: str
    text: str
    members: tuple[Path, ...]
    effects: Mapping[str, EffectGuess]
    outside: Mapping[str, Sequence[str]]


def python_world(argument: str, place: Place) -> PythonWorldText:
    """What a Python source needs to be a world, read off its text."""
    where, _, owner = argument.partition(":")
    module = Module.read(find_module(where, place))
    functions = find_functions(module, owner)
    methods: dict[str, ast.AST] = {node.name: node for node, home in functions} if owner else {}
    if owner and (found := module.find(owner)) and isinstance(found[1], ast.ClassDef):
        methods |= {each.name: each for each in found[1].body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)}
    seen = {node.name: touched(node, home, methods) for node, home in functions}
    name = Path(where).stem if where.endswith(".py") else where
    initial = methods.get("__init__")
    is_world = isinstance(initial, ast.FunctionDef) and [each.arg for each in initial.args.args[1:4]] == list(WORLD_PARAMETERS)
    outside = {tool: each.outside for tool, each in seen.items() if each.outside}
    for each in (module, *(other for other in module.beside.values() if other is not None)):
        if found_outside := touched_by_import(each).outside:
            outside[each.path.name] = found_outside
    if owner and not is_world and isinstance(initial, ast.FunctionDef) and _needs_arguments(initial):
        outside["__init__"] = ["its constructor needs arguments"]
    members = tuple(module.members())
    text = (
        ""
        if is_world
        else page(
            "module_world.py",
            what=f"`{argument}`",
            tools=sorted(seen),
            unsteady=any(each.unsteady for each in seen.values()),
            modules=[name, *sorted(path.stem for path in members if path != module.path)],
            owner=f"MODULES[0].{owner}" if owner else "",
        )
    )
    return PythonWorldText(
        target=f"{name}:{owner}" if is_world else "world:World",
        text=text,
        members=members,
        effects={tool: guess for tool, each in seen.items() if (guess := _effect(each))},
        outside=outside,
    )


def _needs_arguments(initial: ast.FunctionDef) -> bool:
    given = initial.args
    return len(given.args) - 1 > len(given.defaults) or any(each is None for each in given.kw_defaults)


def _effect(found: Touched) -> EffectGuess | None:
    """What code shows: nothing, where it calls what is not known."""
    if found.outside:
        return None
    if found.changes:
        return EffectGuess(effect="writes", confidence=0.95, reason="its code changes what the module or object holds")
    return EffectGuess(effect="reads", confidence=0.95, reason="its code changes nothing that outlives the call")
