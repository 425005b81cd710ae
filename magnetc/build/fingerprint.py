"""Fingerprint: the digest of all that the units of a build come from, so that what was made once is not made again.

What takes part: the spec, comments and places in files aside; the code of the world; the teacher, with its prompt programs; the
compiler. What does not: how many units there are, where no path is sampled for coverage, and what is only done with them afterwards.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from magnetc import plugins
from magnetc.build.compiler import compiler
from magnetc.ir.json import digest
from magnetc.ir.literal import print_literal
from magnetc.ir.spec import Spec
from magnetc.teachers.prompt_program import PromptProgram
from magnetc.tools.trust import code_digest

REPEATABLE = ("python", "simulated")
"""Worlds of which all that runs is digested. Those of servers use what else the machine has."""


def fingerprint(spec: Spec, folder: Path, states: Iterable[str], programs: Iterable[PromptProgram] = ()) -> str | None:
    """The digest for units of the recipe in `folder` whose worlds begin in these `states`; None where it cannot stand for all that
    they depend on: servers, and operations of other packages."""
    if spec.recipe.world.kind not in REPEATABLE or plugins.are_installed():
        return None
    counted = any(path.sample == "coverage" for path in spec.paths)
    recipe = spec.recipe if counted else replace(spec.recipe, paths=tuple((name, 0) for name, _ in spec.recipe.paths), scale=1.0)
    recipe = replace(recipe, name="", version="", description="", coverage=(), train="{}", endpoint=None)
    endpoint = spec.recipe.endpoint
    models = {program.name: endpoint.model_for(program.name) for program in programs} if endpoint else {}
    return digest({"compiler": compiler(), "spec": print_literal(replace(spec, recipe=recipe)), "code": code_digest(folder, spec.recipe.world),
                   "states": list(states),
                   "models": models, "programs": {program.name: digest([program.text, dict(program.output), dict(program.decoding),
                                                                        program.repair]) for program in programs}})
