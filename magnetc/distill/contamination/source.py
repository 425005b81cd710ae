"""Sources: the benchmarks that data is kept clean of, by name or by file, and how each is read."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from magnetc.diagnostics import Diagnostic, Label, MagnetError
from magnetc.diagnostics.suggest import closest
from magnetc.distill.contamination.content import Content
from magnetc.source import Origin
from magnetc.source.disk import Disk

NAMES = {"bfcl": "BFCL multi-turn, as the package `bfcl-eval` has it", "toolquery": "ToolQuery of AgentBoard, in a folder"}
"""Benchmarks that are known by name; anything else is a file."""

SYNONYMS = {"bfcl_multi_turn": "bfcl"}

Announce = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Benchmark:
    """A benchmark, read: its tasks by name, the tools (name, names of parameters) that are its own, and where its data is from."""

    name: str
    version: str
    tasks: tuple[tuple[str, Content], ...]
    tools: frozenset[tuple[str, tuple[str, ...]]] = frozenset()


@dataclass(frozen=True, slots=True)
class Source:
    """What is named: a benchmark of `NAMES` with the folder of its data, if one is given, or (without a name) a file."""

    name: str
    path: str = ""
    origin: Origin | None = None

    def __str__(self) -> str:
        return f"{self.name}={self.path}" if self.name and self.path else self.name or self.path

    def refused(self, why: str, advice: str = "") -> MagnetError:
        """MG633: this source cannot be compared with."""
        return MagnetError(Diagnostic(code="MG633", message=f"`{self}` cannot be compared with: {why}", help=advice or None,
                                      primary=Label(self.origin) if self.origin else None))

    def check(self, folder: Path, disk: Disk | None = None) -> None:
        """Whether it is there, `folder` being where paths begin. Raises MagnetError (MG633) with what is nearest to it."""
        disk = disk or Disk()
        if self.name == "toolquery" and not self.path:
            raise self.refused("its tasks are not shipped with magnetc", "name the folder that AgentBoard's data is in: `toolquery: FOLDER` in a recipe, "
                               "`toolquery=FOLDER` on the command line")
        place = folder / self.path
        if self.name and self.path and not disk.is_folder(place):
            raise self.refused(f"there is no folder `{self.path}`")
        if not self.name and not disk.is_file(place):
            near = closest(self.path, (*NAMES, *SYNONYMS)) if "/" not in self.path else None
            raise self.refused("there is no such file", f"did you mean `{near}`?" if near else
                               f"name a file of questions, or {' or '.join(f'`{name}`' for name in NAMES)}")

    def read(self, folder: Path, announce: Announce) -> Benchmark:
        """Its tasks. `announce` is told before something slow happens, such as making an environment.

        Raises:
            MagnetError: MG633 where it is not there or is no benchmark, MG604 where a package that has it cannot be installed.
        """
        from magnetc.distill.contamination.bfcl import read_bfcl
        from magnetc.distill.contamination.file import read_file
        from magnetc.distill.contamination.toolquery import read_toolquery

        self.check(folder)
        reader = {"bfcl": read_bfcl, "toolquery": read_toolquery}.get(self.name, read_file)
        found = reader(self, folder, announce)
        if not found.tasks:
            raise self.refused("no task is in it", "each line is a question, or a row of JSON with `messages`, `conversations` or `question`")
        return found


def named(text: str, origin: Origin | None = None) -> Source:
    """The source that is called so: `bfcl`, `toolquery=FOLDER`, or a file."""
    name, has_path, path = text.partition("=")
    name = SYNONYMS.get(name, name)
    return Source(name, path if has_path else "", origin) if name in NAMES else Source("", text, origin)


def read_sources(sources: Iterable[Source], folder: Path, announce: Announce) -> list[Benchmark]:
    """All of them, in their order."""
    return [source.read(folder, announce) for source in sources]
