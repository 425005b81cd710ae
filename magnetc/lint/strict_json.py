"""JSON as its standard has it: without NaN and infinities, which `json.loads` lets pass and no encoder of ours writes."""

from __future__ import annotations

import json
from math import isfinite

from magnetc.ir.json import Json


def loads(text: str) -> Json:
    """The value. Raises ValueError for what is no JSON, RecursionError for what is nested too deeply."""
    return json.loads(text, parse_constant=_refuse, parse_float=_finite)


def _refuse(constant: str) -> Json:
    raise ValueError(f"`{constant}` is no JSON")


def _finite(digits: str) -> float:
    value = float(digits)
    if not isfinite(value):
        raise ValueError(f"`{digits[:20]}` is too large for a number")
    return value
