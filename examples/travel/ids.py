"""Ids: a kind and a number to a short code, and back. Another seed, other codes; no table and no collision."""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2b

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # base 32 without the letters that look like digits
_VALUE = {letter: value for value, letter in enumerate(_ALPHABET)}
_BITS = 25
_MASK = (1 << _BITS) - 1

PREFIX = {"booking": "B", "contact": "C", "event": "E", "flight": "F", "hotel": "H", "hold": "K", "message": "M",
          "reservation": "R", "transfer": "T"}
"""Each kind has its own first letter: codes of two kinds are never equal."""


@lru_cache(maxsize=1024)
def _keys(seed: int, kind: str) -> tuple[int, int, int]:
    """An odd factor, its inverse and an offset modulo 2**25: a permutation of the numbers, fixed by seed and kind."""
    digest = blake2b(f"{seed}/{kind}".encode(), digest_size=8).digest()
    factor = (int.from_bytes(digest[:4], "big") & _MASK) | 1
    return factor, pow(factor, -1, _MASK + 1), int.from_bytes(digest[4:], "big") & _MASK


def mint(seed: int, kind: str, number: int) -> str:
    """The code of the `number`th thing of a kind: `BQX7K2`."""
    factor, _, offset = _keys(seed, kind)
    mixed = (number * factor + offset) & _MASK
    mixed = ((mixed ^ (mixed >> 13)) * factor) & _MASK
    mixed ^= mixed >> 13
    return PREFIX[kind] + "".join([_ALPHABET[(mixed >> shift) & 31] for shift in (20, 15, 10, 5, 0)])


def number_of(seed: int, kind: str, code: str) -> int | None:
    """The number behind a code, or None when it is no code of this kind. The inverse of `mint`."""
    if not isinstance(code, str) or len(code) != 6 or code[0] != PREFIX[kind]:
        return None
    mixed = 0
    for letter in code[1:]:
        if letter not in _VALUE:
            return None
        mixed = mixed << 5 | _VALUE[letter]
    _, inverse, offset = _keys(seed, kind)
    mixed ^= mixed >> 13
    mixed = (mixed * inverse) & _MASK
    mixed ^= mixed >> 13
    return ((mixed - offset) * inverse) & _MASK
