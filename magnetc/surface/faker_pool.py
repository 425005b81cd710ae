"""Values of a faker provider, a fixed number of them for each locale."""

from __future__ import annotations

from functools import lru_cache

POOL_SIZE = 150


@lru_cache(maxsize=256)
def faker_pool(provider: str, locale: str) -> tuple[str, ...]:
    """Values of a faker provider: a fixed pool per locale, so that a draw costs a hash and never a generator."""
    from faker import Faker

    source = Faker({"en": "en_US", "fr": "fr_FR", "ja": "ja_JP"}.get(locale, locale))
    source.seed_instance(20250307)
    drawn = (str(getattr(source, provider)()) for _ in range(POOL_SIZE))
    return tuple(dict.fromkeys(text for text in drawn if "\n" not in text))
