"""Ingredients: all that the units of a build come from, each with its digest, so that what was made once is not made again.

Some play a part in every unit: the types, the frames, the code of the world and the files beside it, its initial states, the
teacher with its prompt programs, the compiler. Others in those alone that call or offer a tool: its declaration, and what is said of
it. What plays none: how many units there are, where no path is sampled for coverage, and what is only done with them afterwards.
Comments, and places in files, are no part of anything.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from magnetc import plugins
from magnetc.build import mix
from magnetc.build.clean import files_of
from magnetc.build.compiler import compiler
from magnetc.build.model_names import model_names
from magnetc.build.output import file_digest
from magnetc.ir.json import digest
from magnetc.ir.literal import print_literal
from magnetc.ir.presentation import real_names
from magnetc.ir.spec import Recipe, Spec
from magnetc.ir.types import leaves
from magnetc.passes.pipeline import CompiledUnit
from magnetc.source import Origin
from magnetc.teachers.prompt_program import PromptProgram
from magnetc.tools.trust import code_digest, code_files, files_below

REPEATABLE = ("python", "simulated")
"""Worlds of which all that runs is digested. Those of servers use what else the machine has."""

_QUOTED = re.compile(r"'([^'\\]+)'")


@dataclass(frozen=True, slots=True)
class Ingredient:
    """A thing that units come from: what people call it, its digest, and where it stands, if in a file of the recipe."""

    name: str
    digest: str
    origin: Origin | None = None


@dataclass(frozen=True, kw_only=True)
class Ingredients:
    """What the units of `spec` come from. `shared` are in each of them, `sampled` in how their paths are drawn: what of that
    matters to a unit is in its scripts."""

    spec: Spec
    shared: tuple[Ingredient, ...]
    sampled: tuple[Ingredient, ...]

    @cached_property
    def tools(self) -> dict[str, Ingredient]:
        """The declarations of tools, by name."""
        return {tool.name: _node("tool", tool.name, tool) for tool in self.spec.tools}

    @cached_property
    def said(self) -> tuple[tuple[frozenset[str], Ingredient], ...]:
        """What is said of tools, and of which: a statement is in a unit that has all of them."""
        spec, found = self.spec, []
        for kind, templates in (("turn", spec.turns), ("reply", spec.replies)):
            found += [(frozenset(name for name, _ in each.chain), _node(kind, " then ".join(name for name, _ in each.chain), each))
                      for each in templates]
        return (*found, *((frozenset([each.tool]), _node("capability", each.tool, each)) for each in spec.capabilities))

    @cached_property
    def refers(self) -> tuple[tuple[str, Ingredient], ...]:
        """How users point at values, with the type of these."""
        return tuple((each.type, _node("refer", each.type, each)) for each in self.spec.refers)

    @cached_property
    def whole(self) -> str:
        """The digest of everything: while it stays, so does every unit."""
        return digest([[each.name, each.digest] for each in self.everything()])

    def everything(self) -> Iterator[Ingredient]:
        """Every ingredient. Several statements on one thing have the same name."""
        yield from self.shared
        yield from self.sampled
        yield from self.tools.values()
        yield from (each for _, each in self.said)
        yield from (each for _, each in self.refers)

    def by_name(self) -> dict[str, str]:
        """A digest of all that has the same name."""
        found: dict[str, list[str]] = {}
        for each in self.everything():
            found.setdefault(each.name, []).append(each.digest)
        return {name: digest(digests) for name, digests in found.items()}

    def of(self, names: Collection[str]) -> Iterator[Ingredient]:
        """What a unit in which tools have these `names` comes from, beside its scripts and what is `shared`."""
        used = frozenset(names) & self.tools.keys()
        yield from (self.tools[name] for name in sorted(used))
        at = {index for name in used for index in self._said_at.get(name, ()) if self.said[index][0] <= used}
        yield from (self.said[index][1] for index in sorted(at))
        types = {name for tool in used for name in self._types[tool]}
        yield from (each for name, each in self.refers if any(self.spec.type_table.unify(of, name) for of in types))

    def used_by(self, unit: CompiledUnit) -> Iterator[Ingredient]:
        """What an attempt at a unit comes from, beside its scripts and what is `shared`."""
        return self.of(_names_in(repr(unit)))

    def key(self, unit: CompiledUnit) -> str:
        """The digest of all that comes of an attempt at a unit: its scripts, what they use, and what is shared."""
        # A dataclass's representation has all its fields but origins, and takes a sixth of the time of its text form.
        text = repr(unit)
        names = _names_in(text)
        shown = any(script.shown.tools for script in unit.scripts)
        abstains = any(turn.abstains for script in unit.scripts for turn in script.turns)
        near = {name: self.spec.comes_near(name) for name in sorted(names & self.tools.keys())} if abstains else {}
        return digest([text, [each.digest for each in self.of(names)], self._shared_digest, near, self._names if shown else []])

    @cached_property
    def _said_at(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        for index, (tools, _) in enumerate(self.said):
            for name in tools:
                found.setdefault(name, []).append(index)
        return found

    @cached_property
    def _shared_digest(self) -> str:
        return digest([[each.name, each.digest] for each in self.shared])

    @cached_property
    def _names(self) -> list[str]:
        """Names that nothing may be shown by, where tools are shown by others."""
        return sorted(frozenset().union(*real_names(self.spec)))

    @cached_property
    def _types(self) -> dict[str, frozenset[str]]:
        """The names of the types in each tool's declaration."""
        return {tool.name: frozenset(ref.name for expr in (*(each.type for each in tool.parameters), tool.returns) for _, ref in leaves(expr))
                for tool in self.spec.tools}


def ingredients(spec: Spec, folder: Path, documents: Collection[str], states: Iterable[str],
                programs: Sequence[PromptProgram] = ()) -> Ingredients | None:
    """The ingredients of the recipe in `folder` whose worlds begin in these `states`; None where they cannot be all: servers, and
    operations of other packages.

    Files beside the `documents` of the recipe take part whatever they are: its world may read them.
    """
    if spec.recipe.world.kind not in REPEATABLE or plugins.are_installed():
        return None
    shared = (Ingredient("magnetc and the packages beside it", compiler()), *_recipe(spec),
              Ingredient("the code of the world", code_digest(folder, spec.recipe.world)),
              *_other_files(folder, {*documents, *files_of(spec), *mix.files_of(spec)}), *(Ingredient(f"initial state {number}", state) for number, state in enumerate(states)),
              *_teacher(spec, folder, programs), *_types_and_frames(spec))
    return Ingredients(spec=spec, shared=shared, sampled=tuple(_sampled(spec)))


def _names_in(text: str) -> set[str]:
    """All that may be the name of a tool in the representation of IR: rather too many than one too few."""
    return set(_QUOTED.findall(text))


def _node(kind: str, name: str, node: object) -> Ingredient:
    return Ingredient(f"{kind} `{name}`", digest(print_literal(node)), getattr(node, "origin", None))


def _recipe(spec: Spec) -> Iterator[Ingredient]:
    """The recipe's own keys, those left out that are used before or after units are made."""
    neither = replace(spec.recipe, name="", version="", description="", coverage=(), train="{}", model=None, paths=(), mixture=(), difficulty=(), chain=0, scale=1.0,
                      decontaminate=None, deduplicate=None, mix=(), held_out=None,
                      partitions=Recipe.__dataclass_fields__["partitions"].default)
    yield Ingredient("the recipe", digest(print_literal(neither)), spec.recipe.origin)
    if spec.recipe.held_out and spec.recipe.held_out.phrases:
        yield Ingredient("the phrases that are held out", digest([spec.recipe.held_out.phrases]))
    if spec.recipe.world.kind == "simulated":   # a world that is made from all of them
        yield Ingredient("the tools of the world", digest(print_literal(spec.tools)))


def _other_files(folder: Path, documents: Collection[str]) -> Iterator[Ingredient]:
    """The files that are neither documents nor code, nor plans of a build."""
    others = set(map(Path.as_posix, files_below(folder))) - set(map(Path.as_posix, code_files(folder))) - set(documents)
    for name in sorted(others):
        if not _is_plan(folder / name):
            yield Ingredient(f"the file `{name}`", file_digest(folder / name))


def _is_plan(path: Path) -> bool:
    if path.suffix != ".json":
        return False
    with path.open("rb") as file:
        return b'"kind": "plan"' in file.read(64)


def _teacher(spec: Spec, folder: Path, programs: Sequence[PromptProgram]) -> Iterator[Ingredient]:
    if spec.recipe.model is None:
        return
    named = model_names(spec.recipe.model, folder)
    for program in programs:
        yield Ingredient(f"the prompt program `{program.name}`", digest([program.text, dict(program.output), dict(program.decoding), program.repair]))
        yield Ingredient(f"the model of `{program.name}`", digest(named(program.name)), spec.recipe.origin)
    # whoever writes words may name no tool of the recipe
    yield Ingredient("the names of the tools", digest(sorted(spec.tool)))


def _types_and_frames(spec: Spec) -> Iterator[Ingredient]:
    yield from (_node("type", each.name, each) for each in spec.types)
    yield from (_node("ask", each.of, each) for each in spec.asks)
    yield from (_node("operation", each.name, each) for each in spec.operations)
    yield from (_node("frames", each.locale, each) for each in spec.frames)
    for undo in spec.graph.undos:
        yield _node("undo", undo.tool, undo)


def _sampled(spec: Spec) -> Iterator[Ingredient]:
    yield from (_node("set", each.name, each) for each in spec.sets)
    yield from (_node("path", each.name, each) for each in spec.paths)
    yield Ingredient("the graph", digest(print_literal(spec.graph)))
    if held := spec.recipe.held_out:
        yield Ingredient("the tools that are held out", digest([held.tools, held.count]))
    if spec.recipe.mixture:
        yield Ingredient("the mixture", digest(print_literal(spec.recipe.mixture)), spec.recipe.origin)
    if spec.recipe.difficulty:
        yield Ingredient("the difficulty", digest(print_literal((spec.recipe.difficulty, spec.recipe.chain))), spec.recipe.origin)
    if any(path.sample == "coverage" for path in spec.paths):
        yield Ingredient("the counts of paths", digest(print_literal(spec.recipe.paths)))
