"""Files that ship with the compiler but are not Python: `grammar/` and `specs/`."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent
_INSTALLED = _PACKAGE / "_data"
_ROOT = _INSTALLED if _INSTALLED.is_dir() else _PACKAGE.parent


def resource(*parts: str) -> Path:
    """Path of a shipped file or folder, e.g. `resource("specs", "std")`.

    A wheel carries them in `magnetc/_data`; a checkout has them beside the package. Raises FileNotFoundError when the
    installation lacks it.
    """
    path = _ROOT.joinpath(*parts)
    if not path.exists():
        raise FileNotFoundError(f"magnetc's own file {'/'.join(parts)} is not installed")
    return path
