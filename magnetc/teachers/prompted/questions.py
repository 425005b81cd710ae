"""Which questions a turn puts to a model: what a plan counts, and what the teacher asks."""

from __future__ import annotations

from magnetc.ir.path import AbstentionKind
from magnetc.ir.script import ScriptTurn


def is_framed(turn: ScriptTurn) -> bool:
    """Whether the user's words are a proof by their form: a value is taken back, given anew, or is none that can be."""
    return bool(turn.corrects or turn.amends) or (turn.abstains is not None and turn.abstains.kind is AbstentionKind.VALUE)


def is_read(turn: ScriptTurn) -> bool:
    """Whether a reader is to find the calls of the turn in its words."""
    return turn.kind.acts and bool(turn.rounds) and turn.abstains is None


def is_acted(turn: ScriptTurn) -> bool:
    """Whether the teacher goes through a turn as the agent, where it does at all: neither where something is refused, nor where words are a proof."""
    return not turn.slips and not is_framed(turn)


def questions(turn: ScriptTurn, acts: bool = False) -> tuple[str, ...]:
    """The programs that are asked for a turn in which nothing goes wrong, in order; `acts`: of a teacher that acts."""
    if is_framed(turn):
        return ("reply",) if turn.kind.acts else ()
    agent = ("act",) * (1 + (len(turn.rounds) if turn.kind.acts else 0)) if acts and is_acted(turn) else ("reply",)
    return ("back_translate", *("forward_translate" for _ in turn.rounds if is_read(turn)), *agent)
