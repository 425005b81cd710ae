"""Trust: the code of a recipe runs only after its user said so, once for each content of it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from magnetc.diagnostics import Diagnostic, Label, MagnetError
from magnetc.ir.json import digest as json_digest
from magnetc.ir.spec import WorldSpec
from magnetc.source.write_whole import write_whole
from magnetc.tools.worlds.kind import world_kind

_CODE = (".py", ".pyc", ".so", ".pyd")
_LISTED = 20


def code_files(folder: Path) -> tuple[Path, ...]:
    """The files below `folder` that Python can import, relative to it and sorted."""
    return tuple(path for path in files_below(folder) if path.name.endswith(_CODE))


def files_below(folder: Path) -> tuple[Path, ...]:
    """All files below `folder`, relative to it and sorted.

    Hidden folders, caches of bytecode (never read by a worker) and built datasets (they hold a copy) are left out.
    """
    found, visited = [], set()
    for parent, names, files in os.walk(folder, followlinks=True):
        real = Path(parent).resolve()
        if real in visited or (Path(parent) != folder and _is_dataset(real)):
            names.clear()
            continue
        visited.add(real)
        names[:] = sorted(name for name in names if not name.startswith(".") and name != "__pycache__")
        found += [(Path(parent) / file).relative_to(folder) for file in files]
    return tuple(sorted(found, key=lambda path: path.as_posix()))


def code_digest(folder: Path, spec: WorldSpec) -> str:
    """Digest of what would run: the code files by relative name and content, the class and the packages.

    The folder's own place takes no part: a copy is trusted as its original is.
    """
    folder = folder / spec.folder
    files = {path.as_posix(): sha256((folder / path).read_bytes()).hexdigest() for path in code_files(folder)}
    may = {"may": list(_may(spec))} if any(_may(spec)) else {}
    if spec.kind != "python":
        runs = dict(world_kind(spec).runs(spec, folder))
        return json_digest({"files": files, "kind": spec.kind, "settings": spec.settings, "runs": runs} | may)
    return json_digest({"files": files, "python": spec.python, "packages": sorted(spec.packages)} | may)


def _may(spec: WorldSpec) -> Iterator[str]:
    """What the recipe lets its code do that code may not do otherwise."""
    if spec.limits.network:
        yield "it may open sockets"
    if spec.limits.processes:
        yield f"it may start up to {spec.limits.processes} processes"


def is_trusted(digest: str) -> bool:
    """Whether the user trusts the code with this digest."""
    return digest in _read()


def trust(digest: str, folder: Path) -> None:
    """Remember that the user trusts the code with this digest, found in `folder`."""
    path = store()
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps({**_read(), digest: str(folder.resolve())}, indent=2, sort_keys=True, ensure_ascii=False)
    write_whole(path, text + "\n", 0o600)


def require_trust(folder: Path, spec: WorldSpec, allow: bool) -> None:
    """Return when the recipe's code may run: it is trusted, or `allow` (`--trust`) says so for this once. A simulated world runs
    none of it, nor does one of an output that was recorded.

    Raises:
        MagnetError: MG606, with the files that would run.
    """
    if allow or _runs_nothing(spec) or is_trusted(code_digest(folder, spec)):
        return
    files = [f"`{path.as_posix()}`" for path in code_files(folder / spec.folder)]
    if len(files) > _LISTED:
        files[_LISTED:] = [f"and {len(files) - _LISTED} more"]
    others = [*world_kind(spec).runs(spec, folder / spec.folder), *_may(spec)]
    raise MagnetError(Diagnostic(
        code="MG606", message="the code of this recipe has not been trusted",
        primary=Label(spec.origin) if spec.origin.file else None, notes=(*files, *others),
        help=f"read it, then run `magnetc trust {folder}` or pass `--trust`"))


def _runs_nothing(spec: WorldSpec) -> bool:
    return spec.kind == "simulated" or (spec.sealed and world_kind(spec).levels(spec).replay == "recorded")


def command_digest(command: str) -> str:
    """Digest of a command that starts a server to import its tools."""
    return json_digest({"command": command})


def require_command(folder: Path, command: str, allow: bool) -> None:
    """Return when the command may run; else MG606, as for code."""
    if not allow and not is_trusted(command_digest(command)):
        raise MagnetError(Diagnostic(code="MG606", message=f"the command `{command}` of this recipe has not been trusted",
                                     help=f"run `magnetc trust {folder}` or pass `--trust`"))


def store() -> Path:
    """The file of trusted digests: in $MAGNETC_CONFIG, else `magnetc` in $XDG_CONFIG_HOME, else in `~/.config`."""
    own = os.environ.get("MAGNETC_CONFIG")
    home = Path(own) if own else Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "magnetc"
    return home / "trust.json"


def _read() -> dict[str, str]:
    """Digest to folder. A store that cannot be read trusts nothing."""
    try:
        stored = json.loads(store().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stored if isinstance(stored, dict) else {}


def _is_dataset(folder: Path) -> bool:
    return (folder / "manifest.yaml").is_file() and (folder / "recipe").is_dir()
