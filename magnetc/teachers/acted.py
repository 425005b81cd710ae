"""What a teacher did in a turn, step by step: the calls that the script makes there, divided into messages its own way, and its words."""

from __future__ import annotations

from dataclasses import dataclass

from magnetc.ir.path import Call
from magnetc.ir.trajectory import MessagePart
from magnetc.teachers.rehearsal import MadeCall


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One message with calls, and what was thought before it."""

    calls: tuple[Call, ...]
    reasoning: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Acted:
    """`steps` are empty where nothing is to be called; `parts` are the words at the end, `reasoning` what was thought before them. `detours` counts
    messages with reads that were not needed: they are no steps, and where there are some nothing has a thought, since one may rest on them."""

    steps: tuple[Step, ...] = ()
    parts: tuple[MessagePart, ...] = ()
    reasoning: str = ""
    detours: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Did:
    """One message of a model that does as it likes: calls, or words where there are none."""

    calls: tuple[MadeCall, ...] = ()
    parts: tuple[MessagePart, ...] = ()
