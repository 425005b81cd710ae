"""Read one file of a recipe as text: size, encoding and NUL bytes are settled here, for both syntaxes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from magnetc.diagnostics import Sink
from magnetc.source import SourceFile, Span

TOO_MUCH = ("MG003", "MG009")
"""Codes of what is not read to its end."""

MAX_BYTES = 64 * 1024 * 1024
"""Largest file that is read. The biggest recipes known stay under a tenth of it."""

MAX_DSL_BYTES = 4 * 1024 * 1024
"""Largest file in the DSL: it is written by hand, and its parser takes twenty times as long as that of YAML."""

MAX_FILES = 10_000
"""Files of a recipe."""

MAX_TOTAL_BYTES = 256 * 1024 * 1024
"""Bytes of all files of a recipe."""

_OTHER_ENCODINGS = ((b"\xff\xfe", "UTF-16"), (b"\xfe\xff", "UTF-16"))


def read_text(path: Path, name: str, sink: Sink, texts: Mapping[str, str] | None = None) -> SourceFile | None:
    """The file at `path`, known in messages as `name`; None after a diagnostic when it cannot be read.

    `texts` holds by name what is to be read in place of the file: text that is not saved yet.
    """
    if texts and name in texts:
        file = SourceFile(name, texts[name])
        sink.add_file(file)
        return file if check_nul(file, sink) else None
    if len(sink.files) >= MAX_FILES:
        sink.error("MG009", f"this recipe has more than {MAX_FILES:,} files", help="include the folders that hold the recipe's own files")
        return None
    try:
        size = sink.disk.size(path)
        most = MAX_DSL_BYTES if path.suffix == ".magnet" else MAX_BYTES
        if size > most:
            sink.error(
                "MG003",
                f"`{name}` has {size:,} bytes, and {most:,} is the most a recipe file may have",
                help="split it into several files and name them in `include`",
            )
            return None
        if sink.disk.bytes_read + size > MAX_TOTAL_BYTES:
            sink.error(
                "MG003",
                f"the files of this recipe have more than {MAX_TOTAL_BYTES:,} bytes, and `{name}` is not read any more",
                help="include fewer files, or make recipes of their parts",
            )
            return None
        data = sink.disk.read(path)
    except (OSError, ValueError) as error:
        sink.error("MG001", f"`{name}` cannot be read: {_reason(error)}")
        return None
    return decode(data, name, sink)


def decode(data: bytes, name: str, sink: Sink) -> SourceFile | None:
    """UTF-8 text of `data`, without its byte order mark; registers the file in the sink."""
    encoding = next((encoding for mark, encoding in _OTHER_ENCODINGS if data.startswith(mark)), None)
    try:
        file = SourceFile(name, data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        found = (
            f"it looks like {encoding}"
            if encoding
            else f"byte 0x{data[error.start]:02x} in line {line} is not part of any character"
        )
        sink.error("MG002", f"`{name}` is not UTF-8: {found}", help="save it as UTF-8")
        return None
    sink.add_file(file)
    return file if check_nul(file, sink) else None


def check_nul(file: SourceFile, sink: Sink) -> bool:
    """Whether `file` is free of NUL bytes, which only binary files hold."""
    at = file.text.find("\0")
    if at >= 0:
        sink.error(
            "MG004",
            f"`{file.name}` holds a NUL byte",
            Span(file.name, at, at + 1),
            help="recipe files are text: is this a binary file, or UTF-16 without a byte order mark?",
        )
    return at < 0


def _reason(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return "there is no such file"
    if isinstance(error, IsADirectoryError):
        return "it is a folder"
    return getattr(error, "strerror", None) or str(error)
