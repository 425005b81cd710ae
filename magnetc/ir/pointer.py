"""JSON pointers (RFC 6901), and patterns: pointers in which the token `*` stands for every item or key."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from magnetc.ir.json import Json
from magnetc.source.origin import escape, unescape


@lru_cache(maxsize=4096)
def tokens(pointer: str) -> tuple[str, ...]:
    """The reference tokens of `pointer`, unescaped. `""` has none."""
    return tuple(unescape(token) for token in pointer.split("/")[1:])


@lru_cache(maxsize=4096)
def _index(token: str) -> int | None:
    """The item of a list that a token stands for: digits, none of them a leading zero (RFC 6901 §4)."""
    return int(token) if re.fullmatch("0|[1-9][0-9]{0,17}", token) else None


def get(document: Json, pointer: str) -> Json:
    """The value at `pointer`. Raises LookupError when nothing is there."""
    for token in tokens(pointer):
        if isinstance(document, list):
            index = _index(token)
            if index is None:
                raise LookupError(pointer)
            document = document[index]
        elif isinstance(document, dict):
            document = document[token]
        else:
            raise LookupError(pointer)
    return document


def expand(document: Json, pattern: str) -> Iterator[tuple[str, Json]]:
    """Each (pointer, value) of `document` that matches `pattern`, in document order. A missing branch yields nothing."""
    yield from _expand(document, tokens(pattern), "")


def _expand(document: Json, rest: tuple[str, ...], at: str) -> Iterator[tuple[str, Json]]:
    if not rest:
        yield at, document
        return
    token, rest = rest[0], rest[1:]
    if isinstance(document, list):
        item = _index(token)
        for index in range(len(document)) if token == "*" else () if item is None else (item,):
            if index < len(document):
                yield from _expand(document[index], rest, f"{at}/{index}")
    elif isinstance(document, dict):
        for key in document if token == "*" else [token]:
            if key in document:
                yield from _expand(document[key], rest, f"{at}/{key.replace('~', '~0').replace('/', '~1')}")


def scalars(document: Json, at: str = "") -> Iterator[tuple[str, Json]]:
    """(pointer, value) of each text and number of a document, in order."""
    match document:
        case dict():
            for key, item in document.items():
                yield from scalars(item, f"{at}/{str(key).replace('~', '~0').replace('/', '~1')}")
        case list():
            for index, item in enumerate(document):
                yield from scalars(item, f"{at}/{index}")
        case None | bool():
            return
        case _:
            yield at, document


def put(document: dict[str, Any], pointer: str, value: Json) -> None:
    """Set the value at `pointer` of an object, making the objects on the way."""
    *parents, last = tokens(pointer)
    for token in parents:
        document = document.setdefault(token, {})
    document[last] = value


def replaced(document: Json, pointer: str, value: Json) -> Json:
    """A copy of `document` with another value at `pointer`, where there is one. Raises LookupError when nothing is there."""
    head, rest = (tokens(pointer) or ("",))[0], "".join("/" + escape(token) for token in tokens(pointer)[1:])
    if not pointer:
        return value
    get(document, pointer)
    if isinstance(document, list):
        return [replaced(item, rest, value) if str(index) == head else item for index, item in enumerate(document)]
    return {key: replaced(item, rest, value) if key == head else item for key, item in document.items()}


def pruned(document: Json, path: tuple[str, ...]) -> Json:
    """A copy of `document` without the values that the tokens of a pattern lead to: members of objects are left out, items are null."""
    if not path:
        return None
    token, rest = path[0], path[1:]
    if isinstance(document, list):
        return [pruned(item, rest) if token in ("*", str(index)) else item for index, item in enumerate(document)]
    if isinstance(document, dict):
        return {key: pruned(item, rest) if token in ("*", key) else item for key, item in document.items()
                if rest or token not in ("*", key)}
    return document


def matches(pattern: str, pointer: str) -> bool:
    """Whether `pointer` is one of the places that `pattern` stands for."""
    left, right = tokens(pattern), tokens(pointer)
    return len(left) == len(right) and all(a in ("*", b) for a, b in zip(left, right))
