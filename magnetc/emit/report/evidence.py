"""Evidence: what the certificates of rows hold, counted by proof."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from magnetc.distill.proofs.intact import row_digest
from magnetc.emit.report.entry import called, conversation
from magnetc.emit.report.figures import Proofs

SOURCES = ("user", "system", "output")
"""Where arguments come from, as certificates name it; what has none of these was said for a result."""

NECESSARY = {True: "true", False: "false", "context": "context"}


class Evidence:
    """Counts rows that carry a certificate, as they come."""

    def __init__(self) -> None:
        self._count: Counter[str] = Counter()
        self._by: dict[str, Counter[str]] = {name: Counter() for name in ("levels", "sources", "necessary")}

    def add(self, row: Mapping[str, Any]) -> None:
        """Count a row."""
        self._count["rows"] += 1
        match row.get("certificate"):
            case {"row": str(digest), "world": dict(world), "arguments": dict(arguments), "replies": dict(replies)} as certificate:
                self._count["certified"] += 1
                self._count["intact"] += row_digest(dict(row)) == digest
            case _:
                return
        level = world.get("replay", "")
        self._by["levels"][level if isinstance(level, str) else next(iter(level), "")] += 1
        for entry in (entry for entries in arguments.values() for entry in entries.values()):
            self._by["sources"][next((source for source in SOURCES if source in entry), "other")] += 1
            if "output" in entry:
                self._by["necessary"][NECESSARY.get(entry.get("necessary"), "other")] += 1
        self._count.update({
            "calls": sum(1 for _ in called(row, conversation(row))), "replied": sum(map(len, replies.values())), "pairs": "chosen" in row,
            "refusals": len(certificate.get("refused", ())), "abstentions": len(certificate.get("abstains", ()))})

    def proofs(self) -> Proofs | None:
        """None where no row carries a certificate."""
        count, by = self._count, self._by
        if not count["certified"]:
            return None
        return Proofs(
            intact=(count["intact"], count["rows"]), calls=count["calls"], refusals=count["refusals"], replied=count["replied"],
            levels=tuple(sorted(by["levels"].items())), sources=tuple(sorted(by["sources"].items())),
            necessary=tuple(sorted(by["necessary"].items())), abstentions=count["abstentions"], pairs=count["pairs"])
