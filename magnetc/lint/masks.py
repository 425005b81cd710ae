"""Whether a tokenizer's chat template lets a trainer find the agent's tokens of a row, and how many tokens the row has."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from magnetc.diagnostics import MagnetError
from magnetc.emit.foreign.row import Problem, Row
from magnetc.ir.json import wire


class Masks:
    """Encodes rows as `magnetc train` does. Raises MagnetError where the tokenizer cannot be loaded or has no template for calls."""

    def __init__(self, tokenizer: Path | str):
        from magnetc.models.load import load_chat

        self._chat = load_chat(tokenizer)
        self._chat.check_header()

    def encoded(self, row: Row, document: dict[str, Any], number: int) -> tuple[int, Problem | None]:
        """How many tokens the longest sequence of the row has, 0 where nothing of it is trained; and what is wrong."""
        from magnetc.train.encode.pairs import encode_pair
        from magnetc.train.encode.plain import completed_pair, completed_row
        from magnetc.train.encode.rows import encode_row

        plain = {**document, "tools": wire(document["tools"]) if document.get("tools") else ""}
        try:
            if row.rejected is None:
                return max(map(len, encode_row(completed_row(plain, number), self._chat)), default=0), None
            return len(encode_pair(completed_pair(plain, number), self._chat)), None
        except MagnetError as error:
            found = error.diagnostics[0]
            return 0, Problem("MG842", f"{found.message}{f': {found.notes[0]}' if found.notes else ''}")
