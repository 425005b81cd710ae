"""Check a document against the JSON Schema of its kind (`grammar/schema/`), in the compiler's own words.

The schemas are a subset of draft-07 in which no construct is a choice of branches, so that every violation has one
cause. `x-to-come` lists keys or values of features that are not built yet.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

from magnetc import plugins
from magnetc.diagnostics import Fix, Label, Sink
from magnetc.diagnostics.edits import quoted, removed, renamed
from magnetc.diagnostics.suggest import closest, is_sure
from magnetc.frontend.compiled_schema import Violated, compile_schema
from magnetc.frontend.document import Document
from magnetc.ir.json import Json
from magnetc.source import Span
from magnetc.source.origin import escape
from magnetc.source.resources import resource

KINDS = ("recipe", "types", "tools", "graph", "paths", "operations", "turns", "frames")

_BOOLEANS = {"yes": "true", "no": "false", "on": "true", "off": "false"}

_NAMES = {
    "string": "text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "`true` or `false`",
    "array": "a list",
    "object": "a mapping",
    "null": "nothing",
}

def validate(document: Document, sink: Sink) -> bool:
    """Whether `document` has the shape of its kind; each violation becomes a diagnostic."""
    if document.kind not in KINDS:
        near = closest(document.kind, KINDS)
        sink.error(
            "MG123",
            f"there is no kind `{document.kind}`",
            document.span("/kind"),
            help=f"did you mean `{near}`?" if near else f"the kinds are {_list(KINDS)}",
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
    for error in errors:
        if sink.is_full:
            break
        violation = _Violation(document, error)
        if violation.span() not in reported:
            _RULES.get(error.keyword, _misfit)(violation, sink)
        elif error.keyword == "type":
            _settle(violation, sink)
    return not errors


def _settle(violation: _Violation, sink: Sink) -> None:
    """What YAML could not be sure of, the schema is: `yes` is `true` where only a boolean can stand."""
    wanted, text = violation.rule, violation.value
    if wanted == "boolean" and isinstance(text, str) and (text.lower() in _BOOLEANS):
        sink.repair(violation.span(), ("MG115",), Fix.of(violation.span(), _BOOLEANS[text.lower()]))
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


class _Violation:
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


def _unknown_keys(violation: _Violation, sink: Sink) -> None:
    known = violation.schema.get("properties", {})
    for key in violation.value:
        if key in known:
            continue
        place = violation.span(key, at_key=True)
        if key in violation.schema.get("x-to-come", ()):
            _not_built(key, place, sink, violation.without(key, sink))
            continue
        free = [name for name in known if name not in violation.value]
        near = _FOREIGN_KEYS.get(key) if _FOREIGN_KEYS.get(key) in free else closest(key, free)
        sink.error(
            "MG125",
            f"unknown key `{key}` in {violation.subject()}",
            place,
            help=f"did you mean `{near}`?" if near else f"the keys here are {_list(known)}",
            fix=renamed(sink, place, key, near, safe=is_sure(key, near, free)) if near else None,
        )


_FOREIGN_KEYS = {"includes": "include", "params": "parameters", "arguments": "parameters", "args": "parameters", "returns": "returns",
                 "result": "returns", "output": "returns", "pattern": "matching", "regex": "matching", "choices": "enum",
                 "values": "enum", "prerequisites": "require", "desc": "description"}
"""What other tools call the same thing."""


def _not_built(name: str, place: Span, sink: Sink, fix: Fix | None = None) -> None:
    sink.error("MG133", f"`{name}` is not built yet", place, label="to come", help="remove it for now", fix=fix)


def _missing_keys(violation: _Violation, sink: Sink) -> None:
    known = violation.schema.get("properties", violation.value)
    unknown = [key for key in violation.value if key not in known]
    # A misspelt key is reported once, as unknown.
    missing = [key for key in violation.rule if key not in violation.value and not closest(key, unknown)]
    if not missing:
        return
    verb = "is" if len(missing) == 1 else "are"
    sink.error(
        "MG126",
        f"{_list(missing)} {verb} missing in {violation.subject()}",
        violation.container(),
        help=f"add {_list(missing)}",
    )


def _wrong_type(violation: _Violation, sink: Sink) -> None:
    expected = [violation.rule] if isinstance(violation.rule, str) else violation.rule
    value = violation.value
    if _to_come(violation, sink):
        return
    found = _type_of(value)
    wanted = " or ".join(_NAMES[name] for name in expected)
    if found == "null":
        message = f"{violation.subject()} is empty, and has to be {wanted}"
    else:
        is_literal = found in ("boolean", "number") and "string" not in expected
        message = (
            f"{violation.subject()} has to be {wanted}, not {_quoted(value) if is_literal else _NAMES[found]}"
        )
    help, fix = _coercion(expected, found, violation, sink)
    sink.error("MG127", message, violation.span(), help=help or violation.expected(), fix=fix)


def _coercion(expected: list[str], found: str, violation: _Violation, sink: Sink) -> tuple[str | None, Fix | None]:
    """How a value of the wrong type is written as one of the right type, where only the form is at fault."""
    value, span = violation.value, violation.span()
    source = sink.source(span)
    if "string" in expected and found in ("integer", "number", "boolean"):
        return f'put it in quotes: `"{_show(value)}"`', quoted(span, source) if source else None
    if expected == ["array"] and found in ("string", "object", "integer", "number") and "\n" not in source:
        written = source or _show(value)
        if violation.schema.get("minItems") == 2:
            written = f"{written}, {written}"
        return f"write it as a list: `[{_short(written)}]`", Fix.of(span, f"[{written}]") if source else None
    if "string" not in expected and found == "string" and _is_number(value):
        return f"remove the quotes: `{value}`", Fix.of(span, value)
    if "boolean" in expected and found == "string" and value.lower() in ("true", "false"):
        return f"remove the quotes: `{value.lower()}`", Fix.of(span, value.lower())
    if expected == ["integer"] and found == "number" and value == int(value):
        return f"write `{int(value)}`", Fix.of(span, str(int(value)))
    return None, None


def _wrong_value(violation: _Violation, sink: Sink) -> None:
    if _to_come(violation, sink):
        return
    words = [v for v in violation.rule if isinstance(v, str)]
    value = violation.value
    near = closest(value, words) if isinstance(value, str) else None
    sink.error(
        "MG128",
        f"{violation.subject()} cannot be {_quoted(value)}",
        violation.span(),
        help=f"did you mean `{near}`?" if near else f"write {_list(map(_show, violation.rule), 'or')}",
        fix=renamed(sink, violation.span(), value, near, safe=is_sure(value, near, words))
        if near and isinstance(value, str) else None,
    )


def _to_come(violation: _Violation, sink: Sink) -> bool:
    """Report a value, or the single key of a mapping, that stands for a feature to come."""
    value = violation.value
    name = next(iter(value)) if isinstance(value, dict) and len(value) == 1 else value
    if not isinstance(name, str) or name not in violation.schema.get("x-to-come", ()):
        return False
    _not_built(name, violation.span(name, at_key=True) if isinstance(value, dict) else violation.span(), sink)
    return True


def _wrong_form(violation: _Violation, sink: Sink) -> None:
    what = "cannot be a name here" if violation.is_key else f"does not have the form of {violation.subject()}"
    near = _reformed(violation.value, violation.rule)
    help = violation.expected()
    sink.error(
        "MG129",
        f"{_quoted(violation.value)} {what}",
        violation.span(),
        help=(f"{help}; did you mean `{near}`?" if help else f"did you mean `{near}`?") if near else help,
        fix=renamed(sink, violation.span(), violation.value, near, safe=False) if near else None,
    )


def _reformed(value: Json, pattern: str) -> str | None:
    """The nearest text of the right form: with `_` or `-` for what cannot stand in a name, or `:` before a class."""
    if not isinstance(value, str) or len(value) > 200:
        return None
    candidates = [re.sub(r"[^\w]+", mark, value.strip(), flags=re.ASCII).strip(mark) for mark in "-_"]
    candidates += [each.lower() for each in candidates] + [":".join(value.rsplit(".", 1)), f"/{value}"]
    return next((each for each in candidates if each != value and each and re.search(pattern, each)), None)


def _out_of_bounds(phrase: str) -> Callable[[_Violation, Sink], None]:
    def report(violation: _Violation, sink: Sink) -> None:
        sink.error(
            "MG130",
            f"{violation.subject()} has to be {phrase} {violation.rule}, and is {_show(violation.value)}",
            violation.span(),
        )

    return report


def _wrong_size(violation: _Violation, sink: Sink) -> None:
    what, low, high = next(
        (what, violation.schema.get(f"min{keyword}", 0), violation.schema.get(f"max{keyword}"))
        for python_type, keyword, what in (
            (list, "Items", "item"),
            (dict, "Properties", "key"),
            (str, "Length", "character"),
        )
        if isinstance(violation.value, python_type)
    )
    size = len(violation.value)
    if low == high:
        phrase = f"has to have exactly {_count(low, what)}, and has {size or 'none'}"
    elif not size:
        phrase = "must not be empty"
    else:
        bound = "least" if size < low else "most"
        phrase = f"has to have at {bound} {_count(violation.rule, what)}, and has {size}"
    sink.error("MG131", f"{violation.subject()} {phrase}", violation.span(), help=violation.expected())


def _repeated(violation: _Violation, sink: Sink) -> None:
    first: dict[str, int] = {}
    for index, item in enumerate(violation.value):
        text = json.dumps(item, sort_keys=True)
        if text in first:
            sink.error(
                "MG132",
                f"{violation.subject()} names {_quoted(item)} twice",
                violation.span(index),
                label="again",
                secondary=(Label(violation.span(first[text]), "first named here"),),
                help="remove one of the two",
                fix=violation.without(index, sink, safe=True),
            )
        first.setdefault(text, index)


def _incomplete(violation: _Violation, sink: Sink) -> None:
    for key, needed in violation.rule.items():
        missing = [name for name in needed if name not in violation.value]
        if key in violation.value and missing:
            sink.error(
                "MG134",
                f"`{key}` has no meaning without {_list(missing)}",
                violation.span(key, at_key=True),
                help=f"add {_list(missing)}, or remove `{key}`",
                fix=violation.without(key, sink),
            )


def _misfit(violation: _Violation, sink: Sink) -> None:
    """A rule that only the schema of a plugin has."""
    sink.error("MG129", f"{_quoted(violation.value)} does not have the form of {violation.subject()}", violation.span(),
               help=violation.expected())


_RULES: dict[Any, Callable[[_Violation, Sink], None]] = {
    "additionalProperties": _unknown_keys,
    "required": _missing_keys,
    "type": _wrong_type,
    "enum": _wrong_value,
    "pattern": _wrong_form,
    "minimum": _out_of_bounds("at least"),
    "maximum": _out_of_bounds("at most"),
    "exclusiveMinimum": _out_of_bounds("more than"),
    "minItems": _wrong_size,
    "maxItems": _wrong_size,
    "minProperties": _wrong_size,
    "maxProperties": _wrong_size,
    "minLength": _wrong_size,
    "uniqueItems": _repeated,
    "dependencies": _incomplete,
}
"""Keywords that can fail. `tests/unit/test_schema.py` checks that our schemas use no other."""


def _type_of(value: Json) -> str:
    for name, python_type in (
        ("null", type(None)),
        ("boolean", bool),
        ("integer", int),
        ("number", float),
        ("string", str),
        ("array", list),
    ):
        if isinstance(value, python_type):
            return name
    return "object"


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _count(number: int, what: str) -> str:
    return f"{'one' if number == 1 else number} {what}{'' if number == 1 else 's'}"


def _show(value: Json) -> str:
    """A value as it would be written, cut to a line's length."""
    return value if isinstance(value, str) else _short(json.dumps(value, ensure_ascii=False))


def _short(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:39]}…"


def _quoted(value: Json) -> str:
    return f"`{_short(_show(value))}`"


def _list(names: Iterable[str], last: str = "and") -> str:
    quoted = [f"`{name}`" for name in names]
    return (
        quoted[0]
        if len(quoted) == 1
        else f"{', '.join(quoted[:-1])} {last} {quoted[-1]}"
        if quoted
        else "none"
    )
