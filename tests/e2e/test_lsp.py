"""`magnetc lsp`, as an editor drives it: a real client, over standard input and output of the real command."""

import asyncio
import shutil
import sys
from pathlib import Path

import pytest
from dataset import RECIPES, magnetc
from lsprotocol import types as lsp
from pygls.lsp.client import LanguageClient

COUNTER = RECIPES / "counter"


class Editor:
    """Opens files, types, and remembers what the server shows."""

    def __init__(self):
        self.client = LanguageClient("test-editor", "1")
        self.shown = {}
        self.versions = {}
        self.news = asyncio.Event()

        @self.client.feature(lsp.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
        def publish(params):
            self.shown[params.uri] = list(params.diagnostics)
            self.news.set()

    async def start(self, folder):
        await self.client.start_io(sys.executable, "-m", "magnetc", "lsp")
        capabilities = lsp.ClientCapabilities(general=lsp.GeneralClientCapabilities(position_encodings=[lsp.PositionEncodingKind.Utf16]))
        return await self.client.initialize_async(lsp.InitializeParams(process_id=None, root_uri=folder.as_uri(), capabilities=capabilities))

    async def stop(self):
        await self.client.shutdown_async(None)
        self.client.exit(None)
        await self.client.stop()

    def open(self, file, text=None):
        self.versions[file] = 1
        document = lsp.TextDocumentItem(uri=file.as_uri(), language_id="magnet", version=1, text=file.read_text() if text is None else text)
        self.client.text_document_did_open(lsp.DidOpenTextDocumentParams(document))

    def type(self, file, text):
        """Replace all of the file's text on screen, and nothing on disk."""
        self.versions[file] += 1
        identifier = lsp.VersionedTextDocumentIdentifier(uri=file.as_uri(), version=self.versions[file])
        self.client.text_document_did_change(lsp.DidChangeTextDocumentParams(identifier, [lsp.TextDocumentContentChangeWholeDocument(text)]))

    async def until(self, holds):
        """Wait until the diagnostics shown are as they should be."""
        async with asyncio.timeout(60):
            while not holds():
                self.news.clear()
                await self.news.wait()

    def at(self, file, text, word, skip=0):
        """The place of the middle of `word`, in UTF-16 units, after `skip` other occurrences."""
        offset = -1
        for _ in range(skip + 1):
            offset = text.index(word, offset + 1)
        before = text[: offset + len(word) // 2]
        line = before.rpartition("\n")[2]
        return {"text_document": lsp.TextDocumentIdentifier(file.as_uri()),
                "position": lsp.Position(before.count("\n"), len(line.encode("utf-16-le")) // 2)}

    async def hover(self, *place):
        found = await self.client.text_document_hover_async(lsp.HoverParams(**self.at(*place)))
        return found.contents.value if found else None

    async def definition(self, *place):
        """The file and the line where what stands at a place is defined."""
        found = await self.client.text_document_definition_async(lsp.DefinitionParams(**self.at(*place)))
        if found is None:
            return None
        file = Path(found.uri.removeprefix("file://"))
        return file.name, file.read_text().splitlines()[found.range.start.line].strip()


@pytest.fixture
def folder(tmp_path, own_home):
    return shutil.copytree(COUNTER, tmp_path / "counter")


def edit(session, folder):
    """Run a session in an editor that has the folder open."""

    async def run():
        editor = Editor()
        await editor.start(folder)
        try:
            await session(editor)
        finally:
            await editor.stop()

    asyncio.run(run())


def test_diagnostics_follow_what_is_typed(folder):
    file = folder / "counter.magnet"
    text = file.read_text()

    async def session(editor):
        editor.open(file)
        editor.type(file, text.replace("at most", "at moist", 1))
        await editor.until(lambda: editor.shown.get(file.as_uri()))
        (found,) = editor.shown[file.as_uri()]
        assert found.source == "magnetc"
        assert found.code.startswith("MG1")
        assert found.severity is lsp.DiagnosticSeverity.Error
        assert text.splitlines()[found.range.start.line].strip().startswith("at most")
        editor.type(file, text)
        await editor.until(lambda: editor.shown.get(file.as_uri()) == [])

    edit(session, folder)


def test_an_unknown_name_points_at_where_it_is_used_and_says_a_way_out(folder):
    file = folder / "counter.magnet"
    text = file.read_text().replace("start in [find_shows]", "start in [find_show]")

    async def session(editor):
        editor.open(file, text)
        await editor.until(lambda: editor.shown.get(file.as_uri()))
        (found,) = editor.shown[file.as_uri()]
        start, end = found.range.start, found.range.end
        assert text.splitlines()[start.line][start.character : end.character] == "find_show"
        assert "did you mean `find_shows`?" in found.message

    edit(session, folder)


def test_a_quick_fix_repairs_what_is_misspelt(folder):
    file = folder / "counter.magnet"
    text = file.read_text().replace("start in [find_shows]", "start in [find_show]")

    async def session(editor):
        editor.open(file, text)
        await editor.until(lambda: editor.shown.get(file.as_uri()))
        (found,) = editor.shown[file.as_uri()]
        asked = lsp.CodeActionParams(lsp.TextDocumentIdentifier(file.as_uri()), found.range, lsp.CodeActionContext([found]))
        (action,) = await editor.client.text_document_code_action_async(asked)
        assert "find_shows" in action.title
        (edit,) = action.edit.changes[file.as_uri()]
        lines = text.splitlines(keepends=True)
        line = lines[edit.range.start.line]
        lines[edit.range.start.line] = line[: edit.range.start.character] + edit.new_text + line[edit.range.end.character :]
        assert "".join(lines) == file.read_text()

    edit(session, folder)


def test_a_second_definition_relates_to_the_first(folder):
    file = folder / "counter.magnet"
    text = file.read_text() + "\ntype Title = string\n"

    async def session(editor):
        editor.open(file, text)
        await editor.until(lambda: editor.shown.get(file.as_uri()))
        first = next(each for each in editor.shown[file.as_uri()] if each.related_information)
        (related,) = first.related_information
        assert related.location.uri == file.as_uri()
        assert text.splitlines()[related.location.range.start.line].startswith("type Title ")

    edit(session, folder)


def test_hover_and_definition(folder):
    """Behind characters that take two units in UTF-16, in the DSL and in YAML, saved or not."""
    file, recipe = folder / "counter.magnet", folder / "recipe.yaml"
    text = file.read_text().replace('"what {genre} is on"', '"🎭🎪 what {genre} is on"')
    places = {
        ("book_seats", 1): ("counter.magnet", "tool book_seats("),        # in `link`
        ("find_shows", 4): ("counter.magnet", "tool find_shows("),        # in `start in`
        ("ShowId", 1): ("counter.magnet", "type ShowId"),                 # a type in a record
        ("show_id", 2): ("counter.magnet", "tool book_seats("),          # a slot: the parameter of the tool asked for
        ("genre", 3): ("counter.magnet", "tool find_shows("),
    }

    async def session(editor):
        editor.open(file, text)
        for (word, skip), (name, line) in places.items():
            found = await editor.definition(file, text, word, skip)
            assert found is not None, word
            assert found[0] == name
            assert found[1].startswith(line), word
        assert await editor.definition(file, text, "Open the customer") is None
        shown = await editor.hover(file, text, "book_seats", 1)
        assert shown.startswith("tool `book_seats`")
        assert "tool book_seats(show_id: ShowId" in shown
        assert "Book seats for a show." in shown
        shown = await editor.hover(file, text, "ShowId", 1)
        assert "Given by `find_shows`; taken by `book_seats`." in shown
        editor.open(recipe)
        shown = await editor.hover(recipe, recipe.read_text(), "partitions")
        assert "**partitions**" in shown
        assert (await editor.definition(recipe, recipe.read_text(), "evening"))[1] == "path evening {"

    edit(session, folder)


def test_a_recipe_that_is_broken_elsewhere_still_knows_its_names(folder):
    file = folder / "counter.magnet"
    text = file.read_text().replace("reply find_shows {", "reply find_shows [", 1)

    async def session(editor):
        editor.open(file, text)
        assert (await editor.definition(file, text, "book_seats", 1))[1].startswith("tool book_seats(")
        assert "tool `book_seats`" in await editor.hover(file, text, "book_seats", 1)

    edit(session, folder)


def test_a_file_of_no_recipe_is_checked_alone(tmp_path, own_home):
    file = tmp_path / "types.magnet"
    text = "type A = string examples\ntype B = string\n"
    file.write_text(text)

    async def session(editor):
        editor.open(file)
        await editor.until(lambda: editor.shown.get(file.as_uri()))
        assert [each.range.start.line for each in editor.shown[file.as_uri()]] == [0]

    edit(session, tmp_path)


def test_formatting_is_that_of_fmt(folder):
    file = folder / "counter.magnet"
    file.write_text(file.read_text().replace("  turns 3..5", "     turns   3..5").replace("# ", "#"))
    text = file.read_text()

    async def session(editor):
        editor.open(file, text)
        asked = lsp.DocumentFormattingParams(lsp.TextDocumentIdentifier(file.as_uri()), lsp.FormattingOptions(2, True))
        (edit,) = await editor.client.text_document_formatting_async(asked)
        assert magnetc("fmt", file).exit_code == 0
        assert edit.new_text == file.read_text() != text
        editor.type(file, edit.new_text)
        assert not await editor.client.text_document_formatting_async(asked)
        editor.type(file, "type = {")
        assert not await editor.client.text_document_formatting_async(asked)

    edit(session, folder)
