"""Normal forms: words, shingles and calls as they are compared, so that case, marks and spelling of numbers tell nothing apart."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from hashlib import blake2b

from magnetc.distill.contamination.content import Call
from magnetc.ir.json import Json, digest

SHINGLE = 3
"""Words of a shingle."""

_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
_WORD = re.compile(rf"[{_UNSPACED}]|(?:(?![{_UNSPACED}])[^\W_])+")


def words(text: str) -> list[str]:
    """The words of a text, case folded (NFKC); of scripts that put no blanks between them, its characters."""
    return _WORD.findall(unicodedata.normalize("NFKC", text).casefold())


def shingles(said: Sequence[str]) -> frozenset[str]:
    """A digest (64 bits, in hex) of each run of `SHINGLE` words; of fewer words, of all of them."""
    runs = [said[start:start + SHINGLE] for start in range(max(1, len(said) - SHINGLE + 1))] if said else []
    return frozenset(blake2b(" ".join(run).encode("utf-8", "replace"), digest_size=8).hexdigest() for run in runs)


def sequence_digest(calls: Sequence[Call]) -> str:
    """The digest of calls in their order, by names and arguments."""
    return digest([[value(name.rpartition(".")[2]), value(arguments)] for name, arguments in calls])


def weight(calls: Sequence[Call]) -> int:
    """How much calls say: one for each, and one for each value that they are given."""
    return sum(1 + _leaves(arguments) for _, arguments in calls)


def parts(state: Json) -> frozenset[str]:
    """Digests of a state's members, or of the whole where it has none: a world holds a task's state if it has all of these."""
    if isinstance(state, Mapping):
        return frozenset(digest([value(str(key)), value(member)]) for key, member in state.items())
    return frozenset() if state is None else frozenset([digest(value(state))])


def value(of: Json) -> Json:
    """A value as it is compared: blanks and case of texts aside, whole numbers alike, members of objects in order."""
    match of:
        case str():
            return " ".join(unicodedata.normalize("NFKC", of).casefold().split()).encode("utf-8", "replace").decode()
        case float() if not math.isfinite(of):
            return str(of)
        case float() if of.is_integer():
            return int(of)
        case Mapping():
            return {value(str(key)): value(member) for key, member in of.items()}
        case list() | tuple():
            return [value(item) for item in of]
        case None | bool() | int() | float():
            return of
        case _:
            return str(of)


def _leaves(of: Json) -> int:
    if isinstance(of, Mapping):
        return sum(map(_leaves, of.values()))
    return sum(map(_leaves, of)) if isinstance(of, (list, tuple)) else 1
