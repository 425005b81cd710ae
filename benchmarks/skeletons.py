"""How varied users speak in a dataset: skeletons of user turns, their values masked.

    python benchmarks/skeletons.py OUT

A skeleton is a user turn with every value masked: the words that its certificate says give an argument, every text of an
earlier result or of the profile, and every number, date and time. Copies (Split) repeat their base by design and are left
out. Prints the share of the most frequent skeleton (the bound is 1 %) and the distinct ones per 1,000 turns (at least 250).
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

MASK = "<v>"
NUMBERS = re.compile(r"\d[\d:.,]*(?: ?(?:am|pm|h(?: \d\d)?)\b|(?:st|nd|rd|th|er)\b)?")


def skeletons(out: Path) -> Iterator[str]:
    """The skeleton of each user turn of each conversation that is no copy."""
    for path in sorted((out / "sft").glob("*.jsonl")):
        with path.open(encoding="utf-8") as file:
            for line in file:
                row = json.loads(line)
                if row["tags"]["copy_of"] is None:
                    yield from of_row(row)


def of_row(row: dict[str, Any]) -> Iterator[str]:
    said: dict[int, set[str]] = {}
    for entries in row["certificate"]["arguments"].values():
        for entry in entries.values():
            if "user" in entry:
                said.setdefault(entry["user"], set()).add(entry["said"])
    seen: set[str] = set()
    turn = -1
    for message in row["messages"]:
        if message["role"] == "tool":
            seen |= set(_texts(json.loads(message["content"])))
        if message["role"] == "user":
            turn += 1
            yield _masked(message["content"], said.get(turn, set()) | seen)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str) and len(value) > 2:
        yield value
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _texts(item)


def _masked(text: str, values: set[str]) -> str:
    for value in sorted(values, key=len, reverse=True):
        text = text.replace(value, MASK)
    return NUMBERS.sub(MASK, text)


def main() -> None:
    counts = Counter(skeletons(Path(sys.argv[1])))
    turns = sum(counts.values())
    print(f"{turns} user turns, {len(counts)} distinct skeletons: {1000 * len(counts) / turns:.0f} per 1,000")
    for skeleton, count in counts.most_common(5):
        print(f"{100 * count / turns:.2f} %  {skeleton}")


if __name__ == "__main__":
    main()
