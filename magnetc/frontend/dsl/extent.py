"""Where a branch of a parsed statement stands, and which branches are tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lark import Token, Tree
    from typing_extensions import TypeIs


def is_token(branch: Token | Tree) -> TypeIs[Token]:
    """Whether a branch is a leaf. Lark's tokens are strings and its trees are not, so that Lark need not be imported."""
    return isinstance(branch, str)


def extent(branch: Token | Tree) -> tuple[int, int]:
    """The offsets where a token or tree starts and ends in the text it was parsed from."""
    place = branch if is_token(branch) else branch.meta
    start, end = place.start_pos, place.end_pos
    assert start is not None, "only a token that no text has lacks a place"
    assert end is not None
    return start, end
