"""JSON from elsewhere, read only where it can be worked with: finite numbers, whole characters, and no deeper than code recurses."""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn

from magnetc.ir.json import Json

MAX_DEPTH = 100
"""Deepest nesting of lists and objects, which what reads schemas and values recurses into."""

MAX_VALUES = 2_000_000
"""Values of data that may hold one part in several places, each place counted: aliases of aliases grow by powers."""


def load_finite(text: str) -> Json:
    """The value, however deep. Raises ValueError for what is no JSON, NaN and infinities, RecursionError for what is nested too deeply."""
    return json.loads(text, parse_constant=_not_finite, parse_float=_finite)


def read_json(text: str) -> Json:
    """The value that `text` writes. Raises ValueError for what is no JSON, NaN and infinities, half of a pair of surrogates, and
    for what is nested more than `MAX_DEPTH` deep."""
    try:
        value = load_finite(text)
    except RecursionError:
        raise _too_deep() from None
    check_depth(value)
    if "\\u" in text:
        try:
            json.dumps(value, ensure_ascii=False).encode("utf-8")
        except UnicodeEncodeError as error:
            raise ValueError(f"`\\u{ord(error.object[error.start]):04x}` is half of a character") from None
    return value


def check_depth(value: Json) -> None:
    """Raises ValueError for a value that is nested too deep, or that comes to too many values."""
    layer, count = [value], 1
    for _ in range(MAX_DEPTH + 1):
        layer = [child for each in layer for child in _children(each)]
        count += len(layer)
        if count > MAX_VALUES:
            raise ValueError(f"it comes to more than {MAX_VALUES:,} values")
        if not layer:
            return
    raise _too_deep()


def _children(value: Any) -> Any:
    return value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()


def _too_deep() -> ValueError:
    return ValueError(f"it is nested more than {MAX_DEPTH} deep")


def _finite(text: str) -> float:
    value = float(text)
    return value if math.isfinite(value) else _not_finite(text)


def _not_finite(text: str) -> NoReturn:
    raise ValueError(f"`{text[:40]}` is no finite number")
