"""Guessed types and tools as the YAML of a recipe, each guess with its confidence and reason beside it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from magnetc.build.start.yaml_text import commented, inline, key
from magnetc.ir.json import Json
from magnetc.tools.guesses.effects import EffectGuess
from magnetc.tools.guesses.entities import GuessedType, Guesses, Placed
from magnetc.tools.guesses.leaf import kind_of, plain
from magnetc.tools.importers.importer import Snapshot

_DEEP = 8


def modeline(kind: str) -> str:
    """What tells editors the schema of a file."""
    return f"# yaml-language-server: $schema=.magnetc/schema/{kind}.schema.json"


def types_text(types: Sequence[GuessedType]) -> str:
    """A file of kind `types`."""
    lines = [
        modeline("types"),
        "# Guessed from names, formats and descriptions: confidence (0 to 1) and reason beside each. Change what is wrong.",
        "kind: types",
        "types:" if types else "types: {}",
    ]
    lines += [commented(f"  {each.name}: {inline(dict(each.definition))}", f"{each.confidence:g}: {each.reason}") for each in types]
    return "\n".join(lines) + "\n"


def refine_text(
    importer: str, argument: str, tools: Iterable[Mapping[str, Any]], guesses: Guesses, effects: Mapping[str, EffectGuess]
) -> str:
    """A file of kind `tools` that imports tools and says what was guessed of them."""
    lines = [
        modeline("tools"),
        "# Signatures and descriptions are in magnetc.lock; `magnetc lock` reads them anew. Here is what they do not say.",
        "kind: tools",
        f"from: [{{{importer}: {inline(argument)}}}]",
        "refine:",
    ]
    for tool in tools:
        lines += [f"  {key(tool['name'])}:", *_effect(effects[tool["name"]])]
        own = [each for each in guesses.places if each.leaf.tool == tool["name"]]
        taken = {each.leaf.pointer: each for each in own if not each.leaf.is_result}
        parameters = _parameters(tool["parameters"], taken)
        lines += ["    parameters:", *parameters] if parameters else []
        returned = {each.leaf.pointer: each.type for each in own if each.leaf.is_result}
        if returned:
            lines.append(f"    returns: {inline(typed(tool['returns'], returned))}")
    return "\n".join(lines) + "\n"


def declared_text(snapshot: Snapshot, guesses: Guesses, effects: Mapping[str, EffectGuess]) -> str:
    """A file of kind `tools` that declares them in full: their source is not needed again."""
    lines = [
        modeline("tools"),
        f"# source: {snapshot.source}",
        f"# digest: {snapshot.digest}",
        f"# licence: {snapshot.licence}",
        "kind: tools",
        "tools:",
    ]
    for tool in snapshot.functions:
        lines += [f"  {key(tool['name'])}:", f"    description: {inline(tool['description'])}", *_effect(effects[tool["name"]])]
        own = [each for each in guesses.places if each.leaf.tool == tool["name"]]
        schema = plain(tool["parameters"], {})
        definitions = _definitions(schema)
        taken = {each.leaf.pointer: each.type for each in own if not each.leaf.is_result}
        if schema.get("properties"):
            lines.append("    parameters:")
        for name, each in (schema.get("properties") or {}).items():
            inner = plain(each, definitions)
            entry: dict[str, Json] = {"type": _whole(inner, definitions, taken, f"/{name}", 0)}
            if inner.get("description"):
                entry["description"] = " ".join(str(inner["description"]).split())
            if inner.get("default") is not None:
                entry["default"] = inner["default"]
            elif name not in (schema.get("required") or ()):
                entry["optional"] = True
            lines.append(f"      {key(name)}: {inline(entry)}")
        if isinstance(tool.get("returns"), dict) and kind_of(tool["returns"]) != "null":
            returned = {each.leaf.pointer: each.type for each in own if each.leaf.is_result}
            lines.append(f"    returns: {inline(_whole(tool['returns'], _definitions(tool['returns']), returned, '', 0))}")
    return "\n".join(lines) + "\n"


def _effect(guess: EffectGuess) -> list[str]:
    return [commented(f"    effect: {guess.effect}", f"{guess.confidence:g}: {guess.reason}")]


def _definitions(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    return {**schema.get("definitions", {}), **schema.get("$defs", {})}


def _parameters(schema: Mapping[str, Any], taken: Mapping[str, Placed]) -> list[str]:
    lines = []
    for name, inner in (schema.get("properties") or {}).items():
        own = {pointer: each for pointer, each in taken.items() if pointer == f"/{name}" or pointer.startswith(f"/{name}/")}
        if own:
            written = _whole(inner, _definitions(schema), {pointer: each.type for pointer, each in own.items()}, f"/{name}", 0)
            worst = min(own.values(), key=lambda each: each.confidence)
            lines.append(commented(f"      {key(name)}: {{type: {inline(written)}}}", f"{worst.confidence:g}: {worst.reason}"))
    return lines


def typed(schema: Mapping[str, Any], types: Mapping[str, str]) -> Json:
    """The type of a result, as far as `types`, by pointer, know its leaves: what `refine` merges into what is imported."""
    return _part(schema, _definitions(schema), types, "", 0)


def _part(schema: Any, definitions: Mapping[str, Any], types: Mapping[str, str], pointer: str, depth: int) -> Json:
    """The type at `pointer` with only what leads to a known leaf; None where nothing does."""
    if pointer in types:
        return types[pointer]
    schema = plain(schema, definitions)
    if depth > _DEEP or not any(each.startswith(f"{pointer}/") for each in types):
        return None
    if kind_of(schema) == "array":
        items = _part(schema.get("items", {}), definitions, types, f"{pointer}/*", depth + 1)
        return None if items is None else [items]
    fields: dict[str, Json] = {}
    for name, inner in (schema.get("properties") or {}).items():
        found = _part(inner, definitions, types, f"{pointer}/{name}", depth + 1)
        if found is not None:
            fields[name if name in (schema.get("required") or ()) else f"{name}?"] = found
    if not fields and isinstance(schema.get("additionalProperties"), dict):
        found = _part(schema["additionalProperties"], definitions, types, f"{pointer}/*", depth + 1)
        return None if found is None else {"*": found}
    return fields or None


def _whole(schema: Any, definitions: Mapping[str, Any], types: Mapping[str, str], pointer: str, depth: int) -> Json:
    """The type of a schema, `object` for what a type cannot say."""
    if pointer in types:
        return types[pointer]
    schema = plain(schema, definitions)
    kind = kind_of(schema)
    if kind in ("string", "integer", "number", "boolean"):
        return kind
    if depth > _DEEP:
        return "object"
    if kind == "array":
        return [_whole(schema.get("items", {}), definitions, types, f"{pointer}/*", depth + 1)]
    if kind == "object" and schema.get("properties"):
        return {
            name if name in (schema.get("required") or ()) else f"{name}?": _whole(
                inner, definitions, types, f"{pointer}/{name}", depth + 1
            )
            for name, inner in schema["properties"].items()
        }
    if kind == "object" and isinstance(schema.get("additionalProperties"), dict):
        return {"*": _whole(schema["additionalProperties"], definitions, types, f"{pointer}/*", depth + 1)}
    return "object"
