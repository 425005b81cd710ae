"""Which files a recipe is made of: `include` expanded, inside the recipe folder and in the shipped `std/`."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from magnetc.diagnostics import Label, Sink
from magnetc.diagnostics.edits import removed, renamed
from magnetc.diagnostics.suggest import closest
from magnetc.frontend.read_text import MAX_FILES
from magnetc.source import Origin
from magnetc.source.resources import resource

ROOT = "recipe.yaml"
ROOTS = (ROOT, "recipe.magnet")
"""What the root of a recipe is called, in either syntax."""
SUFFIXES = (".yaml", ".magnet")
SHIPPED = "std"

_MAGIC = frozenset("*?[")


@dataclass(frozen=True, slots=True)
class Included:
    """A file to read. `name` is what messages call it: its path in the recipe folder, or below `std/`."""

    name: str
    path: Path


def expand_include(folder: Path, patterns: Iterable[str], origin: Origin, sink: Sink) -> list[Included]:
    """The files that `patterns` name, each once, in the order of the patterns; what a glob finds is sorted.

    Errors: MG001 for a file that is not there, MG005 for one outside the folder, MG006 for a pattern without a match.
    """
    found: dict[Path, Included] = {}
    patterns = tuple(patterns)
    taken = {*ROOTS, *patterns}
    for index, pattern in enumerate(patterns):
        at = origin.child(index)
        for file in _matches(folder, pattern, at, sink, taken):
            found.setdefault(sink.disk.real(file.path), file)
        if len(found) > MAX_FILES:
            break
    return list(found.values())


def shipped(*parts: str) -> Included | None:
    """A file of the shipped specs by its path below `specs/std`; None when there is none."""
    try:
        return Included("/".join((SHIPPED, *parts)), resource("specs", SHIPPED, *parts))
    except FileNotFoundError:
        return None


def _matches(folder: Path, pattern: str, at: Origin, sink: Sink, taken: Collection[str]) -> list[Included]:
    path = PurePosixPath(pattern)
    if path.is_absolute() or ".." in path.parts or "\\" in pattern or "\0" in pattern or not path.parts:
        sink.error("MG005", f"`{pattern}` leaves the recipe folder", at,
                   help="name files inside the folder, with `/` between folders, or `std/...` for what is shipped")
        return []
    if path.parts[0] == SHIPPED:
        return _shipped_match(pattern, path, at, sink)
    if _MAGIC & set(pattern):
        return _glob(folder, pattern, at, sink)
    file = Included(str(path), folder / path)
    if not sink.disk.is_file(file.path):
        near = _near_file(folder, path, taken, sink)
        is_folder = sink.disk.is_folder(file.path)
        sink.error("MG001", f"`{pattern}` is a folder" if is_folder else f"there is no file `{pattern}`", at,
                   help=f"name its files: `{pattern.rstrip('/')}/*.yaml`" if is_folder else f"did you mean `{near}`?" if near else
                   "write the file, or leave it out",
                   fix=renamed(sink, at, pattern, near) if near and not is_folder else None)
        return []
    return [file] if _is_readable(folder, file, at, sink) else []


def _shipped_match(pattern: str, path: PurePosixPath, at: Origin, sink: Sink) -> list[Included]:
    inner = path.parts[1:]
    for suffix in ("",) if path.suffix in SUFFIXES else SUFFIXES:
        file = shipped(*inner[:-1], inner[-1] + suffix) if inner else None
        if file and file.path.is_file():
            return [file]
    top = resource("specs", SHIPPED)
    names = [each.relative_to(top).with_suffix("").as_posix() for each in top.rglob("*") if each.suffix in SUFFIXES]
    near = closest("/".join(inner), names)
    known = ", ".join(f"`{SHIPPED}/{name}`" for name in sorted(names))
    sink.error("MG001", f"`{pattern}` is not among the shipped files", at,
               help=f"did you mean `{SHIPPED}/{near}`?" if near else f"shipped are {known}",
               fix=renamed(sink, at, pattern, f"{SHIPPED}/{near}") if near else None)
    return []


def _glob(folder: Path, pattern: str, at: Origin, sink: Sink) -> list[Included]:
    files = [Included(path.relative_to(folder).as_posix(), path) for path in sink.disk.glob(folder, pattern, SUFFIXES)]
    files = [file for file in files if file.name not in ROOTS]
    if not files:
        sink.error("MG006", f"`{pattern}` matches no file of the recipe", at,
                   help=f"files end in {' or '.join(f'`{suffix}`' for suffix in SUFFIXES)}")
    # What reads them refuses the rest, and says so.
    return [file for file in files[: MAX_FILES + 1] if _is_readable(folder, file, at, sink)]


def _is_readable(folder: Path, file: Included, at: Origin, sink: Sink) -> bool:
    """Whether a file lies in the folder, links followed, and is of a kind that is read."""
    if leaves(folder, file, sink, at):
        return False
    if file.path.suffix not in SUFFIXES:
        sink.error("MG006", f"`{file.name}` is neither YAML nor DSL", at,
                   help=f"files end in {' or '.join(f'`{suffix}`' for suffix in SUFFIXES)}")
        return False
    if file.name in ROOTS:
        span = sink.span(Label(at))
        sink.error("MG006", f"`{file.name}` includes itself", at, help="leave it out: it is read anyway",
                   fix=removed(sink.files[span.file], span.start, span.end) if span else None)
        return False
    return True


def leaves(folder: Path, file: Included, sink: Sink, at: Origin | None = None) -> bool:
    """MG005: whether a file lies outside the folder, links followed."""
    if sink.disk.real(file.path).is_relative_to(sink.disk.real(folder)):
        return False
    sink.error("MG005", f"`{file.name}` is a link that leaves the recipe folder", at,
               help="copy the file into the recipe: a recipe has to be complete")
    return True


def _near_file(folder: Path, path: PurePosixPath, taken: Collection[str], sink: Sink) -> str | None:
    """The closest file beside the one that is missing, of those that can be included and are not yet."""
    names = [each.name for each in sink.disk.glob(folder / path.parent, "*", SUFFIXES)
             if path.with_name(each.name).as_posix() not in taken]
    near = closest(path.name, names) or next((name for suffix in SUFFIXES if (name := path.name + suffix) in names), None)
    return str(path.with_name(near)) if near else None
