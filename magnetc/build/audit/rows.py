"""The rows of a dataset as an audit knows them: which stratum each is of, where it stands, and a sample of them.

A sample is keyed: a row is drawn by its id, so that a larger sample holds a smaller one's rows, and rows stay when others change.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from magnetc.build.read_manifest import read_manifest
from magnetc.diagnostics import Diagnostic, MagnetError
from magnetc.distill.proofs.intact import row_digest
from magnetc.ir import draw

Stratum = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRow:
    """A row or pair at byte `offset` of `file`. `digest` is the one that the dataset lists for it."""

    id: str
    digest: str
    file: str
    offset: int
    is_pair: bool
    path: str
    operations: str
    locale: str

    @property
    def kind(self) -> str:
        return "pair" if self.is_pair else "row"

    def read(self, out: Path) -> dict[str, Any]:
        """What stands there.

        Raises:
            MagnetError: MG620 where it is not what the row's digest was made of.
        """
        with (out / self.file).open("rb") as file:
            file.seek(self.offset)
            row = json.loads(file.readline())
        if row_digest(row) != self.digest:
            raise _changed(out, f"the row `{self.id}` of `{self.file}` is not as it was built")
        return row


STRATA: tuple[Callable[[AuditRow], Stratum], ...] = (
    lambda row: (row.kind, row.path, row.operations, row.locale),
    lambda row: (row.kind, row.path, row.locale),
    lambda row: (row.kind, row.path),
    lambda row: (row.kind,),
)
"""What tells strata apart, the finest first: a sample takes the first that it has a row for each of."""


def audit_rows(out: Path) -> list[AuditRow]:
    """The rows of all data files of a dataset. Raises MagnetError MG620 where `out` is none, or a line of a file is no row."""
    found: list[AuditRow] = []
    for name in read_manifest(out)["files"]:
        offset = 0
        with (out / name).open("rb") as file:
            for number, line in enumerate(file, 1):
                row = _row(line, name, offset)
                if row is None:
                    raise _changed(out, f"line {number} of `{name}` is no row")
                found.append(row)
                offset += len(line)
    return found


def _row(line: bytes, file: str, offset: int) -> AuditRow | None:
    try:
        row = json.loads(line)
        match row:
            case {"id": str(id), "certificate": {"row": str(digest)}, "tags": {"path": str(path), "operations": list(operations), "locale": str(locale)}}:
                kinds = sorted({each.partition("@")[0] for each in map(str, operations)})
                return AuditRow(id=id, digest=digest, file=file, offset=offset, is_pair="chosen" in row, path=path,
                                operations="+".join(kinds) or "none", locale=locale)
    except (ValueError, RecursionError):
        pass
    return None


def _changed(out: Path, what: str) -> MagnetError:
    return MagnetError(Diagnostic(code="MG620", message=what, help=f"`magnetc verify {out}` says what else is not as it was built; build it again"))


def strata_of(rows: Iterable[AuditRow], most: int) -> Callable[[AuditRow], Stratum]:
    """The finest strata that are no more than `most`; the coarsest where all are."""
    rows = tuple(rows)
    return next((each for each in STRATA if len(set(map(each, rows))) <= most), STRATA[-1])


def draw_sample(rows: Sequence[AuditRow], count: int) -> list[AuditRow]:
    """So many rows of all strata, in an order of which every beginning holds about the same share of each."""
    stratum = strata_of(rows, count)
    members: dict[Stratum, list[AuditRow]] = defaultdict(list)
    for row in rows:
        members[stratum(row)].append(row)
    shares = allocate({key: len(each) for key, each in members.items()}, count)
    placed = []
    for key, each in members.items():
        drawn = draw.shuffle(each, "audit", name=lambda row: (row.kind, row.id))[: shares[key]]
        placed += [((place + 0.5) / len(drawn), draw.fraction("audit order", row.kind, row.id), row.id, row.kind, row) for place, row in enumerate(drawn)]
    return [row for *_, row in sorted(placed, key=lambda each: each[:-1])]


def allocate(sizes: Mapping[Stratum, int], count: int) -> dict[Stratum, int]:
    """How many of each stratum a sample takes: one, and the rest in proportion to what else they hold, the largest remainders rounded up.

    Where there are more strata than are asked for, the largest have one.
    """
    whole = sum(sizes.values())
    if count >= whole:
        return dict(sizes)
    order = sorted(sizes, key=lambda key: (-sizes[key], key))
    taken = Counter(dict.fromkeys(order[:count], 1))
    left = count - sum(taken.values())
    rest = {key: sizes[key] - 1 for key in order}
    exact = {key: left * rest[key] / max(1, sum(rest.values())) for key in order}
    taken.update({key: int(exact[key]) for key in order})
    short = sorted(order, key=lambda key: (int(exact[key]) - exact[key], -sizes[key], key))
    for key in short[: count - sum(taken.values())]:
        taken[key] += 1
    return {key: taken[key] for key in sizes}
