"""Violations of a schema in the compiler's own words, one function for each keyword that can fail."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from magnetc.diagnostics import Fix, Label, Sink
from magnetc.diagnostics.edits import removed, renamed
from magnetc.diagnostics.suggest import closest, is_sure
from magnetc.frontend.coercions import coerced
from magnetc.frontend.schema_words import NAMES, count, listed, quote, schema_of, show, type_of
from magnetc.ir.json import Json
from magnetc.source import Span

if TYPE_CHECKING:
    from magnetc.frontend.schema import Violation


def _unknown_keys(violation: Violation, sink: Sink) -> None:
    known = violation.schema.get("properties", {})
    noun = violation.schema.get("x-names", "key")
    for key in violation.value:
        if key in known:
            continue
        place = violation.span(key, at_key=True)
        if key in violation.schema.get("x-to-come", ()):
            _not_built(key, place, sink, _without_feature(key, violation, sink))
            continue
        free = [name for name in known if name not in violation.value]
        word = key.split(" ", 1)[0]
        if word in free and word != key and violation.value[key] is None:
            _missing_colon(key, word, place, sink)
            continue
        near = nearest_key(key, free)
        sink.error(
            "MG125",
            f"unknown {noun} `{key}` in {violation.subject()}",
            place,
            help=f"did you mean `{near}`?" if near else
            _instead(key, known) or _where_else(key, violation) or _outdented(key, violation) or f"the {noun}s here are {listed(known)}",
            fix=renamed(sink, place, key, near, safe=near in _FOREIGN_KEYS.get(key, ()) or is_sure(key, near, free)) if near else None,
        )


def _missing_colon(key: str, word: str, place: Span, sink: Sink) -> None:
    """`{type Goods}` in place of `{type: Goods}`."""
    is_plain = sink.source(place) == key
    sink.error("MG102", f"`:` is missing after `{word}`", place, help=f"write `{word}:{key.removeprefix(word)}`",
               fix=Fix.of(Span(place.file, place.start + len(word), place.start + len(word)), ":") if is_plain else None)


def _instead(key: str, known: Iterable[str]) -> str | None:
    """What to write for a key of JSON Schema that has no counterpart of one name."""
    wanted, written = _INSTEAD.get(key, ("", ""))
    return f"write `{written}`" if wanted in known else None


def _outdented(key: str, violation: Violation) -> str | None:
    """Whether a key of the document itself may have been meant as an entry of the one above it."""
    keys = list(violation.value)
    above = keys[keys.index(key) - 1] if not violation.path and not violation.document.root and keys.index(key) else None
    return f"indent it, if it belongs to `{above}`" if above and isinstance(violation.value[above], dict) and above != "kind" else None


_FOREIGN_KEYS = {
    "includes": ("include",), "params": ("parameters",), "arguments": ("parameters",), "args": ("parameters",),
    "result": ("returns",), "output": ("returns",), "pattern": ("matching",), "regex": ("matching",), "choices": ("enum",),
    "values": ("enum", "forms"), "prerequisites": ("require",), "desc": ("description",), "doc": ("description",), "source": ("from",),
    "target": ("to",), "tool": ("chain",), "tools": ("chain",), "probability": ("p",), "chance": ("p",), "learning_rate": ("lr",), "batch_size": ("batch",),
    "warmup_ratio": ("warmup",), "num_epochs": ("epochs",), "required_before": ("require",),
}
"""What other tools call the same thing."""

_INSTEAD = {**dict.fromkeys(("minimum", "maximum", "min", "max"), ("range", "range: [least, greatest]")), "required": ("optional", "optional: true")}
"""By a key of JSON Schema, ours and how it is written."""


def nearest_key(key: str, free: list[str]) -> str | None:
    """The key that was meant by one that there is not: what other tools call it, else the closest."""
    return next((name for name in _FOREIGN_KEYS.get(key, ()) if name in free), None) or closest(key, free)


def _where_else(key: str, violation: Violation) -> str | None:
    """Where in a document of this kind a key has its place, if that is one place."""
    owners = {owner for owner in _owners(schema_of(violation.document.kind), key, "") if owner != violation.document.kind}
    if len(owners) != 1:
        return None
    owner = owners.pop()
    return f"`{key}` is a key of {owner}" if owner else None


def _owners(schema: dict[str, Any], key: str, owner: str) -> Iterator[str]:
    """What the mappings are called that may have `key`: by their own key, or that of the list or mapping that holds them."""
    known = schema.get("properties", {})
    if key in known:
        yield owner
    for name, inner in known.items():
        yield from _owners(inner, key, f"`{name}`")
    yield from _owners(schema["else"], key, owner) if "else" in schema else ()
    for keyword in ("items", "additionalProperties"):
        inner = schema.get(keyword)
        if isinstance(inner, dict):
            yield from _owners(inner, key, f"what {owner} holds" if owner.startswith("`") else owner)


def _without_feature(key: str, violation: Violation, sink: Sink) -> Fix | None:
    """The fix that takes out a key that is not built yet: with its mapping, where that would be empty. A world has to have a kind."""
    if violation.path == ["world"] and set(violation.value) <= {key, "now", "variants", "packages", "limits"}:
        return None
    return _taken_out(violation, sink) if violation.path and len(violation.value) == 1 else violation.without(key, sink)


def _not_built(name: str, place: Span, sink: Sink, fix: Fix | None = None) -> None:
    sink.error("MG133", f"`{name}` is not built yet", place, label="to come", help="remove it for now", fix=fix)


def _missing_keys(violation: Violation, sink: Sink) -> None:
    known = violation.schema.get("properties", violation.value)
    unknown = [key for key in violation.value if key not in known]
    # A misspelt key is reported once, as unknown.
    meant = {nearest_key(key, list(violation.rule)) for key in unknown}
    missing = [key for key in violation.rule if key not in violation.value and key not in meant]
    if not missing:
        return
    verb = "is" if len(missing) == 1 else "are"
    sink.error(
        "MG126",
        f"{listed(missing)} {verb} missing in {violation.subject()}",
        violation.container(),
        help=f"add {listed(missing)}",
    )


def _wrong_type(violation: Violation, sink: Sink) -> None:
    expected = [violation.rule] if isinstance(violation.rule, str) else violation.rule
    value = violation.value
    if _to_come(violation, sink):
        return
    found = type_of(value)
    wanted = " or ".join(NAMES[name] for name in expected)
    if found == "null":
        message = f"{violation.subject()} is empty, and has to be {wanted}"
    else:
        is_literal = found in ("boolean", "number") and "string" not in expected
        message = (
            f"{violation.subject()} has to be {wanted}, not {quote(value) if is_literal else NAMES[found]}"
        )
    help, fix = coerced(violation, sink)
    if found == "null":
        fix = _taken_out(violation, sink)
        help = f"{help}; write it, or leave the key out" if fix and help else help
    spread = found in ("array", "object") and "\n" in sink.source(violation.span())
    sink.error("MG127", message, violation.span(at_key=spread), help=help, fix=fix)


def _taken_out(violation: Violation, sink: Sink) -> Fix | None:
    """The fix that takes out the value itself, with its key: a guess. None in the DSL, whose statements end otherwise."""
    file = sink.files.get(violation.document.file)
    is_needed = violation.path[-1:] in ([name] for name in schema_of(violation.document.kind).get("required", ())) and len(violation.path) == 1
    if file is None or is_needed or violation.document.root or violation.pointer() not in violation.document.spans:
        return None
    return removed(file, violation.span(at_key=True).start, violation.span().end, safe=False)


def _wrong_value(violation: Violation, sink: Sink) -> None:
    if _to_come(violation, sink):
        return
    words = [v for v in violation.rule if isinstance(v, str)]
    value = violation.value
    near = closest(value, words) if isinstance(value, str) else None
    sink.error(
        "MG128",
        f"{violation.subject()} cannot be {quote(value)}",
        violation.span(),
        help=f"did you mean `{near}`?" if near else f"write {listed(map(show, violation.rule), 'or')}",
        fix=renamed(sink, violation.span(), value, near, safe=is_sure(value, near, words))
        if near and isinstance(value, str) else None,
    )


def _to_come(violation: Violation, sink: Sink) -> bool:
    """Report a value, or the single key of a mapping, that stands for a feature to come."""
    value = violation.value
    name = next(iter(value)) if isinstance(value, dict) and len(value) == 1 else value
    if not isinstance(name, str) or name not in violation.schema.get("x-to-come", ()):
        return False
    is_item = not isinstance(value, dict) and bool(violation.path) and isinstance(violation.path[-1], int)
    _not_built(name, violation.span(name, at_key=True) if isinstance(value, dict) else violation.span(), sink,
               _taken_out(violation, sink) if is_item else None)
    return True


def _wrong_form(violation: Violation, sink: Sink) -> None:
    words = re.fullmatch(r"\^(\w+)\$", violation.rule)
    if words:
        mapping = ", or a mapping with " + listed(violation.schema["properties"], "or") if "properties" in violation.schema else ""
        sink.error("MG129", f"{violation.subject()} cannot be {quote(violation.value)}", violation.span(), help=f"write `{words[1]}`{mapping}")
        return
    secret = violation.schema.get("writeOnly", False)
    shown = "this value" if secret else quote(violation.value)
    what = "cannot be a name here" if violation.is_key else f"does not have the form of {violation.subject()}"
    near = None if secret else _reformed(violation.value, violation.rule)
    help = violation.expected()
    sink.error(
        "MG129",
        f"{shown} {what}",
        violation.span(),
        help=(f"{help}; did you mean `{near}`?" if help else f"did you mean `{near}`?") if near else help,
        fix=renamed(sink, violation.span(), violation.value, near, safe=False) if near else None,
    )


def _reformed(value: Json, pattern: str) -> str | None:
    """The nearest text of the right form: with `_` or `-` for what cannot stand in a name, or `:` before a class."""
    if not isinstance(value, str) or len(value) > 200:
        return None
    candidates = [value.lstrip("vV"), re.sub(r"^(\d{4}-\d\d-\d\d) +(?=\d)", r"\1T", value), f"{value}T00:00:00Z", f"http://{value}"]
    candidates += [re.sub(r"[^\w]+", mark, value.strip(), flags=re.ASCII).strip(mark) for mark in "-_"]
    candidates += [each.lower() for each in candidates[-2:]] + [":".join(value.rsplit(".", 1)), f"/{value}"]
    return next((each for each in candidates if each != value and each and re.search(pattern, each)), None)


def _out_of_bounds(phrase: str) -> Callable[[Violation, Sink], None]:
    def report(violation: Violation, sink: Sink) -> None:
        sink.error(
            "MG130",
            f"{violation.subject()} has to be {phrase} {violation.rule}, and is {show(violation.value)}",
            violation.span(),
            help=_within_bounds(violation) or f"write a number that is {phrase} {violation.rule}",
            fix=Fix.of(violation.span(), f"{violation.value / 100:g}", safe=False) if _is_percentage(violation) else None,
        )

    return report


def _is_percentage(violation: Violation) -> bool:
    return violation.schema.get("type") == "number" and violation.schema.get("maximum") == 1 and 10 <= violation.value <= 100


def _within_bounds(violation: Violation) -> str | None:
    if _is_percentage(violation):
        return f"write a share of 1: `{violation.value / 100:g}`"
    low, high = violation.schema.get("minimum"), violation.schema.get("maximum")
    if low is not None and high is not None:
        return f"write a number from {low} to {high}"
    return violation.expected()


def _wrong_size(violation: Violation, sink: Sink) -> None:
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
        phrase = f"has to have exactly {count(low, what)}, and has {size or 'none'}"
    elif not size:
        phrase = "must not be empty"
    else:
        bound = "least" if size < low else "most"
        phrase = f"has to have at {bound} {count(violation.rule, what)}, and has {size}"
    sink.error("MG131", f"{violation.subject()} {phrase}", violation.span(), help=violation.expected())


def _repeated(violation: Violation, sink: Sink) -> None:
    first: dict[str, int] = {}
    for index, item in enumerate(violation.value):
        text = json.dumps(item, sort_keys=True)
        if text in first:
            sink.error(
                "MG132",
                f"{violation.subject()} names {quote(item)} twice",
                violation.span(index),
                label="again",
                secondary=(Label(violation.span(first[text]), "first named here"),),
                help="remove one of the two",
                fix=violation.without(index, sink, safe=True),
            )
        first.setdefault(text, index)


def _incomplete(violation: Violation, sink: Sink) -> None:
    for key, needed in violation.rule.items():
        missing = [name for name in needed if name not in violation.value]
        if key in violation.value and missing:
            sink.error(
                "MG134",
                f"`{key}` has no meaning without {listed(missing)}",
                violation.span(key, at_key=True),
                help=f"add {listed(missing)}, or remove `{key}`",
                fix=violation.without(key, sink),
            )


def misfit(violation: Violation, sink: Sink) -> None:
    """A rule that only the schema of a plugin has."""
    sink.error("MG129", f"{quote(violation.value)} does not have the form of {violation.subject()}", violation.span(),
               help=violation.expected())

def causes(violations: Iterable[tuple[str, Violation]]) -> Iterator[tuple[str, Violation]]:
    """The violations by keyword, with what one mapping lacks by several rules told once."""
    lacking: dict[str, Violation] = {}
    for keyword, violation in violations:
        if keyword != "required":
            yield keyword, violation
        elif (first := lacking.setdefault(violation.pointer(), violation)) is not violation:
            first.rule = list(dict.fromkeys((*first.rule, *violation.rule)))
    yield from (("required", violation) for violation in lacking.values())


RULES: dict[Any, Callable[[Violation, Sink], None]] = {
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
