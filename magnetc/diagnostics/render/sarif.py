"""Diagnostics as SARIF 2.1.0 (OASIS), which code scanning services and editors read."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from magnetc import __version__
from magnetc.diagnostics.explain import explain
from magnetc.diagnostics.model import Applicability, Diagnostic, Edit, Label
from magnetc.diagnostics.render.place import Place, place
from magnetc.diagnostics.sink import Sink

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def render(sink: Sink, *, prefix: str = "") -> str:
    """One run with all diagnostics, and a rule for each code among them with its page as help.

    Columns count code points. Paths are relative references: whoever uploads the log knows the root.
    """
    diagnostics = sink.diagnostics
    codes = sorted({diagnostic.code for diagnostic in diagnostics})
    run = {
        "tool": {"driver": {"name": "magnetc", "version": __version__, "semanticVersion": __version__, "rules": [_rule(code) for code in codes]}},
        "columnKind": "unicodeCodePoints",
        "results": [_result(diagnostic, codes.index(diagnostic.code), sink, prefix) for diagnostic in diagnostics],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, ensure_ascii=False, indent=2) + "\n"


def _rule(code: str) -> dict[str, Any]:
    page = explain(code) or f"# {code}: {code}\n"
    heading, _, rest = page.partition("\n")
    title = heading.partition(": ")[2]
    what = rest.partition("## What\n")[2].partition("\n## ")[0].strip() or title
    return {
        "id": code,
        "shortDescription": {"text": title},
        "fullDescription": {"text": " ".join(what.split())},
        "help": {"text": page.strip(), "markdown": page.strip()},
    }


def _result(diagnostic: Diagnostic, index: int, sink: Sink, prefix: str) -> dict[str, Any]:
    primary = place(diagnostic.primary, sink, prefix)
    result: dict[str, Any] = {
        "ruleId": diagnostic.code,
        "ruleIndex": index,
        "level": str(diagnostic.severity),
        "message": {"text": _message(diagnostic)},
        "locations": [_location(primary)] if primary else [],
    }
    related = [at for label in diagnostic.secondary if (at := place(label, sink, prefix))]
    if related:
        result["relatedLocations"] = [{"id": number, **_location(at)} for number, at in enumerate(related, 1)]
    if diagnostic.fix and (fix := _fix(diagnostic, sink, prefix)):
        result["fixes"] = [fix]
    return result


def _message(diagnostic: Diagnostic) -> str:
    advice = [f"help: {diagnostic.help}"] if diagnostic.help else []
    return "\n".join((diagnostic.message, *(f"note: {note}" for note in diagnostic.notes), *advice))


def _location(at: Place) -> dict[str, Any]:
    location: dict[str, Any] = {"physicalLocation": {"artifactLocation": _artifact(at.path), "region": _region(at)}}
    return location | ({"message": {"text": at.text}} if at.text else {})


def _artifact(path: str) -> dict[str, str]:
    return {"uri": quote(path)}


def _region(at: Place) -> dict[str, int]:
    return {"startLine": at.line, "startColumn": at.column, "endLine": at.end_line, "endColumn": at.end_column,
            "charOffset": at.start, "charLength": at.end - at.start}


def _fix(diagnostic: Diagnostic, sink: Sink, prefix: str) -> dict[str, Any] | None:
    """Edits by file. A fix that only guesses says so: SARIF has no word for it."""
    assert diagnostic.fix
    changes: dict[str, list[dict[str, Any]]] = {}
    for edit in diagnostic.fix.edits:
        at = place(Label(edit.span), sink, prefix)
        if at is None:
            return None
        changes.setdefault(at.path, []).append(_replacement(edit, at))
    words = "a guess: look at it before you accept it" if diagnostic.fix.applicability is Applicability.UNSAFE else "keeps what was meant"
    return {
        "description": {"text": words},
        "artifactChanges": [{"artifactLocation": _artifact(path), "replacements": each} for path, each in changes.items()],
    }


def _replacement(edit: Edit, at: Place) -> dict[str, Any]:
    replacement: dict[str, Any] = {"deletedRegion": _region(at)}
    return replacement | ({"insertedContent": {"text": edit.replacement}} if edit.replacement else {})
