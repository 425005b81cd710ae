"""The sink that every phase of the compiler writes its diagnostics to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from magnetc.diagnostics.model import Diagnostic, Fix, Label, Severity
from magnetc.source import Disk, Origin, SourceFile, Span

MOST = 5_000
"""Errors, and warnings, that a sink keeps: nobody reads more, and a damaged file could make millions."""


class Sink:
    """Collects diagnostics, the source maps that turn their origins into spans, and what was asked of the disk."""

    def __init__(self) -> None:
        self.disk = Disk()
        self.values = 0
        """Keys and values read so far, of all files."""
        self.files: dict[str, SourceFile] = {}
        self._spans: dict[str, Mapping[str, tuple[Span, Span]]] = {}
        self._diagnostics: dict[tuple, Diagnostic] = {}
        # By place: the keys of its diagnostics. By severity: how many are kept, and how many were left out.
        self._places: dict[Origin | Span, list[tuple]] = {}
        self._kept = dict.fromkeys(Severity, 0)
        self._left_out = dict.fromkeys(Severity, 0)

    def add_file(self, file: SourceFile, spans: Mapping[str, tuple[Span, Span]] | None = None) -> None:
        """Register a file, and its index from JSON pointer to (key span, value span)."""
        self.files[file.name] = file
        self._spans[file.name] = spans or {}

    def move(self, file: str, root: str, spans: Mapping[str, tuple[Span, Span]]) -> None:
        """Replace what the index of a file has below `root`: the nodes of one document have other pointers now."""
        index = self._spans.get(file, {})
        others = {pointer: places for pointer, places in index.items() if root and not pointer.startswith(root)}
        self._spans[file] = others | {root + pointer: places for pointer, places in spans.items()}

    def emit(self, diagnostic: Diagnostic) -> None:
        """Add one diagnostic; the same code and message at the same place counts once. A full sink only counts it."""
        place = diagnostic.primary and diagnostic.primary.at
        key = (diagnostic.code, diagnostic.message, place)
        if key in self._diagnostics:
            return
        if self._kept[diagnostic.severity] >= MOST:
            self._left_out[diagnostic.severity] += 1
            return
        self._kept[diagnostic.severity] += 1
        self._diagnostics[key] = diagnostic
        if place is not None:
            self._places.setdefault(place, []).append(key)

    def extend(self, diagnostics: Iterable[Diagnostic]) -> None:
        for diagnostic in diagnostics:
            self.emit(diagnostic)

    def keep(self, diagnostics: Iterable[Diagnostic]) -> None:
        """Add diagnostics of another sink as they are: that they differ was settled there."""
        for each in diagnostics:
            self._kept[each.severity] += 1
            self._diagnostics[len(self._diagnostics),] = each

    def replace(self, other: Sink) -> None:
        """Hold the diagnostics of another sink in place of one's own."""
        self._diagnostics.clear()
        self.keep(other.diagnostics)

    def error(self, code: str, message: str, at: Origin | Span | None = None, *, at_key: bool = False,
              label: str = "", help: str | None = None, notes: tuple[str, ...] = (),
              secondary: tuple[Label, ...] = (), fix: Fix | None = None) -> None:
        """Emit an error in one line."""
        self.emit(Diagnostic(code=code, message=message, primary=Label(at, label, at_key) if at else None,
                             secondary=secondary, notes=notes, help=help, fix=fix))

    def warning(self, code: str, message: str, at: Origin | Span | None = None, *, at_key: bool = False,
                label: str = "", help: str | None = None, notes: tuple[str, ...] = (), fix: Fix | None = None) -> None:
        """Emit a warning in one line."""
        self.emit(Diagnostic(code=code, message=message, severity=Severity.WARNING, notes=notes, help=help,
                             primary=Label(at, label, at_key) if at else None, fix=fix))

    def repair(self, at: Span, codes: Iterable[str], fix: Fix | None, help: str | None = None) -> bool:
        """Give the diagnostic with one of `codes` at `at` another fix (and help): a later phase knows what has to stand there.

        Returns whether there is such a diagnostic.
        """
        found = False
        for key in self._places.get(at, ()):
            diagnostic = self._diagnostics[key]
            if diagnostic.code in codes:
                self._diagnostics[key] = replace(diagnostic, fix=fix, help=help or diagnostic.help)
                found = True
        return found

    def source(self, span: Span) -> str:
        """The text at a span; empty when its file is not known."""
        file = self.files.get(span.file)
        return file.text[span.start : span.end] if file else ""

    def span(self, label: Label) -> Span | None:
        """The span a label stands at: the node itself, else the nearest enclosing node that has one."""
        if isinstance(label.at, Span):
            return label.at
        index = self._spans.get(label.at.file, {})
        pointer = label.at.pointer
        while True:
            if pointer in index:
                key, value = index[pointer]
                exact = pointer == label.at.pointer
                return key if (label.at_key or not exact) else value
            if not pointer:
                break
            pointer = pointer.rpartition("/")[0]
        return Span(label.at.file, 0, 0) if label.at.file in self.files else None

    def apart(self) -> Sink:
        """A sink without diagnostics that knows the same files."""
        other = Sink()
        other.files, other._spans = self.files, self._spans
        return other

    def only(self, *codes: str) -> Sink:
        """The errors, and of the warnings those with these codes."""
        chosen = self.apart()
        chosen.extend(d for d in self.diagnostics if d.severity is Severity.ERROR or d.code in codes)
        return chosen

    @property
    def has_errors(self) -> bool:
        return bool(self._kept[Severity.ERROR])

    @property
    def is_full(self) -> bool:
        """Whether no further error is kept: what would only find more of them may stop."""
        return self._kept[Severity.ERROR] >= MOST

    @property
    def diagnostics(self) -> list[Diagnostic]:
        """All diagnostics, by file and offset, those without a place first."""

        def order(diagnostic: Diagnostic) -> tuple:
            span = self.span(diagnostic.primary) if diagnostic.primary else None
            return (span.file, span.start) if span else ("", -1)

        return sorted((*self._diagnostics.values(), *self._more()), key=order)

    def _more(self) -> Iterator[Diagnostic]:
        for severity, number in self._left_out.items():
            if number:
                yield Diagnostic(code="MG016", severity=severity, message=f"at least {number:,} more {severity}s are not shown",
                                 help="mend some of these, then check again")
