"""Whether arguments satisfy the JSON Schema that a tool was declared by: all of it, unions and lengths too."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.validators import validator_for

from magnetc.ir.json import Json
from magnetc.ir.schema import filled
from magnetc.ir.signature import FunctionSignature


def schema_violations(tool: FunctionSignature, arguments: Mapping[str, Json], *, each_alone: bool = False) -> list[str]:
    """What keeps `arguments` from satisfying the schema of `tool`, a line each; none where it has no schema of its own.

    With `each_alone`, arguments and fields of theirs may be missing, and only what is wrong with one of those given counts.
    """
    if tool.schema is None:
        return []
    validator = _validator(tool.schema, tuple((p.name, p.schema, p.required) for p in tool.parameters))
    return [f"`/{'/'.join(map(str, error.absolute_path))}` does not satisfy `{error.validator}` of the tool's schema"
            for error in validator.iter_errors(dict(arguments))
            if not each_alone or (error.absolute_schema_path[0] == "properties" and error.validator != "required")]


@lru_cache(maxsize=1024)
def _validator(outline: str, parameters: tuple[tuple[str, str | None, bool], ...]) -> Any:
    properties = {name: json.loads(schema) if schema else {} for name, schema, _ in parameters}
    schema = filled(json.loads(outline), properties, [name for name, _, required in parameters if required])
    return validator_for(schema, default=Draft202012Validator)(schema)
