"""Where a spec node was written: a file and a JSON pointer, resolved to a span only to render a diagnostic.

Origins take no part in equality or hashing, so that a comment or a blank line never invalidates a cache.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Origin:
    """`pointer` addresses a node of the document in `file` (RFC 6901)."""

    file: str
    pointer: str

    def child(self, *keys: str | int) -> Origin:
        """Origin of a node below this one."""
        return Origin(self.file, self.pointer + "".join("/" + escape(str(key)) for key in keys))


def escape(key: str) -> str:
    """One reference token of a JSON pointer."""
    return key.replace("~", "~0").replace("/", "~1")


def unescape(token: str) -> str:
    """The key that a reference token stands for."""
    return token.replace("~1", "/").replace("~0", "~")
