"""Lines of JSONL files, one after the other, each with its place; and the files that a path names."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from magnetc.ir.json import Json
from magnetc.ir.read_json import load_finite

LONGEST = 32 << 20
"""Bytes of a line that is read: a longer one is passed over."""

ARRAY = "it is an array, and a row is an object"

_HALF = re.compile(r"\\u[dD][89a-fA-F]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of a file: its number from 1, the code point and the byte of the file at which it begins, its text without the newline, and the row
    that it is, or why it is none."""

    number: int
    start: int
    offset: int = 0
    text: str
    row: Json = None
    problem: str = ""


def data_files(path: Path) -> list[Path]:
    """The JSONL files that `path` names: itself, or those of a folder, sorted, the ones of an output in the order of its report."""
    if not path.is_dir():
        return [path]
    found = sorted(each for each in path.rglob("*.jsonl") if each.is_file())
    ours = [each for each in found if each.relative_to(path).parts[0] in ("sft", "preference")]
    return ours if (path / "manifest.yaml").is_file() and ours else found


def lines_of(path: Path) -> Iterator[Line]:
    """The lines of a file that are not blank. Ends after the first where the file is one JSON array. Raises OSError."""
    start = 0
    with path.open("rb") as file:
        number = 0
        while raw := file.readline(LONGEST + 1):
            number, offset = number + 1, file.tell() - len(raw)
            long = len(raw) > LONGEST
            text = raw.decode("utf-8", "replace")
            line = text.removesuffix("\n").removesuffix("\r")
            if long:
                yield Line(number=number, start=start, offset=offset, text=line[:200], problem=f"it is longer than {LONGEST >> 20} MB")
                start += len(text) + _rest(file, raw)
                continue
            if line.strip().strip("\ufeff"):
                made = _line(number, start, offset, line, raw)
                yield made
                if number == 1 and made.problem not in ("", ARRAY) and line.lstrip("\ufeff \t").startswith("["):
                    return
            start += len(text)


def line_at(path: Path, number: int, offset: int) -> Line:
    """One line of a file once more. Raises OSError."""
    with path.open("rb") as file:
        file.seek(offset)
        raw = file.readline(LONGEST + 1)
    return _line(number, 0, offset, raw.decode("utf-8", "replace").removesuffix("\n").removesuffix("\r"), raw)


def _rest(file: BinaryIO, raw: bytes) -> int:
    """Passes over the rest of a line; its code points, or as good as."""
    passed = 0
    while not raw.endswith(b"\n") and (raw := file.readline(LONGEST)):
        passed += len(raw.decode("utf-8", "replace"))
    return passed


def _line(number: int, start: int, offset: int, text: str, raw: bytes) -> Line:
    skipped = 1 if number == 1 and text.startswith("\ufeff") else 0
    row, problem = None, ""
    try:
        row = load_finite(text[skipped:])
    except json.JSONDecodeError as error:
        problem = f"{error.msg[:1].lower()}{error.msg[1:]} at column {error.pos + 1 + skipped}"
    except ValueError as error:
        problem = str(error).partition(";")[0]
    except RecursionError:
        problem = "it is nested too deeply"
    if not problem and isinstance(row, list):
        row, problem = None, ARRAY
    if not problem and "\ufffd" in text and b"\xef\xbf\xbd" not in raw:
        problem = "it is not UTF-8"
    if not problem and _HALF.search(text) and (whole := _whole(row)) is not None:
        row, problem = whole, "it has half of a surrogate pair, which no tokenizer takes"
    return Line(number=number, start=start, offset=offset, text=text, row=row, problem=problem)


def _whole(row: Json) -> Json:
    """The row with a question mark for each half of a surrogate pair; None where it has none."""
    text = json.dumps(row, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.loads(text.encode("utf-8", "replace"))
    return None


def place(text: str, pointer: str) -> tuple[int, int]:
    """Where in the text of a line the value at a JSON pointer stands; the nearest value around it that is there, else the whole line."""
    at, end = 0, len(text)
    decoder = json.JSONDecoder()
    try:
        at = _blank(text, 1 if text.startswith("\ufeff") else 0)
        for token in pointer.split("/")[1:]:
            inner = _member(text, at, token.replace("~1", "/").replace("~0", "~"), decoder)
            if inner is None:
                break
            at = inner
        end = decoder.raw_decode(text, at)[1]
    except (ValueError, IndexError, RecursionError):
        return 0, len(text)
    return at, end


def _member(text: str, at: int, token: str, decoder: json.JSONDecoder) -> int | None:
    """Where the member of the object or array at `at` begins; of a name that is there twice, the last, which counts."""
    if text[at] not in "{[":
        return None
    is_object, number, found = text[at] == "{", 0, None
    at = _blank(text, at + 1)
    while text[at] not in "}]":
        name: Any = str(number)
        if is_object:
            name, at = decoder.raw_decode(text, at)
            at = _blank(text, _blank(text, at) + 1)
        if name == token:
            found = at
            if not is_object:
                break
        at = _blank(text, decoder.raw_decode(text, at)[1])
        if text[at] == ",":
            at = _blank(text, at + 1)
        number += 1
    return found


def _blank(text: str, at: int) -> int:
    """The first place from `at` on that is no white space."""
    while at < len(text) and text[at] in " \t\r\n":
        at += 1
    return at
