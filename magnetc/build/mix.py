"""Mix: rows of a user's own files among a dataset's training rows, as many as their weight asks for.

A file is looked at whole before anything is made: each of its lines has to be a conversation. Which of them are taken, once the dataset's own rows
are counted, is told by the digest of what each says: the same ones each time, whatever their order, and more of them for a greater weight.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from magnetc.build.partitions import Partitions
from magnetc.diagnostics import Diagnostic, MagnetError, Sink
from magnetc.diagnostics.model import Label
from magnetc.distill.contamination.index import Index
from magnetc.distill.proofs.intact import row_digest
from magnetc.distill.proofs.mixed import TAG, prefix
from magnetc.emit.foreign.forms import read_row
from magnetc.emit.foreign.lines import Line, data_files, line_at, lines_of, place
from magnetc.emit.foreign.row import Problem
from magnetc.emit.foreign.trl import messages_of, tools_of, unfit
from magnetc.ir import draw
from magnetc.ir.json import Json, digest
from magnetc.ir.spec import Mix, Spec
from magnetc.source import Excerpt, Span

SHOWN = 5
"""Lines of a file that cannot be mixed in that are told."""

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Place:
    """A line of a file, by the numbers of both (the line's from 1), the byte at which it begins, and the digest of what it says."""

    digest: str
    file: int
    number: int
    offset: int


@dataclass(slots=True)
class Mixed:
    """The rows that a file or folder of the recipe's `mix` has, and what became of them: `asked` were to be taken, `taken` were, and those
    `overlapping` with benchmarks, or with what is `held_out` for sets of its own, were left out."""

    mix: Mix
    files: Sequence[Path]
    places: Sequence[_Place]
    asked: int = 0
    taken: int = 0
    overlapping: int = 0
    held_out: int = 0

    @property
    def digest(self) -> str:
        """The digest of all that it has, in order."""
        return digest([[each.digest, each.file, each.number] for each in self.places])

    def rows(self, own: int, seed: int, index: Index | None, partitions: Partitions) -> Iterator[Row]:
        """Rows to be mixed in among so many of the dataset's `own`, drawn by what they say.

        Raises:
            MagnetError: MG634 where the file is no longer what it was.
        """
        self.asked = round(self.mix.weight * own)
        drawn = sorted(self.places, key=lambda each: (draw.fraction(seed, TAG, self.mix.name, each.digest), each.file, each.number))
        for at in drawn:
            if self.taken == self.asked:
                return
            made = self._made(at, self._again(at))
            if any(partitions.held_out(made)):
                self.held_out += 1
            elif index is not None and index.overlaps(made):
                self.overlapping += 1
            else:
                self.taken += 1
                yield made

    def document(self) -> dict[str, Any]:
        """As figures have it. `of`: so many rows there are."""
        return {"name": self.mix.name, "weight": self.mix.weight, "of": len(self.places), "asked": self.asked, "rows": self.taken, "overlapping": self.overlapping,
                **({"held_out": self.held_out} if self.held_out else {})}

    def _again(self, at: _Place) -> Json:
        """The row of a line, read again: all rows at once may not fit into memory."""
        try:
            row = line_at(self.files[at.file], at.number, at.offset).row
            if digest(row) == at.digest:
                return row
        except (OSError, ValueError, RecursionError):
            pass
        raise MagnetError(Diagnostic(code="MG634", message=f"`{self.mix.file}` was changed while the dataset was built", primary=Label(self.mix.origin.child("file")),
                                     help="build it again: units that are made are kept"))

    def _made(self, at: _Place, row: Json) -> Row:
        read, _ = read_row(row)
        assert read is not None, "a line was no row when it was read again"
        id = f"{prefix(self.mix.name)}{f'{at.file + 1}-' if len(self.files) > 1 else ''}line{at.number}"
        tags = {"path": "", "base": id, "operations": [], "locale": "", "copy_of": "", TAG: self.mix.name}
        made: Row = {"id": id, "messages": messages_of(read), "tools": tools_of(read), "tags": tags, "certificate": {"row": ""}}
        made["certificate"]["row"] = row_digest(made)
        return made


def check_mix(spec: Spec, folder: Path, sink: Sink) -> None:
    """MG634 for each file of the recipe's `mix` that is not there."""
    for mix in spec.recipe.mix:
        path = folder / mix.folder / mix.file
        if not sink.disk.is_file(path) and not sink.disk.is_folder(path):
            sink.error("MG634", f"there is no file `{mix.file}` to mix in", mix.origin.child("file"), help="paths are taken from the folder of the recipe's file")


def files_of(spec: Spec) -> set[str]:
    """The files that the recipe mixes in, from its folder: no unit comes from them."""
    return {(Path(mix.folder) / mix.file).as_posix() for mix in spec.recipe.mix}


def read_mix(spec: Spec, folder: Path, sink: Sink) -> list[Mixed]:
    """The files of the recipe's `mix`, each line looked at. MG634 for the first lines of each that cannot be trained on."""
    return [_read(mix, folder, sink) for mix in spec.recipe.mix]


def report_mix(found: Sequence[Mixed], sink: Sink) -> None:
    """MG635 for each file that has fewer rows than its weight asks for."""
    for each in found:
        if each.taken < each.asked:
            left_out = ((each.overlapping, "overlap with a benchmark of `decontaminate`"), (each.held_out, "have what the recipe holds out"))
            notes = tuple(f"{count:,} of them {why}" for count, why in left_out if count)
            sink.warning("MG635", f"`{each.mix.file}` was to give {each.asked:,} rows, and has {len(each.places):,}", each.mix.origin.child("weight"), notes=notes,
                         help="no row is taken twice: give it a weight that it can meet, or more rows")


def _read(mix: Mix, folder: Path, sink: Sink) -> Mixed:
    root = folder / mix.folder / mix.file
    files, places = data_files(root), []
    for number, path in enumerate(files):
        name = mix.file if path == root else f"{mix.file.rstrip('/')}/{path.relative_to(root).as_posix()}"
        excerpt, told = Excerpt(name), 0
        try:
            for line in lines_of(path):
                problem = _problem(line)
                if problem is None:
                    places.append(_Place(digest(line.row), number, line.number, line.offset))
                    continue
                told += 1
                if told <= SHOWN:
                    _tell(problem, line, excerpt, mix, sink)
        except OSError as error:
            sink.error("MG634", f"`{name}` cannot be read: {(error.strerror or str(error)).lower()}", mix.origin.child("file"))
        if told > SHOWN:
            sink.error("MG634", f"{told - SHOWN:,} more lines of `{name}` cannot be mixed in", mix.origin.child("file"), help="`magnetc lint-data` shows them all")
    if not places and not sink.has_errors:
        sink.error("MG634", f"`{mix.file}` has no rows to mix in", mix.origin.child("file"), help="a file of JSON lines, each a conversation")
    return Mixed(mix, files, places)


def _problem(line: Line) -> Problem | None:
    """Why a line is no conversation to be trained on."""
    if line.problem:
        return Problem("", f"it is no row: {line.problem}")
    try:
        row, problems = read_row(line.row)
        return unfit(row, problems) if row is not None else problems[0]
    except RecursionError:
        return Problem("", "it is nested too deeply to be a conversation")


def _tell(problem: Problem, line: Line, excerpt: Excerpt, mix: Mix, sink: Sink) -> None:
    if excerpt.size == 0:
        sink.add_file(excerpt)
    excerpt.keep(line.number, line.start, line.text)
    start, end = place(line.text, problem.at)
    sink.emit(Diagnostic(code="MG634", message=f"line {line.number} of `{excerpt.name}` cannot be mixed in: {problem.message}",
                         primary=Label(Span(excerpt.name, line.start + start, line.start + end)), secondary=(Label(mix.origin.child("file"), "it is mixed in here"),),
                         help="mend the line, or leave it out of the file; `magnetc lint-data` shows all that is wrong with it"))
