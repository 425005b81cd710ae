"""Apply the fixes that diagnostics carry, until a recipe has none left."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from magnetc.build.compile import compile_recipe
from magnetc.diagnostics import Applicability, Edit, Fix, Sink
from magnetc.diagnostics.edits import apply_edits
from magnetc.passes.context import CompileContext

MAX_ROUNDS = 100
"""A fix may uncover other mistakes behind it; a hundred layers of them is no recipe."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixed:
    """A recipe after its fixes: what is wrong still, its context if nothing is, and the text of each file that changed."""

    sink: Sink
    context: CompileContext | None
    before: dict[str, str]
    after: dict[str, str]
    count: int


def fix_recipe(folder: Path, *, unsafe: bool) -> Fixed:
    """Check the recipe, apply its fixes and check again, until no fix is left. Nothing is written.

    Fixes of one round do not overlap: of two that do, the first by place is made, and the other is looked for again. Stops
    where the fixes lead back to a text that was there before.
    """
    texts: dict[str, str] = {}
    before: dict[str, str] = {}
    seen: set[tuple[tuple[str, str], ...]] = set()
    count = 0
    while True:
        sink = Sink()
        context = compile_recipe(folder, sink, texts=texts)
        chosen = _compatible(fixes(sink, unsafe=unsafe))
        edited = _edited(sink, chosen)
        state = tuple(sorted((texts | edited).items()))
        if not chosen or state in seen or len(seen) >= MAX_ROUNDS:
            break
        seen.add(state)
        for name in edited:
            before.setdefault(name, sink.files[name].text)
        texts |= edited
        count += len(chosen)
    after = {name: text for name, text in texts.items() if text != before[name]}
    return Fixed(sink=sink, context=context, before=before, after=after, count=count)


def fixes(sink: Sink, *, unsafe: bool) -> list[Fix]:
    """The fixes of a sink's diagnostics that may be made, by place. Files that magnetc ships are not the recipe's to fix."""
    return [diagnostic.fix for diagnostic in sink.diagnostics
            if diagnostic.fix and (unsafe or diagnostic.fix.applicability is Applicability.SAFE)
            and all(edit.span.file in sink.files and not edit.span.file.startswith("std/") for edit in diagnostic.fix.edits)]


def write_fixed(folder: Path, fixed: Fixed) -> None:
    """Write the files that changed, each with the byte order mark that it had."""
    for name, text in fixed.after.items():
        path = folder / name
        mark = b"\xef\xbb\xbf" if path.read_bytes().startswith(b"\xef\xbb\xbf") else b""
        path.write_bytes(mark + text.encode("utf-8"))


def _compatible(fixes: Iterable[Fix]) -> list[Fix]:
    taken: dict[str, list[tuple[int, int]]] = {}
    chosen = []
    for fix in fixes:
        if not any(_meet(edit.span.start, edit.span.end, low, high)
                   for edit in fix.edits for low, high in taken.get(edit.span.file, ())):
            chosen.append(fix)
            for edit in fix.edits:
                taken.setdefault(edit.span.file, []).append((edit.span.start, edit.span.end))
    return chosen


def _meet(start: int, end: int, low: int, high: int) -> bool:
    """Whether two ranges overlap or touch: what is written side by side in one round may not be meant so."""
    return start <= high and low <= end


def _edited(sink: Sink, chosen: Iterable[Fix]) -> dict[str, str]:
    by_file: dict[str, list[Edit]] = {}
    for fix in chosen:
        for edit in fix.edits:
            by_file.setdefault(edit.span.file, []).append(edit)
    return {name: apply_edits(sink.files[name].text, edits) for name, edits in by_file.items()}
