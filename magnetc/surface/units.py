"""Units of measure by their symbols: those of CLDR, and currencies by their codes."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal, get_args

_Length = Literal["long", "short", "narrow"]
_MORE = frozenset({"%"})


def is_unit(text: str) -> bool:
    """Whether `text` is a unit of measure or a currency, as `km/h`, `°C`, `GB`, `mile` and `EUR` are."""
    from babel.core import Locale
    from babel.numbers import list_currencies

    return text in _MORE or text in list_currencies() or text.casefold() in _symbols(Locale("en"))


@lru_cache(maxsize=1)
def _symbols(locale: object) -> frozenset[str]:
    """What stands behind the number of each unit of a locale, in its long and short forms, in the singular and plural."""
    from babel.core import Locale
    from babel.units import format_unit

    assert isinstance(locale, Locale)
    shown = (format_unit(count, unit, length=length, locale=locale) for unit in map(str, locale.unit_display_names)
             for length in get_args(_Length) for count in (1, 2))
    return frozenset(text.strip("12 \u00a0\u202f").casefold() for text in shown)
