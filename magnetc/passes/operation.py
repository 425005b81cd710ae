"""Operation: what a recipe's `operations` may name. Ours are in `pipeline.py`, others come from installed packages.

An operation is a frozen dataclass. Its fields are its options with their defaults; it has beside

    name, version   as every pass
    stage           where in the pipeline it runs, and so what `run` takes and gives
    options         a JSON Schema for each option, by name: what `check` holds a recipe to
    unnamed         the option that the DSL may leave unnamed: `merge(0.3)` is `merge(p=0.3)`

Draws hang on `path.base` and `path.attempt`, so that a copy is changed as its base is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TypeVar, runtime_checkable

from magnetc.ir.json import Json

if TYPE_CHECKING:
    from magnetc.ir.path import SignaturePath
    from magnetc.ir.script import Script
    from magnetc.passes.context import CompileContext
    from magnetc.passes.manager import Log


class Stage(StrEnum):
    """Where an operation runs.

    walk: (context, path, log) -> path, on the sampled path, before arguments have sources.
    copy: (context, path, log) -> paths, further copies of a path with sources.
    turns: (context, path, log) -> path, on a path with sources and on each copy of it.
    script: (context, script) -> script.
    """

    WALK = "walk"
    COPY = "copy"
    TURNS = "turns"
    SCRIPT = "script"


@runtime_checkable
class Operation(Protocol):
    """See the module."""

    stage: ClassVar[Stage]

    @property
    def name(self) -> str: ...

    @property
    def version(self) -> str: ...

    run: Any


class PathOperation(Operation, Protocol):
    """Of the stages walk and turns."""

    def run(self, context: CompileContext, path: SignaturePath, log: Log) -> SignaturePath: ...


class CopyOperation(Operation, Protocol):
    """Of the stage copy."""

    def run(self, context: CompileContext, path: SignaturePath, log: Log) -> tuple[SignaturePath, ...]: ...


class ScriptOperation(Operation, Protocol):
    """Of the stage script."""

    def run(self, context: CompileContext, script: Script) -> Script: ...


class OptionsOf(Protocol):
    """What the class of an operation from outside has beside."""

    options: ClassVar[Mapping[str, Mapping[str, Json]]]
    unnamed: ClassVar[str]


Kind = TypeVar("Kind")


def configured(kind: type[Kind], given: Mapping[str, Any]) -> Kind:
    """An operation with a recipe's options; those that it does not have are left out."""
    known = {field.name for field in fields(kind)} - {"name", "version"}  # pyright: ignore[reportArgumentType]
    return kind(**{key: tuple(value) if isinstance(value, list) else value for key, value in given.items() if key in known})
