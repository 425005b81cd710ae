"""Mixed: rows of a user's own files that stand among those of a recipe. They prove nothing but that they are the ones that were mixed in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from magnetc.distill.contamination.index import Index
from magnetc.distill.proofs import intact
from magnetc.ir.spec import Spec

TAG = "mix"
"""The member of a mixed row's tags with the name of its file in the recipe."""

TRAIN = "sft/train.jsonl"
"""The one file that rows are mixed into."""


def is_mixed(row: Mapping[str, Any]) -> bool:
    """Whether a row says that it was mixed in."""
    tags = row.get("tags")
    return isinstance(tags, dict) and bool(tags.get(TAG))


def prefix(name: str) -> str:
    """How the ids of the rows of a file begin, by its name in the recipe."""
    return f"{TAG}.{name}."


def check(row: dict[str, Any], listed: str | None, spec: Spec, index: Index | None) -> list[tuple[int, str]]:
    """Proofs 0 and 8, as (number, problem). A row that names no file of the recipe's `mix`, has no id of its own or is a pair is none of it, and would have to
    prove the rest."""
    problems = [(0, problem) for problem in intact.check(row, listed)]
    if row["tags"][TAG] not in {each.name for each in spec.recipe.mix}:
        problems.append((0, f"it says that it was mixed in from `{row['tags'][TAG]}`, which the recipe does not name"))
    if not str(row.get("id")).startswith(prefix(row["tags"][TAG])) or "messages" not in row:
        problems.append((0, "it says that it was mixed in, and is no such row by its id and form"))
    if row["certificate"].keys() - {"row"}:
        problems.append((0, "it was mixed in, and claims more than its digest"))
    if index is not None:
        problems += [(8, str(overlap)) for overlap in index.overlaps(row)]
    return problems
