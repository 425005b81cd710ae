"""Environments: virtual environments made once from a world's pinned packages, in the user's cache directory."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from magnetc.diagnostics import Diagnostic, MagnetError
from magnetc.ir.json import digest

_PINNED = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?(\[[A-Za-z0-9,._ -]+\])?==[A-Za-z0-9][A-Za-z0-9.!+_-]*")
_MARKER = "magnetc-packages.txt"
"""Written last: an environment without it was not finished."""


def ensure_environment(packages: tuple[str, ...], announce: Callable[[str], None], *, resolve: bool = False) -> Path:
    """The Python of a virtual environment that holds exactly `packages`, made when there is none yet.

    Dependencies are not resolved: what is not listed is not there, so the same list is the same environment everywhere.

    Args:
        packages: Requirements, each `name==version`.
        announce: Told in one sentence before anything slow happens.
        resolve: Install what the packages need, too, in the versions that the index has on the day the environment is made.

    Raises:
        MagnetError: MG605 for a requirement without an exact version, MG604 when the environment cannot be made.
    """
    _require_pins(packages)
    made_with = {"packages": sorted(packages), "python": sys.version, "base": sys.base_prefix}
    key = digest(made_with | {"resolve": True} if resolve else made_with)
    place = cache_directory() / "environments" / key
    python = place / "bin" / "python"
    make_once(place, python, packages, lambda: _build(place, python, packages, resolve), announce)
    return python


def find_site_packages(environment_python: Path) -> Path:
    """The package folder of the environment that `environment_python` (its bin/python) belongs to, without running it."""
    root = environment_python.parent.parent
    found = sorted(root.glob("lib/python*/site-packages")) or sorted(root.glob("Lib/site-packages"))
    if not found:
        raise MagnetError(Diagnostic(code="MG502", message=f"`{environment_python}` is not the Python of an environment",
                                     help="give the `bin/python` of a virtual environment"))
    return found[0]


def make_once(place: Path, made: Path, packages: tuple[str, ...], build: Callable[[], None], announce: Callable[[str], None]) -> None:
    """Have `build` make the environment `place`, unless it is whole and has `made` already; other processes wait meanwhile.

    Raises:
        MagnetError: MG604 when it cannot be made.
    """
    if (place / _MARKER).is_file() and made.exists():
        return
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with (place.parent / f"{place.name}.lock").open("w") as lock:
            _wait(lock.fileno(), announce)
            if not (place / _MARKER).is_file() or not made.exists():
                announce(f"making an environment with {_listed(packages)} in `{place}`")
                build()
                (place / _MARKER).write_text("".join(f"{package}\n" for package in packages), encoding="utf-8")
    except OSError as error:
        raise failure(packages, f"`{error.filename or place}`: {error.strerror}", ()) from error


def cache_directory() -> Path:
    """$MAGNETC_CACHE, else `magnetc` in $XDG_CACHE_HOME, else in `~/.cache`."""
    own = os.environ.get("MAGNETC_CACHE")
    return Path(own) if own else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "magnetc"


def _require_pins(packages: tuple[str, ...]) -> None:
    loose = [package for package in packages if not _PINNED.fullmatch(package)]
    if loose:
        raise MagnetError(*(
            Diagnostic(code="MG605", message=f"the package `{package}` has no exact version",
                       help="write it as `name==version`; the packages it needs are listed the same way")
            for package in loose))


def _wait(lock: int, announce: Callable[[str], None]) -> None:
    """Take the lock. It is released when its file is closed, also by a process that is killed."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        announce("waiting for another process that is making the same environment")
        fcntl.flock(lock, fcntl.LOCK_EX)


def _build(place: Path, python: Path, packages: tuple[str, ...], resolve: bool) -> None:
    # Not in a directory to be renamed: the scripts of an environment hold its path. The marker makes it whole.
    shutil.rmtree(place, ignore_errors=True)
    steps = [[sys.executable, "-m", "venv", str(place)]]
    if packages:
        steps.append([str(python), "-m", "pip", "install", *(() if resolve else ("--no-deps",)), "-q", "--no-input",
                      "--disable-pip-version-check", *packages])
    for command in steps:
        install(command, place, packages)


def install(command: list[str], place: Path, packages: tuple[str, ...]) -> None:
    """Run one step of making `place`, which is removed when it fails. Raises MagnetError (MG604)."""
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, errors="replace", check=False)
    except BaseException:
        shutil.rmtree(place, ignore_errors=True)
        raise
    if done.returncode:
        shutil.rmtree(place, ignore_errors=True)
        what = " ".join([Path(command[0]).name, *command[1:3]])
        raise failure(packages, f"`{what}` exited with status {done.returncode}", tuple(done.stdout.splitlines()[-10:]))


def failure(packages: tuple[str, ...], why: str, notes: tuple[str, ...]) -> MagnetError:
    """MG604: an environment with `packages` cannot be made."""
    return MagnetError(Diagnostic(
        code="MG604", message=f"cannot make an environment with {_listed(packages)}: {why}", notes=notes,
        help="check the names and versions under `packages`, and that the package index can be reached"))


def _listed(packages: tuple[str, ...]) -> str:
    return ", ".join(f"`{package}`" for package in packages) or "no packages"
