"""Fingerprint: the digest of all that the units of a build come from, so that what was made once is not made again.

What takes part: the spec, comments and places in files aside; the code of the world and the files beside it; the
teacher, with its prompt programs; the compiler. What does not: how many units there are, where no path is sampled for coverage, and what is only done with them afterwards.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from pathlib import Path

from magnetc import plugins
from magnetc.build.compiler import compiler
from magnetc.build.output import file_digest
from magnetc.ir.json import digest
from magnetc.ir.literal import print_literal
from magnetc.ir.spec import Spec
from magnetc.teachers.prompt_program import PromptProgram
from magnetc.tools.trust import code_digest, code_files, files_below

REPEATABLE = ("python", "simulated")
"""Worlds of which all that runs is digested. Those of servers use what else the machine has."""


def fingerprint(spec: Spec, folder: Path, documents: Collection[str], states: Iterable[str],
                programs: Iterable[PromptProgram] = ()) -> str | None:
    """The digest for units of the recipe in `folder` whose worlds begin in these `states`; None where it cannot stand for all that
    they depend on: servers, and operations of other packages.

    Files beside the `documents` of the recipe take part whatever they are: its world may read them.
    """
    if spec.recipe.world.kind not in REPEATABLE or plugins.are_installed():
        return None
    counted = any(path.sample == "coverage" for path in spec.paths)
    recipe = spec.recipe if counted else replace(spec.recipe, paths=tuple((name, 0) for name, _ in spec.recipe.paths), scale=1.0)
    recipe = replace(recipe, name="", version="", description="", coverage=(), train="{}", endpoint=None)
    endpoint = spec.recipe.endpoint
    models = {program.name: endpoint.model_for(program.name) for program in programs} if endpoint else {}
    return digest({"compiler": compiler(), "spec": print_literal(replace(spec, recipe=recipe)), "code": code_digest(folder, spec.recipe.world),
                   "files": _other_files(folder, documents), "states": list(states),
                   "models": models, "programs": {program.name: digest([program.text, dict(program.output), dict(program.decoding),
                                                                        program.repair]) for program in programs}})


def _other_files(folder: Path, documents: Collection[str]) -> dict[str, str]:
    """The digests of the files that are neither documents nor code, nor plans of a build."""
    others = set(map(Path.as_posix, files_below(folder))) - set(map(Path.as_posix, code_files(folder))) - set(documents)
    return {name: file_digest(folder / name) for name in sorted(others) if not _is_plan(folder / name)}


def _is_plan(path: Path) -> bool:
    if path.suffix != ".json":
        return False
    with path.open("rb") as file:
        return b'"kind": "plan"' in file.read(64)
