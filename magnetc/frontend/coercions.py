"""Values of the wrong type that say plainly what was meant: how they are written as values of the right one."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from magnetc.diagnostics import Fix, Sink
from magnetc.diagnostics.edits import quoted
from magnetc.frontend.schema_words import NAMES, is_number, listed, referred, short, show, type_of

if TYPE_CHECKING:
    from magnetc.frontend.schema import Violation

Advice = tuple[str | None, Fix | None]

_BOUNDS = re.compile(r"\s*(-?\d+(?:\.\d+)?)\s*(?:\.\.\.?|-|–|to|,)\s*(-?\d+(?:\.\d+)?)\s*")
_BEFORE = re.compile(r"\s*([\w.-]+) before ([\w.-]+)\s*")
_PERCENT = re.compile(r"\s*(\d+(?:\.\d+)?)\s*%\s*")
_ARROW = re.compile(r"\s*([\w.`-]+?)\s*(?:->|~>|=>|→)\s*([\w.`-]+)\s*")
_CURLY = re.compile(r"[“”‘’«»]")


def coerced(violation: Violation, sink: Sink) -> Advice:
    """What to write instead, and the fix that writes it where that is certain."""
    expected = [violation.rule] if isinstance(violation.rule, str) else violation.rule
    found = type_of(violation.value)
    for coercion in _COERCIONS:
        if advice := coercion(expected, found, violation, sink):
            return advice
    description = violation.expected()
    if found == "null" or expected == ["string"]:
        return description, None
    wanted = " or ".join(NAMES[name] for name in expected)
    return f"write {wanted}: {description}" if description else f"write {wanted}", None


def _to_text(expected: list[str], found: str, violation: Violation, sink: Sink) -> Advice | None:
    source = sink.source(violation.span())
    if "string" not in expected:
        return None
    if found in ("integer", "number", "boolean"):
        return f'put it in quotes: `"{source or show(violation.value)}"`', quoted(violation.span(), source) if source else None
    is_slot = isinstance(violation.value, dict) and list(violation.value.values()) == [None]
    if expected == ["string"] and is_slot and source.startswith("{") and not set('"\n') & set(source):
        return f'put it in quotes: `"{source}"`', quoted(violation.span(), source)
    return None


def _to_list(expected: list[str], found: str, violation: Violation, sink: Sink) -> Advice | None:
    source, value, span = sink.source(violation.span()), violation.value, violation.span()
    if expected != ["array"] or found not in ("string", "object", "integer", "number") or "\n" in source:
        return None
    written: str | None = source or show(value)
    items = referred(violation.schema.get("items", {}), violation.document.kind)
    if isinstance(value, str) and (orders := _BEFORE.fullmatch(value)) and items.get("required") == ["before", "after"]:
        written = f"[{{before: {orders[1]}, after: {orders[2]}}}]"
        return f"write it as a list: `{written}`", Fix.of(span, written) if source else None
    if isinstance(value, str) and items.get("type") == "object":
        return f"write it as a list of `{_example(items)}`", None
    if violation.schema.get("minItems") == 2:
        written = _two_bounds(value, source or show(value))
    elif isinstance(value, dict):
        lacking = [key for key in items.get("required", ()) if key not in value]
        if lacking:
            return f"write it as a list of `{_example(items)}`", None
        if items.get("maxProperties") == 1 and len(value) > 1:
            written = "}, {".join(each.strip() for each in _entries(violation, sink))
            written = f"{{{written}}}" if written else None
    if written is None:
        return "write it as a list: `[1, 3]`", None
    return f"write it as a list: `[{short(written)}]`", Fix.of(span, f"[{written}]") if source else None


def _two_bounds(value: Any, source: str) -> str | None:
    if isinstance(value, str):
        found = _BOUNDS.fullmatch(value)
        return f"{found[1]}, {found[2]}" if found else None
    if isinstance(value, dict):
        bounds = [each for each in value.values() if isinstance(each, (int, float))]
        return f"{bounds[0]}, {bounds[1]}" if len(bounds) == len(value) == 2 else None
    return f"{source}, {source}"


def _entries(violation: Violation, sink: Sink) -> list[str]:
    """The source of each entry of a mapping: `key: value`."""
    spans = [(violation.span(key, at_key=True), violation.span(key)) for key in violation.value]
    files = {span.file for pair in spans for span in pair}
    texts = [sink.files[file].text for file in files if file in sink.files]
    return [texts[0][key.start : value.end] for key, value in spans] if len(texts) == 1 else []


def _to_mapping(expected: list[str], found: str, violation: Violation, sink: Sink) -> Advice | None:
    if "object" not in expected or found == "null" or "string" in expected:
        return None
    schema, value, span = violation.schema, violation.value, violation.span()
    source, required = sink.source(span), schema.get("required", [])
    in_yaml = not violation.document.root and source and "\n" not in source
    arrow = _ARROW.fullmatch(value) if isinstance(value, str) else None
    if arrow and required == ["from", "to"]:
        written = f"{{from: {arrow[1]}, to: {arrow[2]}}}"
        return f"write `{written}`", Fix.of(span, written) if in_yaml else None
    if len(required) == 1 and found in _types(schema["properties"][required[0]]):
        written = f"{{{required[0]}: {source}}}"
        return f"write `{short(written)}`", Fix.of(span, written) if in_yaml else None
    if isinstance(value, list) and len(value) == len(required) == 2 and all(isinstance(each, str) for each in value):
        written = f"{{{required[0]}: {value[0]}, {required[1]}: {value[1]}}}"
        return f"write `{written}`", Fix.of(span, written, safe=False) if in_yaml else None
    if required:
        return f"write a mapping: `{_example(schema)}`", None
    known = schema.get("properties", {})
    if known:
        return f"write a mapping; its keys are {listed(known)}", None
    inner = schema.get("additionalProperties", schema.get("else", {}).get("additionalProperties"))
    of = _example(inner) if isinstance(inner, dict) and inner.get("type") == "object" else "…"
    names = [each for each in value if isinstance(each, str)][:2] if isinstance(value, list) else []
    return f"write each under its name: `{{{', '.join(f'{name}: {of}' for name in names or ['name'])}}}`", None


def _types(schema: dict[str, Any]) -> tuple[str, ...]:
    types = schema.get("type", ())
    types = (types,) if isinstance(types, str) else tuple(types)
    types = types or (("string",) if "$ref" in schema else ())
    return (*types, *(("integer",) if "number" in types else ()))


def _example(schema: dict[str, Any]) -> str:
    """A mapping with the keys that it has to have."""
    required = schema.get("required", [])
    return f"{{{', '.join(f'{key}: …' for key in required)}}}" if required else "{…}"


def _to_number(expected: list[str], found: str, violation: Violation, sink: Sink) -> Advice | None:
    value, span = violation.value, violation.span()
    if not {"integer", "number"} & set(expected) or found not in ("string", "number"):
        return None
    if expected == ["integer"] and found == "number":
        return (f"write `{int(value)}`", Fix.of(span, str(int(value)))) if value == int(value) else None
    if found != "string":
        return None
    if is_number(value):
        return f"remove the quotes: `{value}`", Fix.of(span, value)
    bare = _CURLY.sub("", value)
    if bare != value and is_number(bare):
        return f"`“ ”` are no quotes in YAML, and a number needs none: write `{bare}`", Fix.of(span, bare)
    percent = _PERCENT.fullmatch(value)
    if percent and violation.schema.get("maximum") == 1:
        share = f"{float(percent[1]) / 100:g}"
        return f"write a share of 1: `{share}`", Fix.of(span, share)
    return None


def _to_boolean(expected: list[str], found: str, violation: Violation, sink: Sink) -> Advice | None:
    value = violation.value
    if "boolean" in expected and found == "string" and value.lower() in ("true", "false"):
        return f"remove the quotes: `{value.lower()}`", Fix.of(violation.span(), value.lower())
    return None


_COERCIONS: tuple[Callable[[list[str], str, Violation, Sink], Advice | None], ...] = (
    _to_text, _to_list, _to_mapping, _to_number, _to_boolean)
