"""Resolve what is sound of a recipe that has errors already, so that one run shows all that is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from magnetc.diagnostics import Diagnostic, Severity, Sink
from magnetc.frontend.document import Document
from magnetc.frontend.names import Definitions
from magnetc.frontend.resolve import resolve
from magnetc.frontend.sound_parts import Doubt, sound_parts, without_references
from magnetc.ir.signature import FunctionSignature
from magnetc.source import Span

_UNKNOWN_NAMES = {"MG202": ("types",), "MG203": ("tools", "sets", "from"), "MG301": ("paths",)}
"""Codes of names that are not defined, and the keys that define such."""
_OF_ABSENCE = frozenset(("MG210", "MG310", "MG413", "MG418"))
"""Errors that something which is not there would not make, were it there."""
_NAME = re.compile(r"`([^`]+)`")


def report_rest(documents: Sequence[Document], imported: Sequence[FunctionSignature], sink: Sink, *, imports_fail: bool = False) -> None:
    """Add the errors of names and types that are errors whatever the malformed parts of the recipe were meant to say.

    Args:
        documents: what could be read of the recipe, itself first, valid or not.
        imported: the tools that it imports, as far as they are known.
        sink: has the errors so far.
        imports_fail: whether it imports tools that are not known.
    """
    recipe = next((each for each in documents if each.kind == "recipe"), None)
    if recipe is None or len([each for each in documents if each.kind == "recipe"]) > 1:
        return
    sound, doubt = sound_parts(documents, sink)
    doubt.everything = doubt.everything or imports_fail
    if not sound or sound[0].kind != "recipe":
        return
    known = Definitions.of(sound, imported, Sink())
    doubt.words -= {name for names in (known.types, known.tools, known.sets, known.paths) for name in names.origins}
    apart = sink.apart()
    resolve(sound[0], without_references(sound[1:]), imported, apart)
    told = [span for each in sink.diagnostics if each.primary and (span := sink.span(each.primary))]
    sink.extend([each for each in apart.diagnostics if _holds(each, doubt) and not _is_told(each, told, sink)])


def _holds(diagnostic: Diagnostic, doubt: Doubt) -> bool:
    if diagnostic.severity is not Severity.ERROR or diagnostic.code in _OF_ABSENCE:
        return False
    keys = _UNKNOWN_NAMES.get(diagnostic.code, ())
    found = _NAME.search(diagnostic.message) if keys else None
    return not (found and (doubt.keys & set(keys) or any(doubt.covers(part) for part in (found[1], *found[1].split(".")))))


def _is_told(diagnostic: Diagnostic, told: Sequence[Span], sink: Sink) -> bool:
    """Whether an error stands in the place already, and this one may follow from it."""
    span = sink.span(diagnostic.primary) if diagnostic.primary else None
    return span is not None and any(span.file == each.file and span.start < each.end and each.start < span.end for each in told)
