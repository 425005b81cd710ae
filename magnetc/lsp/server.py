"""The language server: what `magnetc check` says, in an editor, while a recipe is written.

A file belongs to the recipe in the nearest folder above it; the recipe is checked as a whole, with the texts on screen in
place of those on disk. A check runs once typing pauses, in a thread of its own; requests wait for that of the latest text.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

from lsprotocol import types as lsp
from pygls.lsp.server import LanguageServer
from pygls.uris import from_fs_path, to_fs_path

from magnetc import __version__
from magnetc.diagnostics import Applicability, Diagnostic, Label, Severity, Sink
from magnetc.frontend.format import format_source
from magnetc.frontend.include import ROOTS
from magnetc.lsp.checked import Checked, check_file, check_recipe, recipe_of
from magnetc.lsp.hover import hover
from magnetc.lsp.named import name_at
from magnetc.lsp.places import to_offset, to_range
from magnetc.source import SourceFile, Span

PAUSE = 0.15
"""Seconds without a change after which a recipe is checked."""

SEVERITIES = {Severity.ERROR: lsp.DiagnosticSeverity.Error, Severity.WARNING: lsp.DiagnosticSeverity.Warning}


class RecipeServer(LanguageServer):
    """Keeps the latest check of each recipe that has an open file. Keys are recipe folders, or files that have none."""

    def __init__(self) -> None:
        super().__init__("magnetc", __version__, text_document_sync_kind=lsp.TextDocumentSyncKind.Incremental)
        self._checks: dict[Path, asyncio.Task[Checked]] = {}
        self._shown: dict[Path, set[Path]] = {}

    def changed(self, uri: str, *, pause: float = PAUSE) -> asyncio.Task[Checked] | None:
        """Check the recipe of a file, after a pause; a check that has not begun is dropped."""
        key = _key(uri)
        if key is None:
            return None
        before = self._checks.get(key)
        if before:
            before.cancel()
        self._checks[key] = asyncio.create_task(self._check(key, pause))
        return self._checks[key]

    async def checked(self, uri: str) -> Checked | None:
        """The check of the file's latest text."""
        key = _key(uri)
        while key in self._checks:
            task = self._checks[key]
            try:
                return await asyncio.shield(task)
            except asyncio.CancelledError:
                if self._checks.get(key) is task:
                    raise
        task = self.changed(uri, pause=0)
        return await task if task else None

    async def _check(self, key: Path, pause: float) -> Checked:
        await asyncio.sleep(pause)
        unsaved = dict(self._open())
        checked = await (asyncio.to_thread(check_recipe, key, unsaved) if key.is_dir() else asyncio.to_thread(check_file, key, unsaved))
        self._publish(key, checked)
        return checked

    def _open(self) -> Iterator[tuple[Path, str]]:
        for document in self.workspace.text_documents.values():
            path = to_fs_path(document.uri)
            if path:
                yield Path(path).resolve(), document.source

    def _publish(self, key: Path, checked: Checked) -> None:
        """Show what was found, and take back what was shown and holds no more. What has no place is shown at the recipe."""
        found: dict[Path, list[lsp.Diagnostic]] = {path: [] for path in self._shown.get(key, ())}
        home = next((key / name for name in ROOTS if (key / name).is_file()), key)
        for diagnostic in checked.sink.diagnostics:
            span = checked.sink.span(diagnostic.primary) if diagnostic.primary else None
            path = checked.path(span.file) if span and span.file in checked.sink.files else home
            found.setdefault(path.resolve(), []).append(self._diagnostic(diagnostic, span, checked))
        self._shown[key] = {path for path, shown in found.items() if shown}
        for path, shown in sorted(found.items()):
            self.text_document_publish_diagnostics(lsp.PublishDiagnosticsParams(uri=_uri(path), diagnostics=shown))

    def _diagnostic(self, diagnostic: Diagnostic, span: Span | None, checked: Checked) -> lsp.Diagnostic:
        advice = [*diagnostic.notes, *([f"help: {diagnostic.help}"] if diagnostic.help else ())]
        related = [self._related(label, checked) for label in diagnostic.secondary]
        return lsp.Diagnostic(
            range=self._range(span, checked), severity=SEVERITIES[diagnostic.severity], code=diagnostic.code, source="magnetc",
            message="\n".join([diagnostic.message, *advice]), related_information=[each for each in related if each])

    def _related(self, label: Label, checked: Checked) -> lsp.DiagnosticRelatedInformation | None:
        span = checked.sink.span(label)
        return span and lsp.DiagnosticRelatedInformation(location=self._location(span, checked), message=label.text or "here")

    def _location(self, span: Span, checked: Checked) -> lsp.Location:
        return lsp.Location(uri=_uri(checked.path(span.file)), range=self._range(span, checked))

    def _range(self, span: Span | None, checked: Checked) -> lsp.Range:
        source = checked.sink.files.get(span.file) if span else None
        if span is None or source is None:
            return lsp.Range(lsp.Position(0, 0), lsp.Position(0, 0))
        return to_range(source, span, self.workspace.position_codec)

    def fixes(self, checked: Checked, uri: str, place: lsp.Range) -> Iterator[lsp.CodeAction]:
        """Repairs of what is wrong in a range of lines, those that keep what was meant preferred."""
        file = _name(checked, uri)
        for diagnostic in checked.sink.diagnostics:
            span = checked.sink.span(diagnostic.primary) if diagnostic.primary else None
            if diagnostic.fix is None or span is None or span.file != file:
                continue
            wrong = self._range(span, checked)
            if wrong.end.line < place.start.line or place.end.line < wrong.start.line:
                continue
            changes: dict[str, list[lsp.TextEdit]] = {}
            for edit in diagnostic.fix.edits:
                at = _uri(checked.path(edit.span.file))
                changes.setdefault(at, []).append(lsp.TextEdit(self._range(edit.span, checked), edit.replacement))
            yield lsp.CodeAction(title=f"{diagnostic.code}: {_title(diagnostic)}", kind=lsp.CodeActionKind.QuickFix,
                                 edit=lsp.WorkspaceEdit(changes=changes), diagnostics=[self._diagnostic(diagnostic, span, checked)],
                                 is_preferred=diagnostic.fix.applicability is Applicability.SAFE)

    def offset(self, checked: Checked, file: str, position: lsp.Position) -> int:
        source = checked.sink.files.get(file)
        return to_offset(source, position, self.workspace.position_codec) if source else 0


def _title(diagnostic: Diagnostic) -> str:
    """What a fix does: the new text, if it is short, else what the help says."""
    assert diagnostic.fix is not None
    texts = {edit.replacement for edit in diagnostic.fix.edits}
    if texts == {""}:
        return "remove it"
    (text, *others) = sorted(texts)
    return diagnostic.help or "fix it" if others or "\n" in text or len(text) > 40 else f"write `{text.strip()}`"


def _key(uri: str) -> Path | None:
    path = to_fs_path(uri)
    if not path:
        return None
    resolved = Path(path).resolve()
    return recipe_of(resolved) or resolved


def _uri(path: Path) -> str:
    uri = from_fs_path(str(path.resolve()))
    assert uri is not None, "a path has a URI"
    return uri


def _name(checked: Checked, uri: str) -> str:
    """What the check calls the file."""
    path = Path(to_fs_path(uri) or "").resolve()
    return next((name for name in checked.sink.files if checked.path(name).resolve() == path), path.name)


def make_server() -> RecipeServer:
    """A server with all its features, not started."""
    server = RecipeServer()

    @server.feature(lsp.TEXT_DOCUMENT_DID_OPEN)
    async def opened(params: lsp.DidOpenTextDocumentParams) -> None:
        server.changed(params.text_document.uri, pause=0)

    @server.feature(lsp.TEXT_DOCUMENT_DID_CHANGE)
    async def changed(params: lsp.DidChangeTextDocumentParams) -> None:
        server.changed(params.text_document.uri)

    @server.feature(lsp.TEXT_DOCUMENT_DID_SAVE)
    async def saved(params: lsp.DidSaveTextDocumentParams) -> None:
        server.changed(params.text_document.uri, pause=0)

    @server.feature(lsp.TEXT_DOCUMENT_DID_CLOSE)
    async def closed(params: lsp.DidCloseTextDocumentParams) -> None:
        server.changed(params.text_document.uri, pause=0)

    @server.feature(lsp.TEXT_DOCUMENT_HOVER)
    async def hovered(params: lsp.HoverParams) -> lsp.Hover | None:
        checked = await server.checked(params.text_document.uri)
        if checked is None:
            return None
        file = _name(checked, params.text_document.uri)
        found = hover(checked, file, server.offset(checked, file, params.position))
        if found is None:
            return None
        text, span = found
        return lsp.Hover(contents=lsp.MarkupContent(lsp.MarkupKind.Markdown, text), range=server._range(span, checked))

    @server.feature(lsp.TEXT_DOCUMENT_DEFINITION)
    async def defined(params: lsp.DefinitionParams) -> lsp.Location | None:
        checked = await server.checked(params.text_document.uri)
        if checked is None:
            return None
        file = _name(checked, params.text_document.uri)
        named = name_at(checked, file, server.offset(checked, file, params.position))
        span = named and checked.sink.span(Label(named.origin, at_key=True))
        return server._location(span, checked) if span else None

    @server.feature(lsp.TEXT_DOCUMENT_CODE_ACTION, lsp.CodeActionOptions(code_action_kinds=[lsp.CodeActionKind.QuickFix]))
    async def acted(params: lsp.CodeActionParams) -> list[lsp.CodeAction]:
        checked = await server.checked(params.text_document.uri)
        return list(server.fixes(checked, params.text_document.uri, params.range)) if checked else []

    @server.feature(lsp.TEXT_DOCUMENT_FORMATTING)
    async def formatted(params: lsp.DocumentFormattingParams) -> list[lsp.TextEdit] | None:
        """As `magnetc fmt`; a file with errors stays as it is."""
        document = server.workspace.get_text_document(params.text_document.uri)
        source = SourceFile(Path(document.path).name, document.source)
        made = format_source(source, Sink())
        if made is None or not made.changed:
            return None
        whole = to_range(source, Span(source.name, 0, len(source.text)), server.workspace.position_codec)
        return [lsp.TextEdit(whole, made.after)]

    return server
