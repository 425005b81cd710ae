"""What a server answered, kept in the recipe: one file for each call, so that it does not matter in which order they were made."""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from magnetc.ir.json import Json, digest

FOLDER = "recorded"
"""Of the recipe."""


class Recording:
    """Answers below `folder`, by tool and arguments. With `sealed` nothing is added: what is not there has no answer."""

    def __init__(self, folder: Path, *, sealed: bool):
        self.folder, self.sealed = folder / FOLDER, sealed
        self._known: dict[str, str] = {}
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def answer(self, name: str, arguments: Mapping[str, Json], ask: Callable[[], Awaitable[Json]]) -> Json:
        """The recorded answer to a call; one that `ask` gives is recorded first, as it is to be seen."""
        key = digest([name, dict(arguments)])
        async with self._locks[key]:
            if key not in self._known:
                path = self.folder / name / f"{key}.json"
                if path.is_file():
                    self._known[key] = json.dumps(json.loads(path.read_text(encoding="utf-8"))["result"])
                elif self.sealed:
                    return {"error": "no answer to this call was recorded"}
                else:
                    result = await ask()
                    _write(path, {"tool": name, "arguments": dict(arguments), "result": result})
                    self._known[key] = json.dumps(result)
        return json.loads(self._known[key])


def recorded_files(folder: Path) -> tuple[str, ...]:
    """The files of a recording, by their place in the recipe."""
    return tuple(path.relative_to(folder).as_posix() for path in sorted((folder / FOLDER).rglob("*.json")))


def _write(path: Path, content: Json) -> None:
    """All of it at once: another process may be at the same."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=path.parent, suffix=".part", delete=False, encoding="utf-8") as file:
        file.write(json.dumps(content, indent=1, ensure_ascii=False) + "\n")
    place = Path(file.name)
    place.chmod(0o644)
    place.replace(path)
