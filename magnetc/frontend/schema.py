"""Check a document against the JSON Schema of its kind (`grammar/schema/`), in the compiler's own words.

The schemas are a subset of draft-07 in which no construct is a choice of branches, so that every violation has one
cause. `x-to-come` lists keys or values of features that are not built yet, `x-names` says what the keys of a mapping name.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from magnetc import plugins
from magnetc.diagnostics import Fix, Sink
from magnetc.diagnostics.edits import removed, renamed
from magnetc.diagnostics.suggest import closest
from magnetc.frontend.compiled_schema import Violated, compile_schema
from magnetc.frontend.document import Document
from magnetc.frontend.schema_words import listed
from magnetc.frontend.violations import RULES, causes, misfit
from magnetc.source import Span
from magnetc.source.origin import escape
from magnetc.source.resources import resource

KINDS = ("recipe", "types", "tools", "graph", "paths", "operations", "turns", "frames")

_BOOLEANS = {"yes": "true", "no": "false", "on": "true", "off": "false"}


def validate(document: Document, sink: Sink) -> bool:
    """Whether `document` has the shape of its kind; each violation becomes a diagnostic."""
    if document.kind not in KINDS:
        near = closest(document.kind, KINDS)
        sink.error(
            "MG123",
            f"there is no kind `{document.kind}`",
            document.span("/kind"),
            help=f"did you mean `{near}`?" if near else f"the kinds are {listed(KINDS)}",
            fix=renamed(sink, document.span("/kind"), document.kind, near) if near else None,
        )
        return False
    return conforms(document, sink)


def conforms(document: Document, sink: Sink, part: str = "") -> bool:
    """Whether `document` has the shape of its kind, or of that kind's key `part`; each violation becomes a diagnostic."""
    errors = _compiled(document.kind, part)(document.data)
    # A scalar that YAML could not be sure of is reported already.
    reported = (
        {diagnostic.primary.at for diagnostic in sink.diagnostics if diagnostic.primary} if errors else ()
    )
    for keyword, violation in causes((error.keyword, Violation(document, error)) for error in errors):
        if sink.is_full:
            break
        if violation.span() not in reported:
            RULES.get(keyword, misfit)(violation, sink)
        elif keyword in ("type", "enum"):
            _settle(violation, sink)
    return not errors


def faults(document: Document) -> list[tuple[str | int, ...]]:
    """Where a document has not the shape of its kind: the path of each value, or key, that is at fault."""
    return [tuple(violated.path) for violated in _compiled(document.kind, "")(document.data)]


def keys_of(kind: str) -> frozenset[str]:
    """The keys that a document of this kind may have."""
    return frozenset(_schema(kind)["properties"])


def _settle(violation: Violation, sink: Sink) -> None:
    """What YAML could not be sure of, the schema is: `yes` is `true` where only a boolean can stand."""
    wanted, text = violation.rule, violation.value
    if wanted == [0, 1] and isinstance(text, str) and text.lower() in _BOOLEANS:
        digit = "1" if _BOOLEANS[text.lower()] == "true" else "0"
        sink.repair(violation.span(), ("MG115",), Fix.of(violation.span(), digit), help=f"write `{digit}`")
    elif wanted == "boolean" and isinstance(text, str) and (text.lower() in _BOOLEANS):
        sink.repair(violation.span(), ("MG115",), Fix.of(violation.span(), _BOOLEANS[text.lower()]), help=f"write `{_BOOLEANS[text.lower()]}`")
    elif wanted in ("integer", "number") and isinstance(text, str) and sink.repair(violation.span(), ("MG122",), None, help="write a number of at most 64 bits"):
        return
    elif wanted in ("integer", "number") and isinstance(text, str) and text.lstrip("+-0").isdecimal():
        sink.repair(violation.span(), ("MG115",), Fix.of(violation.span(), text.lstrip("+0")))


@lru_cache(maxsize=2 * len(KINDS))
def _compiled(kind: str, part: str) -> Callable[[Any], list[Violated]]:
    schema = _schema(kind)
    return compile_schema({**schema["properties"][part], "definitions": schema["definitions"]} if part else schema)


@lru_cache(maxsize=len(KINDS))
def _schema(kind: str) -> dict[str, Any]:
    """The schema of a kind, with what plugins add to it."""
    schema = json.loads(resource("grammar", "schema", f"{kind}.schema.json").read_text(encoding="utf-8"))
    if kind == "operations":
        known = schema["properties"]["operations"]["items"]["properties"]
        known.update((name, _of_plugin(plugin)) for name, plugin in plugins.operations().items() if name not in known)
    if kind == "recipe":
        known = schema["properties"]["world"]["properties"]
        known.update((name, _of_plugin(plugin)) for name, plugin in plugins.worlds().items() if name not in known)
    if kind == "tools":
        known = schema["properties"]["from"]["items"]["properties"]
        known.update((name, {"description": "What to import.", "type": "string", "minLength": 1}) for name in plugins.importer_names()
                     if name not in known)
    return schema


def _of_plugin(plugin: Any) -> dict[str, Any]:
    properties = {name: dict(schema) for name, schema in plugin.options.items()}
    return {"type": "object", "properties": properties, "additionalProperties": False}


def probabilities(operation: str) -> frozenset[str]:
    """The options of an operation that are probabilities: numbers of at most 1."""
    items = _schema("operations")["properties"]["operations"]["items"]
    options = items["properties"].get(operation, {}).get("properties", {})
    return frozenset(name for name, schema in options.items() if schema.get("type") == "number" and schema.get("maximum") == 1)


class Violation:
    """One violation with the words for its place."""

    def __init__(self, document: Document, violated: Violated):
        self.document = document
        self.rule, self.value, self.schema = violated.rule, violated.value, violated.schema
        self.path, self.is_key = violated.path, violated.is_key

    def pointer(self, *more: str | int) -> str:
        return "".join("/" + escape(str(token)) for token in (*self.path, *more))

    def span(self, *more: str | int, at_key: bool = False) -> Span:
        return self.document.span(self.pointer(*more), at_key=at_key or self.is_key)

    def subject(self) -> str:
        """What the violating value is called: `key`, item 2 of `key`, or the document."""
        if not self.path:
            return f"this {self.document.kind} file"
        items = [token + 1 for token in self.path if isinstance(token, int)]
        last = self.path[-1]
        if isinstance(last, str):
            return f"`{last}`"
        owner = next((token for token in reversed(self.path) if isinstance(token, str)), self.document.kind)
        return f"item {items[-1]} of `{owner}`"

    def expected(self) -> str | None:
        """What should stand here, from the schema's description."""
        text = self.schema.get("description", "").rstrip(".")
        return text[:1].lower() + text[1:] or None

    def without(self, token: str | int, sink: Sink, *, safe: bool = False) -> Fix | None:
        """The fix that takes out a key or an item below this value; None in the DSL, whose statements end otherwise."""
        file = sink.files.get(self.document.file)
        if file is None or self.document.root or self.pointer(token) not in self.document.spans:
            return None
        return removed(file, self.span(token, at_key=True).start, self.span(token).end, safe=safe)

    def container(self) -> Span:
        """Where to point when something is absent: the key that the container is known by, or the kind."""
        return self.span(at_key=True) if self.path else self.document.span("/kind")
