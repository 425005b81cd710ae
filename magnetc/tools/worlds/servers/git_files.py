"""Files of git as JSON that says what they mean, without what differs from run to run and from machine to machine.

The index holds when and where each file was last looked at, and a log of a branch when it moved, which some write by the clock
whatever the environment says; an object is compressed, by one zlib or another.
"""

from __future__ import annotations

import base64
import re
import struct
import zlib
from hashlib import sha1

from magnetc.ir.json import Json

OBJECT = re.compile(r"(^|.*/)\.git/objects/[0-9a-f]{2}/[0-9a-f]{38}")
INDEX = re.compile(r"(^|.*/)\.git/index")
LOG = re.compile(r"(^|.*/)\.git/logs/.*")
UNOBSERVED = re.compile(r"(^|.*/)\.git/(logs/.*|objects/.*|ORIG_HEAD|COMMIT_EDITMSG|FETCH_HEAD)")
"""What says how a repository came to be as it is: branches and the index name all that it is."""

_WHEN = re.compile(r"(> )[0-9]+ [+-][0-9]{4}(?=\t)")
_HEAD, _STAT, _FLAGS = struct.Struct(">4sII"), 40, struct.Struct(">H")


def told(path: str, data: bytes) -> Json | None:
    """The content of a file of git; None for any other, and for one of a form that is not known here."""
    if OBJECT.fullmatch(path):
        return _object(data)
    if INDEX.fullmatch(path):
        return _index(data)
    if LOG.fullmatch(path):
        return {"log": _WHEN.sub(r"\g<1>0 +0000", data.decode(errors="replace"))}
    return None


def written(value: Json) -> bytes:
    """The file that `told` tells so."""
    if "log" in value:
        return value["log"].encode()
    if "object" in value:
        return zlib.compress(value["object"].encode(), 1)
    if "object64" in value:
        return zlib.compress(base64.b64decode(value["object64"]), 1)
    entries = b"".join(_entry(*entry) for entry in value["index"])
    text = _HEAD.pack(b"DIRC", 2, len(value["index"])) + entries
    return text + sha1(text).digest()


def _object(data: bytes) -> Json | None:
    try:
        content = zlib.decompress(data)
    except zlib.error:
        return None
    try:
        return {"object": content.decode()}
    except UnicodeDecodeError:  # a tree, or what is no text
        return {"object64": base64.b64encode(content).decode()}


def _index(data: bytes) -> Json | None:
    """Entries as (mode, object, flags, path)."""
    if len(data) < _HEAD.size or _HEAD.unpack_from(data)[:2] != (b"DIRC", 2):
        return None
    found, at = [], _HEAD.size
    try:
        for _ in range(_HEAD.unpack_from(data)[2]):
            mode = struct.unpack_from(">I", data, at + 24)[0]
            name = data[at + _STAT : at + _STAT + 20].hex()
            flags = _FLAGS.unpack_from(data, at + _STAT + 20)[0]
            end = data.index(b"\0", at + _STAT + 22)
            path = data[at + _STAT + 22 : end].decode()
            found.append([mode, name, flags, path])
            at += (_STAT + 22 + end - (at + _STAT + 22) + 8) // 8 * 8
    except (struct.error, ValueError):
        return None
    return {"index": found}


def _entry(mode: int, name: str, flags: int, path: str) -> bytes:
    stat = b"\0" * 24 + struct.pack(">I", mode) + b"\0" * 12
    entry = stat + bytes.fromhex(name) + _FLAGS.pack(flags) + path.encode()
    return entry + b"\0" * (8 - len(entry) % 8)
