"""The sink that every phase of the compiler writes its diagnostics to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from magnetc.diagnostics.model import Diagnostic, Fix, Label, Severity
from magnetc.source import Disk, Origin, SourceFile, Span


class Sink:
    """Collects diagnostics, the source maps that turn their origins into spans, and what was asked of the disk."""

    def __init__(self) -> None:
        self.disk = Disk()
        self.files: dict[str, SourceFile] = {}
        self._spans: dict[str, Mapping[str, tuple[Span, Span]]] = {}
        self._diagnostics: dict[tuple, Diagnostic] = {}

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
        """Add one diagnostic; the same code and message at the same place counts once."""
        place = diagnostic.primary and diagnostic.primary.at
        self._diagnostics.setdefault((diagnostic.code, diagnostic.message, place), diagnostic)

    def extend(self, diagnostics: Iterable[Diagnostic]) -> None:
        for diagnostic in diagnostics:
            self.emit(diagnostic)

    def keep(self, diagnostics: Iterable[Diagnostic]) -> None:
        """Add diagnostics of another sink as they are: that they differ was settled there."""
        self._diagnostics.update(((len(self._diagnostics) + at,), each) for at, each in enumerate(diagnostics))

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

    def repair(self, at: Span, codes: Iterable[str], fix: Fix) -> None:
        """Give the diagnostic with one of `codes` at `at` another fix: a later phase knows what has to stand there."""
        for key, diagnostic in self._diagnostics.items():
            if diagnostic.code in codes and diagnostic.primary and diagnostic.primary.at == at:
                self._diagnostics[key] = replace(diagnostic, fix=fix)

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

    def only(self, *codes: str) -> Sink:
        """The errors, and of the warnings those with these codes."""
        chosen = Sink()
        chosen.files, chosen._spans = self.files, self._spans
        chosen.extend(d for d in self.diagnostics if d.severity is Severity.ERROR or d.code in codes)
        return chosen

    @property
    def has_errors(self) -> bool:
        return any(d.severity is Severity.ERROR for d in self._diagnostics.values())

    @property
    def diagnostics(self) -> list[Diagnostic]:
        """All diagnostics, by file and offset, those without a place first."""

        def order(diagnostic: Diagnostic) -> tuple:
            span = self.span(diagnostic.primary) if diagnostic.primary else None
            return (span.file, span.start) if span else ("", -1)

        return sorted(self._diagnostics.values(), key=order)
