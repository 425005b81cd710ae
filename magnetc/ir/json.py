"""The one canonical JSON encoder: every digest and every wire string goes through here.

Sorted keys for digests, given order for the wire; compact; UTF-8 unescaped; NaN and infinities rejected.
"""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any

Json = Any
"""None, bool, int, float, str, list[Json] or dict[str, Json]."""

_canonical = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode
_wire = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode


def canonical(value: Json) -> str:
    """The text that a digest is taken of. Raises ValueError for NaN, TypeError for what is not JSON."""
    return _canonical(value)


def wire(value: Json) -> str:
    """Compact JSON in the key order given: arguments and tool results as a serving stack sends them."""
    return _wire(value)


def digest(value: Json) -> str:
    """First 32 hex digits (128 bits) of the SHA-256 of the canonical text."""
    return sha256(_canonical(value).encode()).hexdigest()[:32]
