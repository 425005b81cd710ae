"""PromptProgram: what a teacher is asked, as a Jinja2 text with a YAML head that says what goes in and what comes back.

    ---
    inputs: {source: object}
    output: {type: object, ...}          # JSON Schema of the reply
    decoding: {temperature: 0.7}
    repair: 2                            # how often a reply that cannot be read is asked for again
    ---
    Say what {{ source.name }} does.

A repair shows the model its last reply and what kept it from being used (`ask.py`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from magnetc.diagnostics import Diagnostic, MagnetError
from magnetc.ir.json import Json, wire
from magnetc.ir.read_json import check_depth, read_json
from magnetc.source.resources import resource

if TYPE_CHECKING:
    from jinja2 import Template
    from jsonschema import Draft7Validator

FOLDER = "prompts"
_HEAD = re.compile(r"---\n(.*?\n)---\n(.*)", re.DOTALL)
_KEYS = ("inputs", "output", "decoding", "repair")


@dataclass(frozen=True, kw_only=True)
class PromptProgram:
    """`inputs` maps names to JSON types, `output` is a JSON Schema, `decoding` goes to the teacher as it is."""

    name: str
    text: str
    inputs: Mapping[str, str]
    output: Mapping[str, Any]
    decoding: Mapping[str, Any]
    repair: int = 0

    def render(self, **inputs: Json) -> str:
        """The prompt for these inputs.

        Raises:
            MagnetError: MG420 when the text asks for what it is not given, or an input is missing or unknown.
        """
        if inputs.keys() != self.inputs.keys():
            raise _broken(self.name, f"it takes {', '.join(sorted(self.inputs))}, and is given {', '.join(sorted(inputs))}")
        try:
            return self._template.render(**inputs).strip() + "\n"
        except Exception as error:  # whatever the expressions of a text raise
            raise _broken(self.name, str(error)) from error

    def variables(self) -> set[str]:
        """The names that its text asks for. Raises MagnetError MG420 when the text is no template."""
        from jinja2 import TemplateError, meta
        from jinja2.sandbox import SandboxedEnvironment

        try:
            return set(meta.find_undeclared_variables(SandboxedEnvironment().parse(self.text)))
        except TemplateError as error:
            raise _broken(self.name, str(error)) from error

    def check(self) -> None:
        """Raises MagnetError MG420 when the text is no template, or `output` no schema."""
        from jinja2 import TemplateError
        from jsonschema import SchemaError

        try:
            self._template  # noqa: B018  # it is compiled when it is asked for
            self._validator.check_schema(self._validator.schema)
        except (TemplateError, SchemaError, RecursionError) as error:
            raise _broken(self.name, str(error).partition("\n")[0]) from error

    @cached_property
    def _template(self) -> Template:
        from jinja2 import StrictUndefined
        from jinja2.sandbox import SandboxedEnvironment

        environment = SandboxedEnvironment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
        environment.filters["tojson"] = wire   # Jinja2's own escapes what HTML would trip over, and all that is not ASCII
        return environment.from_string(self.text)

    @cached_property
    def _validator(self) -> Draft7Validator:
        from jsonschema import Draft7Validator

        return Draft7Validator(dict(self.output))

    def read(self, reply: str) -> Json:
        """The JSON value of a reply: all of it, or its only fenced block. Raises ValueError, in words for the teacher."""
        blocks = re.findall(r"```(?:json)?\s*\n(.*?)```", reply, re.DOTALL)
        text = blocks[0] if len(blocks) == 1 else reply
        try:
            value = read_json(text)
        except ValueError as error:
            raise ValueError(f"it is not JSON: {error}") from error
        problem = next(self._validator.iter_errors(value), None)
        if problem is not None:
            at = "/".join(map(str, problem.absolute_path))
            raise ValueError(f"{f'`{at}`: ' if at else ''}{problem.message}")
        return value


def load_program(name: str, recipe: Path | None = None) -> PromptProgram:
    """The program `name`: of the recipe's `prompts/` where it has one, else the shipped one.

    Raises:
        MagnetError: MG420 when its head cannot be read or lacks `inputs` or `output`.
    """
    file = f"{name}.md.j2"
    own = recipe / FOLDER / file if recipe else None
    path = own if own and own.is_file() else resource("specs", "std", FOLDER, file)
    return parse_program(name, path.read_text(encoding="utf-8"))


def parse_program(name: str, text: str) -> PromptProgram:
    """A program from its text. Raises MagnetError MG420."""
    import yaml

    parts = _HEAD.fullmatch(text)
    if parts is None:
        raise _broken(name, "it does not begin with a head between two lines `---`")
    try:
        head = yaml.safe_load(parts[1])
        check_depth(head)
        json.dumps(head, allow_nan=False)
    except (yaml.YAMLError, ValueError, TypeError, RecursionError) as error:
        raise _broken(name, f"its head is no YAML, or more than JSON holds: {error}") from error
    if not isinstance(head, dict) or not isinstance(head.get("inputs"), dict) or not isinstance(head.get("output"), dict):
        raise _broken(name, "its head has to say `inputs` and `output`")
    if strange := sorted(set(map(str, head)) - set(_KEYS)):
        raise _broken(name, f"its head has the unknown key `{strange[0]}`")
    if not all(isinstance(key, str) and key.isidentifier() for key in head["inputs"]):
        raise _broken(name, "its `inputs` have to be plain names")
    if type(repair := head.get("repair") or 0) is not int or not isinstance(head.get("decoding") or {}, dict):
        raise _broken(name, "`repair` is a number, and `decoding` a mapping")
    program = PromptProgram(name=name, text=parts[2], inputs=head["inputs"], output=head["output"],
                            decoding=head.get("decoding") or {}, repair=repair)
    program.check()
    return program


def broken(name: str, why: str) -> Diagnostic:
    """MG420: why a program cannot be used."""
    return Diagnostic(code="MG420", message=f"the prompt program `{name}` cannot be used: {why}",
                                  help=f"compare it with `specs/std/{FOLDER}/{name}.md.j2`")


def _broken(name: str, why: str) -> MagnetError:
    return MagnetError(broken(name, why))
