"""What an audit comes to: the rate of each defect in the whole dataset, with the interval that the sample leaves.

Strata are not sampled in proportion (each has one row at least), so that each verdict weighs what its stratum has of the dataset, divided by the
verdicts on it (post-stratification). The interval is Clopper and Pearson's at Kish's effective sample size, (Σw)²/Σw², which is the number of verdicts
where all weigh the same. It leaves out that strata make an estimate better, and that datasets end: it is rather too wide than too narrow.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from magnetc.build.audit.rows import AuditRow, audit_rows, strata_of
from magnetc.build.audit.verdicts import QUESTIONS, Verdict, asked_of, read_verdicts
from magnetc.build.interval import clopper_pearson


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """Of `judged` rows `defects` have one; `rate` is estimated for all rows that are asked the question, in [`low`, `high`]."""

    judged: int
    defects: int
    rate: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditReport:
    """`rows` has the dataset, `judged` of them have a verdict, `good` one without a defect; `stale` verdicts are of rows that are other now, or gone.

    `covered`: the share of the rows that are of a stratum with a verdict. `rates` by question, without those that nobody answered.
    """

    rows: int
    judged: int
    good: int
    stale: int
    covered: float
    rates: Mapping[str, Rate]

    def document(self) -> dict[str, Any]:
        return asdict(self) | {"rates": {name: asdict(rate) for name, rate in self.rates.items()}}


def audit_report(out: Path) -> AuditReport:
    """The report on the verdicts of a dataset.

    Raises:
        MagnetError: MG620 where `out` is no dataset, MG623 for verdicts that cannot be read.
    """
    return report_on(audit_rows(out), read_verdicts(out))


def report_on(rows: Sequence[AuditRow], verdicts: Mapping[str, Verdict]) -> AuditReport:
    """The report on verdicts of rows, by digest."""
    judged = [row for row in rows if row.digest in verdicts]
    stratum = strata_of(rows, max(1, len(judged)))
    sizes, seen = Counter(map(stratum, rows)), Counter(map(stratum, judged))
    weights = {row: sizes[stratum(row)] / seen[stratum(row)] for row in judged}
    rates = {}
    for question in QUESTIONS:
        asked = [row for row in judged if question in asked_of(row)]
        if asked:
            rates[question] = rate([(weights[row], question in verdicts[row.digest].defects) for row in asked])
    return AuditReport(
        rows=len(rows), judged=len(judged), good=sum(not verdicts[row.digest].defects for row in judged),
        stale=len(verdicts.keys() - {row.digest for row in rows}),
        covered=sum(sizes[key] for key in seen) / len(rows) if rows else 0.0, rates=rates)


def rate(found: Sequence[tuple[float, bool]]) -> Rate:
    """The rate of a defect, of verdicts with what each weighs."""
    whole = sum(weight for weight, _ in found)
    share = sum(weight for weight, has in found if has) / whole
    effective = whole**2 / sum(weight**2 for weight, _ in found)
    low, high = clopper_pearson(effective * share, effective)
    return Rate(judged=len(found), defects=sum(has for _, has in found), rate=share, low=low, high=high)
