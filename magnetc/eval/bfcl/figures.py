"""What verdicts come to: scores with their intervals, why entries fail, and the same without entries that training data has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from magnetc.build.interval import wilson
from magnetc.eval.bfcl.verdicts import Verdict
from magnetc.ir.json import Json

_EXAMPLES = 3


def figures(verdicts: Sequence[Verdict], overlaps: Mapping[str, Sequence[str]] | None = None) -> dict[str, Any]:
    """Scores of all entries and by category. `overlaps`: kinds of what an entry has in common with training data, by id."""
    categories = list(dict.fromkeys(each.category for each in verdicts))
    return {"all": _of(verdicts, overlaps),
            "categories": {name: _of([each for each in verdicts if each.category == name], overlaps) for name in categories}}


def _of(verdicts: Sequence[Verdict], overlaps: Mapping[str, Sequence[str]] | None) -> dict[str, Any]:
    made: dict[str, Any] = _scores(verdicts) | {
        "errors": _counted(each.error for each in verdicts if not each.official),
        "strict_errors": _counted(each.error for each in verdicts if each.official),
        "forced": sum(each.forced for each in verdicts), "malformed": sum(each.malformed for each in verdicts),
        "unread": sum(each.unread for each in verdicts), "read": sum(each.read for each in verdicts),
        "empty": sum(each.empty for each in verdicts), "disagreements": sum(len(each.disagreements) for each in verdicts)}
    if overlaps is not None:
        kinds = Counter(kind for each in verdicts for kind in overlaps.get(each.id, ()))
        made["overlapping"] = {"entries": sum(bool(overlaps.get(each.id)) for each in verdicts), **dict(sorted(kinds.items()))}
        made["without_overlap"] = _scores([each for each in verdicts if not overlaps.get(each.id)])
    return made


def _scores(verdicts: Sequence[Verdict]) -> dict[str, Any]:
    return {"entries": len(verdicts), "official": _share(each.official for each in verdicts), "strict": _share(each.strict for each in verdicts)}


def _share(passed: Iterable[bool]) -> dict[str, Json]:
    listed = list(passed)
    low, high = wilson(sum(listed), len(listed))
    return {"passed": sum(listed), "rate": sum(listed) / len(listed) if listed else None, "low": low, "high": high}


def _counted(errors: Iterable[str | None]) -> dict[str, int]:
    """How often each, the most frequent first."""
    return dict(sorted(Counter(filter(None, errors)).items(), key=lambda item: (-item[1], item[0])))


def examples(verdicts: Iterable[Verdict]) -> list[dict[str, Json]]:
    """A few texts that the package's handler reads otherwise than we do."""
    found = [{"id": each.id, "text": text, "package": list(theirs)} for each in verdicts for text, theirs in each.disagreements]
    return found[:_EXAMPLES]
