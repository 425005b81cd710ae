"""Packages of npm, installed once under a prefix of their own in the user's cache directory."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

from magnetc.diagnostics import Diagnostic, MagnetError
from magnetc.ir.json import digest
from magnetc.tools.environments import cache_directory, failure, install, make_once

_PINNED = re.compile(r"(@[a-z0-9][a-z0-9._-]*/)?[a-z0-9][a-z0-9._-]*@[0-9]+\.[0-9]+\.[0-9]+[0-9A-Za-z.+-]*")


def ensure_node_packages(packages: tuple[str, ...], announce: Callable[[str], None]) -> Path:
    """The folder of the programs of `packages`, installed when they are not yet. What they need comes with them.

    Args:
        packages: Each `name@version`.
        announce: Told in one sentence before anything slow happens.

    Raises:
        MagnetError: MG605 for a package without an exact version, MG604 when they cannot be installed.
    """
    loose = [package for package in packages if not _PINNED.fullmatch(package)]
    if loose:
        raise MagnetError(*(Diagnostic(code="MG605", message=f"the package `{package}` has no exact version",
                                       help="write it as `name@version`") for package in loose))
    place = cache_directory() / "environments" / digest({"npm": sorted(packages)})
    make_once(place, place / "node_modules", packages, lambda: _build(place, packages), announce)
    return place / "node_modules" / ".bin"


def _build(place: Path, packages: tuple[str, ...]) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise failure(packages, "there is no `npm` here", ("it comes with Node.js, which runs these servers",))
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    # Scripts of packages do not run: what is installed is what was published.
    install([npm, "install", "--prefix", str(place), "--ignore-scripts", "--no-audit", "--no-fund", "--silent", *packages], place, packages)
