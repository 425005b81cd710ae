"""What a server answered, kept in the recipe: one file for each call, so that it does not matter in which order they were made."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from magnetc.ir.json import Json, digest
from magnetc.source.write_whole import write_whole

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
                    path.parent.mkdir(parents=True, exist_ok=True)
                    told = {"tool": name, "arguments": dict(arguments), "result": result}
                    write_whole(path, json.dumps(told, indent=1, ensure_ascii=False) + "\n")   # another process may be at the same
                    self._known[key] = json.dumps(result)
        return json.loads(self._known[key])


def recorded_files(folder: Path) -> tuple[str, ...]:
    """The files of a recording, by their place in the recipe."""
    return tuple(path.relative_to(folder).as_posix() for path in sorted((folder / FOLDER).rglob("*.json")))
