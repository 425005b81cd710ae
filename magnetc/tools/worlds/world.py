"""What a world is to those that use it: reset, programs of calls, snapshots behind handles, and what it promises of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from magnetc.diagnostics import MagnetError
from magnetc.ir.json import Json
from magnetc.ir.signature import FunctionSignature
from magnetc.tools.worlds.protocol import Initial, Outcome, Reset, Run

ResetLevel = Literal["snapshot", "command", "none"]
ReplayLevel = Literal["exact", "normalised", "recorded"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Levels:
    """What a kind of worlds promises.

    `reset`: `snapshot` goes back to any point for little; `command` makes the beginning anew and repeats the calls made since;
    `none` cannot go back: it answers what was recorded. `replay`: the same calls give the same results to the byte, `exact`; that
    holds of results in which what `normalised` lists is replaced; or of answers that were `recorded`. `most` limits how many worlds
    there may be at a time, where they share what is behind them; 0: no limit.
    """

    reset: ResetLevel = "snapshot"
    replay: ReplayLevel = "exact"
    normalised: tuple[str, ...] = ()
    most: int = 0

    def at_most(self, size: int) -> int:
        """How many worlds a pool for `size` of them may have."""
        return min(size, self.most) if self.most else size


class World(Protocol):
    """Initial worlds and snapshots of one kind, behind handles. Usable from the loop it was started in, by one at a time.

    A handle is never changed: a program runs on a copy of what is behind it, whatever that costs the world. A process behind it
    that dies fails the requests it had with MG602, and the next request starts another.
    """

    @property
    def levels(self) -> Levels:
        """What may be relied on."""
        ...

    @property
    def has(self) -> Sequence[str]:
        """Which of `state`, `observe`, `profile`, `clutter` it can do."""
        ...

    def check(self, tools: Iterable[FunctionSignature]) -> None:
        """Raise MagnetError (MG603, MG609) for tools that it does not have, or that no call can suit."""
        ...

    async def reset(self, reset: Reset, *, full: bool = False) -> Initial:
        """An initial world, held under a new handle; with `full` its state comes along, which makes it anew when passed back."""
        ...

    async def run(self, run: Run) -> tuple[Outcome, ...]:
        """One outcome for each program tried, in order: of `first_success`, the last is the one that succeeded."""
        ...

    async def run_all(self, runs: Sequence[Run]) -> list[tuple[Outcome, ...]]:
        """Several runs at once."""
        ...

    async def state(self, handle: int) -> Json:
        """The full state behind `handle`."""
        ...

    async def drop(self, handles: Iterable[int] | None = None) -> int:
        """Forget some handles, or all; returns how many are left."""
        ...

    def drop_all(self) -> None:
        """Forget all handles without waiting for it."""
        ...

    def hangs(self, text: str) -> MagnetError:
        """MG602 for a tool that does not return; `text` says which."""
        ...

    async def close(self) -> None:
        """End its processes and remove what it wrote."""
        ...


def died(error: MagnetError) -> bool:
    """Whether a world died or hung (MG602): what it was asked may be asked again."""
    return any(diagnostic.code == "MG602" for diagnostic in error.diagnostics)
