"""What a recipe says of worlds of servers, whatever they speak."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from magnetc.diagnostics import Diagnostic, Label, MagnetError
from magnetc.ir.json import Json
from magnetc.ir.spec import WorldSpec
from magnetc.tools.worlds.normalise import Normalise, normalise_rule

ROOT = "/workspace"
"""What the private directory is called in arguments and results: its real place is another in each process."""

Holds = Literal["files", "process", "nothing"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """One server. `command` starts it; with `url` it is spoken to by HTTP there, else by its standard input and output.

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
class Settings:
    """All of it.

    `seeds` are folders whose files initial states begin with; `setup` are commands run there before; with `settles`, what servers
    write when they start belongs to them. `profile` is what the system message shows. `observe` are calls, tool and arguments,
    whose results belong to the state; with `shows_calls`, so do the calls that changed something. `writes` are the tools that may
    change something; None when nobody knows.
    """

    servers: tuple[Server, ...]
    seeds: tuple[str, ...] = ()
    setup: tuple[tuple[str, ...], ...] = ()
    normalise: tuple[Normalise, ...] = ()
    seconds: float = 10.0
    profile: Json = None
    settles: bool = False
    observe: tuple[tuple[str, Mapping[str, Json]], ...] = ()
    shows_calls: bool = False
    writes: frozenset[str] | None = None


def seed_files(seeds: Iterable[str], folder: Path) -> dict[str, Path]:
    """The files of all seed folders, by their place in the recipe."""
    return {path.relative_to(folder).as_posix(): path for seed in seeds
            for path in sorted((folder / seed).rglob("*")) if path.is_file()}


def server_of(name: str, data: Mapping[str, Any]) -> Server:
    """A server as a recipe describes it."""
    return Server(name=name, command=tuple(data.get("command", ())), url=data.get("url", ""), packages=tuple(data.get("packages", ())),
                  npm=tuple(data.get("npm", ())), env=tuple(data.get("env", {}).items()), holds=data.get("holds", "process"))


def rules_of(data: Iterable[Mapping[str, Any]], spec: WorldSpec, key: str = "normalise") -> tuple[Normalise, ...]:
    """The rules under `key` of the world. Raises MagnetError (MG650) for one that cannot be read."""
    found = []
    for index, each in enumerate(data):
        try:
            found.append(normalise_rule(each))
        except ValueError as error:
            raise wrong(f"a rule of `{key}` {error}", spec, key, index,
                        help="add `at: /pointer/to/the/value`, or `match:` with a regular expression of Python; `to` is its replacement",
                        ) from None
    return tuple(found)


def wrong(text: str, spec: WorldSpec, *place: str | int, help: str) -> MagnetError:
    """MG650 at a place of the world's settings."""
    primary = Label(spec.origin.child(spec.kind, *place)) if spec.origin.file else None
    return MagnetError(Diagnostic(code="MG650", message=text, primary=primary, help=help))


def filled(value: Json, texts: Mapping[str, str]) -> Json:
    """`value` with texts in place of names, wherever they stand."""
    if isinstance(value, str):
        for name, text in texts.items():
            value = value.replace(name, text)
        return value
    if isinstance(value, list):
        return [filled(item, texts) for item in value]
    if isinstance(value, dict):
        return {key: filled(item, texts) for key, item in value.items()}
    return value


def present(spec: WorldSpec) -> dict[str, str]:
    """What `{now}` and `{date}` stand for."""
    return {"{now}": spec.now, "{date}": spec.now[:10]}
