"""What a recipe says under `world: {mcp: …}`, read from a WorldSpec."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from magnetc.diagnostics import Diagnostic, Label, MagnetError
from magnetc.ir.json import Json
from magnetc.ir.pointer import expand
from magnetc.ir.spec import WorldSpec
from magnetc.tools.worlds.worker import put

ROOT = "/workspace"
"""What the private directory is called in arguments and results: its real place is another in each process."""

Holds = Literal["files", "process", "nothing"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """One server. `command` starts it; with `url` it is spoken to by streamable HTTP there, else by its standard input and output.

    `holds` says where its state is: in the `files` of the private directory, in the `process` too, or that it has none.
    """

    name: str
    command: tuple[str, ...] = ()
    url: str = ""
    packages: tuple[str, ...] = ()
    npm: tuple[str, ...] = ()
    env: tuple[tuple[str, str], ...] = ()
    holds: Holds = "process"


@dataclass(frozen=True, slots=True, kw_only=True)
class Normalise:
    """What differs from run to run in results of `tool` (of all when empty) and what stands there instead: the value `at` a
    pattern, or what `match` finds in texts, there or anywhere."""

    tool: str = ""
    at: str = ""
    match: str = ""
    to: str = ""

    def __str__(self) -> str:
        return " ".join(filter(None, (self.tool, self.at, self.match)))

    def apply(self, tool: str, result: Json) -> Json:
        """`result`, normalised."""
        if self.tool not in ("", tool):
            return result
        if not self.match:
            for pointer, _ in list(expand(result, self.at)):
                put(result, pointer, self.to)
            return result
        if not self.at:
            return self._texts(result)
        for pointer, value in list(expand(result, self.at)):
            put(result, pointer, self._texts(value))
        return result

    def _texts(self, value: Json) -> Json:
        if isinstance(value, str):
            return re.sub(self.match, self.to, value, flags=re.MULTILINE)
        if isinstance(value, list):
            return [self._texts(item) for item in value]
        if isinstance(value, dict):
            return {key: self._texts(item) for key, item in value.items()}
        return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All of it. `seeds` are folders whose files initial states begin with; `setup` are commands run there before;
    `profile` is what the system message shows."""

    servers: tuple[Server, ...]
    seeds: tuple[str, ...] = ()
    setup: tuple[tuple[str, ...], ...] = ()
    normalise: tuple[Normalise, ...] = ()
    seconds: float = 10.0
    profile: Json = None


def settings_of(spec: WorldSpec) -> Settings:
    """The settings of an `mcp` world. `{now}` and `{date}` are the world's present wherever they stand.

    Raises:
        MagnetError: MG650 for a server that cannot be started, a pattern that cannot be read.
    """
    data = json.loads(spec.settings)
    filled = _filled(data, {"{now}": spec.now, "{date}": spec.now[:10]})
    servers = tuple(_server(name, each, spec) for name, each in filled["servers"].items())
    normalise = tuple(_normalise(index, each, spec) for index, each in enumerate(filled.get("normalise", ())))
    return Settings(servers=servers, seeds=tuple(filled.get("seeds", ())), setup=tuple(map(tuple, filled.get("setup", ()))),
                    normalise=normalise, seconds=float(filled.get("seconds", 10.0)), profile=filled.get("profile"))


def seed_files(settings: Settings, folder: Path) -> dict[str, Path]:
    """The files of all seed folders, by their place in the recipe."""
    return {path.relative_to(folder).as_posix(): path for seed in settings.seeds
            for path in sorted((folder / seed).rglob("*")) if path.is_file()}


def _server(name: str, data: Mapping[str, Any], spec: WorldSpec) -> Server:
    found = Server(name=name, command=tuple(data.get("command", ())), url=data.get("url", ""),
                   packages=tuple(data.get("packages", ())), npm=tuple(data.get("npm", ())),
                   env=tuple(data.get("env", {}).items()), holds=data.get("holds", "process"))
    if not found.command and (not found.url or found.holds != "nothing"):
        why = ("is not started here, so that it cannot be set back: only a server that `holds: nothing` may be elsewhere"
               if found.url else "has no `command`")
        raise _wrong(f"the server `{name}` {why}", spec, "servers", name, help="give it the `command` that starts it")
    return found


def _normalise(index: int, data: Mapping[str, Any], spec: WorldSpec) -> Normalise:
    found = Normalise(tool=data.get("tool", ""), at=data.get("at", ""), match=data.get("match", ""), to=data["to"])
    if not found.at and not found.match:
        raise _wrong("a rule of `normalise` says neither `at` which pointer nor what to `match`", spec, "normalise", index,
                     help="add `at: /pointer/to/the/value`, or `match:` with a regular expression")
    try:
        re.compile(found.match)
        re.sub(found.match, found.to, "")
    except (re.error, IndexError) as error:
        raise _wrong(f"a rule of `normalise` cannot be read: {error}", spec, "normalise", index,
                     help="`match` is a regular expression of Python, `to` its replacement") from None
    return found


def _wrong(text: str, spec: WorldSpec, *place: str | int, help: str) -> MagnetError:
    primary = Label(spec.origin.child("mcp", *place)) if spec.origin.file else None
    return MagnetError(Diagnostic(code="MG650", message=text, primary=primary, help=help))


def _filled(value: Json, texts: Mapping[str, str]) -> Json:
    if isinstance(value, str):
        for name, text in texts.items():
            value = value.replace(name, text)
        return value
    if isinstance(value, list):
        return [_filled(item, texts) for item in value]
    if isinstance(value, dict):
        return {key: _filled(item, texts) for key, item in value.items()}
    return value
