"""How varied users speak in a dataset: skeletons of user turns, their values masked.

    python benchmarks/skeletons.py OUT

A skeleton is a user turn with every value masked: the words that its certificate says give an argument, every text of an
earlier result or of the profile, and every number, date and time. Copies (Split) repeat their base by design and are left
out. Prints the share of the most frequent skeleton (the bound is 1 %) and the distinct ones per 1,000 turns (at least 250).
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from magnetc.emit.report.skeleton import skeletons as of_row


def skeletons(out: Path) -> Iterator[str]:
    """The skeleton of each user turn of each conversation that is no copy."""
    for path in sorted((out / "sft").glob("*.jsonl")):
        with path.open(encoding="utf-8") as file:
            for line in file:
                row = json.loads(line)
                if not row["tags"]["copy_of"]:
                    yield from of_row(row)


def main() -> None:
    counts = Counter(skeletons(Path(sys.argv[1])))
    turns = sum(counts.values())
    print(f"{turns} user turns, {len(counts)} distinct skeletons: {1000 * len(counts) / turns:.0f} per 1,000")
    for skeleton, count in counts.most_common(5):
        print(f"{100 * count / turns:.2f} %  {skeleton}")


if __name__ == "__main__":
    main()
