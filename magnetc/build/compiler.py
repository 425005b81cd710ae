"""The compiler itself as a part of what results depend on: with another one, nothing that was kept counts."""

from __future__ import annotations

import os
import sys
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path

from magnetc import __version__
from magnetc.source.disk import digest
from magnetc.source.resources import resource


@lru_cache(maxsize=1)
def own_sources() -> str:
    """Digest of the compiler's own files and the version of Python: the same on every machine that has the same magnetc."""
    found = blake2b(f"{__version__}\0{sys.version_info[:3]}".encode(), digest_size=20)
    for top, suffixes in ((Path(__file__).parents[1], (".py",)), (resource("grammar"), ()), (resource("specs", "std"), ())):
        for parent, folders, names in os.walk(top):
            folders.sort()
            for name in sorted(names):
                if not suffixes or name.endswith(suffixes):
                    place = Path(parent, name)
                    found.update(f"\0{place.relative_to(top).as_posix()}\0".encode("utf-8", "surrogateescape") + digest(place.read_bytes()).encode())
    return found.hexdigest()


@lru_cache(maxsize=1)
def compiler() -> str:
    """Digest of all that comes of a recipe depends on beside the recipe: the compiler's files, Python, installed packages."""
    found = blake2b(f"{own_sources()}\0{sys.version}".encode(), digest_size=20)
    for entry in sys.path:
        found.update("\0".join(_packages(entry)).encode("utf-8", "surrogateescape"))
    return found.hexdigest()


def _packages(entry: str) -> list[str]:
    """The packages that are installed at an entry of Python's path, by name, version and when that was."""
    try:
        with os.scandir(entry or ".") as found:
            return sorted(f"{each.name} {each.stat().st_mtime_ns}" for each in found if each.name.endswith((".dist-info", ".egg-info")))
    except OSError:
        return []
