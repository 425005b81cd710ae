"""Files that a pattern matches, each folder gone into once: links in a circle and `**` beside `**` cost no more than the files there are."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from fnmatch import translate
from pathlib import Path

_MAGIC = re.compile(r"[*?\[]")


def matches(folder: Path, pattern: str) -> list[str]:
    """The paths below `folder` that `pattern` matches, relative to it, sorted by their parts, files and others.

    `*`, `?` and `[…]` match within a name, `**` any folders, those behind links left out. Of several ways to one folder the first
    counts. A pattern that ends in `**` matches no file. Raises ValueError for what is no pattern.
    """
    parts = [part for part in pattern.split("/") if part not in ("", ".")]
    if not parts or ".." in parts or any("**" in part and part != "**" for part in parts):
        raise ValueError(f"`{pattern}` is no pattern")
    *above, last = parts
    places = [""]
    for part in above:
        places = _once(folder, _below(folder, places) if part == "**" else _named(folder, places, part))
    if last == "**":
        return []
    return sorted(set(_named(folder, places, last)), key=_by_parts)


def _named(folder: Path, places: Iterable[str], part: str) -> Iterator[str]:
    """What stands in these folders by that name."""
    matched = re.compile(translate(part)).match if _MAGIC.search(part) else None
    for place in places:
        if matched is None:
            if (folder / place / part).exists():
                yield f"{place}{part}"
        else:
            yield from (f"{place}{name}" for name in _names(folder / place) if matched(name))


def _below(folder: Path, places: Iterable[str]) -> Iterator[str]:
    """These folders and those below, without links to folders."""
    stack = list(places)
    while stack:
        place = stack.pop()
        yield place
        try:
            with os.scandir(folder / place) as found:
                stack += [f"{place}{each.name}/" for each in found if each.is_dir(follow_symlinks=False)]
        except OSError:
            continue


def _once(folder: Path, places: Iterable[str]) -> list[str]:
    """Each folder of these once, with a slash at its end."""
    known: dict[tuple[int, int], str] = {}
    for place in sorted(set(places), key=_by_parts):
        try:
            found = (folder / place).stat()
        except OSError:
            continue
        if (folder / place).is_dir():
            known.setdefault((found.st_dev, found.st_ino), place if place.endswith("/") or not place else f"{place}/")
    return list(known.values())


def _by_parts(path: str) -> list[str]:
    return path.split("/")


def _names(folder: Path) -> list[str]:
    try:
        with os.scandir(folder) as found:
            return [each.name for each in found]
    except OSError:
        return []
