"""Proof 0, intact: the row's digest is its own, and the manifest's."""

from __future__ import annotations

from typing import Any

from magnetc.ir.json import digest


def row_digest(row: dict[str, Any]) -> str:
    """Digest of a row without the digest it carries."""
    certificate = {key: value for key, value in row["certificate"].items() if key != "row"}
    return digest({**row, "certificate": certificate})


def check(row: dict[str, Any], listed: str | None) -> list[str]:
    """`listed` is the digest that the manifest lists for this row, or None when there is no manifest yet."""
    actual = row_digest(row)
    problems = []
    if row["certificate"].get("row") != actual:
        problems.append("the row's content does not have the digest that it carries")
    if listed is not None and listed != actual:
        problems.append("the row's digest is not the one in the manifest")
    return problems
