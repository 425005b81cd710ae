"""Files written as a whole or not at all, whatever is killed and whoever else writes them."""

from __future__ import annotations

import tempfile
from pathlib import Path


def write_whole(path: Path, content: str | bytes, mode: int = 0o644) -> None:
    """Write beside the file's place, then move it there. The folder is made, those above it are not. Raises OSError, and leaves nothing beside it."""
    path.parent.mkdir(exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        place = Path(file.name)
        try:
            file.write(content.encode() if isinstance(content, str) else content)
            file.close()
            place.chmod(mode)
            place.replace(path)
        except BaseException:
            place.unlink(missing_ok=True)
            raise
