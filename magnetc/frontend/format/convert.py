"""`magnetc fmt --to`: files of a recipe written in the other syntax, named so where the recipe includes them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from magnetc.diagnostics import Sink
from magnetc.frontend.document import Document
from magnetc.frontend.dotted import unquote_name
from magnetc.frontend.dsl.blocks import LEXEME
from magnetc.frontend.format.comments import Comment, comments_of, find_comments, is_commented
from magnetc.frontend.format.meaning import meaning
from magnetc.frontend.format.renamed import renamed_includes
from magnetc.frontend.format.rows import Inexpressible, Row, with_comments
from magnetc.frontend.format.source import format_source, read_documents
from magnetc.frontend.format.to_dsl import dsl_rows
from magnetc.frontend.format.to_yaml import yaml_rows, yaml_scalar
from magnetc.frontend.include import ROOTS
from magnetc.frontend.read_text import read_text
from magnetc.frontend.schema import validate
from magnetc.source import Origin, SourceFile

SUFFIX = {"yaml": ".yaml", "dsl": ".magnet"}


def convert_files(paths: Sequence[Path], to: str, sink: Sink, *, write: bool) -> dict[Path, list[Path]]:
    """Write the files that are in the other syntax anew, and return what became of each.

    All or nothing: where one has an error or no form in the other syntax (MG160), none is touched. A DSL file becomes one
    YAML file for each kind that it speaks of. The recipes around the files include them by their new names.
    """
    texts: dict[Path, str] = {}
    moved: dict[Path, list[Path]] = {}
    for path in paths:
        if path.suffix == SUFFIX[to]:
            continue
        source = read_text(path, path.as_posix(), sink)
        if source and (made := convert_source(source, to, sink)) is not None:
            moved[path] = [_target(path, part, len(made), to) for part, _ in made]
            texts.update(zip(moved[path], (text for _, text in made)))
    _check_free(moved, sink)
    recipes = {root for path in moved if (root := _recipe_of(path))}
    for recipe in sorted(recipes) if not sink.has_errors else ():
        _rename_includes(recipe, moved, texts, to, sink)
    if sink.has_errors:
        return {}
    if write:
        for path, text in texts.items():
            path.write_bytes(text.encode("utf-8"))
        for path in moved:
            path.unlink()
    return moved


def convert_source(source: SourceFile, to: str, sink: Sink) -> list[tuple[str, str]] | None:
    """The files that say in syntax `to` what `source` says, as (kind, text); None after an error."""
    documents = read_documents(source, sink)
    if [validate(document, sink) for document in documents].count(False) or sink.has_errors:
        return None
    comments = find_comments(source)
    try:
        files = [_rows(document, comments, to) for document in documents]
    except Inexpressible as error:
        document = next(each for each in documents if each.root or len(documents) == 1)
        sink.error("MG160", f"{error.why}, so `{source.name}` stays as it is", Origin(source.name, document.root + error.pointer),
                   help="change it, or leave this file in its syntax")
        return None
    if to == "dsl" or not files:
        files = [[row for rows in files for row in rows]]
    _add_domain(source, files, documents, to)
    texts = with_comments(files, comments, source.text)
    made = [(_part(document), text) for document, text in zip(documents, texts)] if to == "yaml" else [("", texts[0])]
    return _checked(source, documents, comments, made, to, sink)


def _rows(document: Document, comments: Sequence[Comment], to: str) -> list[Row]:
    def commented(start: int, end: int) -> bool:
        return is_commented(comments, start, end)

    return yaml_rows(document, commented) if to == "yaml" else dsl_rows(document, commented)


def _part(document: Document) -> str:
    return f"{document.kind}.{document.data['locale']}" if document.kind == "frames" else document.kind


def _checked(source: SourceFile, documents: Sequence[Document], comments: Sequence[Comment], made: list[tuple[str, str]], to: str,
             sink: Sink) -> list[tuple[str, str]] | None:
    """The texts formatted, once they are found to say what `source` says (MG903)."""
    out, read, kept = [], [], []
    again = Sink()
    for part, text in made:
        file = SourceFile(f"{part}{SUFFIX[to]}", text)
        formatted = format_source(file, again)
        if formatted:
            out.append((part, formatted.after))
            read += read_documents(SourceFile(file.name, formatted.after), again)
            kept += comments_of(SourceFile(file.name, formatted.after))
    lost = {comment.text for comment in comments} - set(kept)
    if again.has_errors or meaning(read) != meaning(documents) or lost:
        sink.error("MG903", f"writing `{source.name}` in the other syntax would change what it says; it is left as it is",
                   help="this is a defect of magnetc: report it with the file")
        return None
    return out


def _add_domain(source: SourceFile, files: list[list[Row]], documents: Sequence[Document], to: str) -> None:
    """`domain` lowers to nothing: it becomes a key of the types, or a comment where there are none."""
    if to != "yaml" or not source.name.endswith(".magnet") or not files:
        return
    words = [match for match in LEXEME.finditer(source.text) if match.lastgroup not in ("newline", "blank", "comment")]
    for word, named in pairwise(words):
        if word[0] == "domain" and source.text[:word.start()].rpartition("\n")[2] == "":
            kinds = [document.kind for document in documents]
            if "types" in kinds:
                files[kinds.index("types")].insert(1, Row(f"domain: {yaml_scalar(unquote_name(named[0]))}", word.start()))
            else:
                files[0].insert(0, Row(f"# domain {named[0]}", word.start()))
            return


def _target(path: Path, part: str, count: int, to: str) -> Path:
    return path.with_name(f"{path.stem}.{part}.yaml" if count > 1 else f"{path.stem}{SUFFIX[to]}")


def _check_free(moved: dict[Path, list[Path]], sink: Sink) -> None:
    """MG010 where a new name is taken."""
    for path, targets in moved.items():
        for target in targets:
            if target.exists():
                sink.error("MG010", f"`{path}` cannot become `{target}`: there is such a file",
                           help="rename or remove one of the two")


def _recipe_of(path: Path) -> Path | None:
    """The recipe that a file belongs to: of the nearest folder that has one."""
    for folder in path.absolute().parents:
        for name in ROOTS:
            if (folder / name).is_file():
                return folder / name
    return None


def _rename_includes(recipe: Path, moved: dict[Path, list[Path]], texts: dict[Path, str], to: str, sink: Sink) -> None:
    """Put the new text of a recipe among `texts`, converted if it is among the files itself."""
    own = next((path for path in moved if path.absolute() == recipe), None)
    places = {path.absolute(): [target.absolute() for target in targets] for path, targets in moved.items()}
    source = read_text(recipe, (own or recipe).as_posix(), sink)
    text = source and renamed_includes(source, recipe.parent, places, to)
    if not source or text is None or text == source.text:
        return
    changed = SourceFile(source.name, text)
    if own is None:
        formatted = format_source(changed, sink)
        texts.update({recipe: formatted.after} if formatted else {})
    elif (made := convert_source(changed, to, sink)) is not None:
        texts.update(zip(moved[own], (each for _, each in made)))
