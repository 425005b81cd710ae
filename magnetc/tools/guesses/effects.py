"""Whether a tool reads or writes: what its source says, else the verb it begins with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from magnetc.tools.guesses.words import words

READS = frozenset(
    """analyze ask browse calculate check classify compare compute convert count decode describe detect diff dump encode estimate
evaluate explain export extract fetch filter find format forecast get guess has head inspect is list load look lookup match measure parse
peek ping plot predict preview print query rank read recommend render report resolve retrieve scan search select show sort suggest
summarize sum tail tell test tokenize track translate validate verify view wait what which who""".split()
)
WRITES = (
    frozenset(
        """accept activate add adjust allocate append approve archive assign authenticate block book buy cancel change charge clear close
clone commit complete confirm connect copy create deactivate delete deposit disable disconnect download drop edit enable enqueue enroll
fill finish follow generate grant import insert install invite issue join kill leave like lock log login logout make mark merge mkdir
modify mount move mute open order pause pay pin place play post press pull purchase push put record refund register reject release
remove rename reply reply report reserve reset resolve restart restore resume retweet return revoke rm run save schedule send set share
sign spend start stop store submit subscribe swap switch tag touch transfer trigger turn unblock undo unfollow unlock unsubscribe update
upgrade upload use withdraw write""".split()
    )
    - READS
)


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectGuess:
    effect: str
    confidence: float
    reason: str


def guess_effect(tool: Mapping[str, Any], evidence: EffectGuess | None = None) -> EffectGuess:
    """Whether a raw tool reads or writes. `evidence` is what its code shows, and counts for more than words.

    A tool of which nothing is known is said to write: what is taken for reading may be repeated and left out.
    """
    if tool.get("effect"):
        return EffectGuess(effect=tool["effect"], confidence=1.0, reason="its source says so")
    if evidence is not None:
        return evidence
    spoken = _verb(words(tool["name"]))
    described = _verb(words(tool.get("description", "").partition(".")[0]))
    if spoken and described and spoken[1] == described[1]:
        return EffectGuess(effect=spoken[1], confidence=0.95, reason=f"its name says `{spoken[0]}`, its description `{described[0]}`")
    if spoken:
        return EffectGuess(effect=spoken[1], confidence=0.6 if described else 0.85, reason=f"its name says `{spoken[0]}`")
    if described:
        return EffectGuess(effect=described[1], confidence=0.7, reason=f"its description says `{described[0]}`")
    return EffectGuess(effect="writes", confidence=0.3, reason="no word tells: write unless you know better")


def _verb(parts: tuple[str, ...]) -> tuple[str, str] | None:
    """The first of the first three words that is a verb of either kind, also in the third person."""
    for part in parts[:3]:
        for form in dict.fromkeys(
            (part, part.removesuffix("s"), part.removesuffix("es"), part[:-3] + "y" if part.endswith("ies") else part)
        ):
            if form in READS:
                return form, "reads"
            if form in WRITES:
                return form, "writes"
    return None
