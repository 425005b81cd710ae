"""Producers and consumers in BFCL's ground truths: makes `bfcl_truth_pairs.yaml` beside this file.

    python tests/data/bfcl_truth_pairs.py [PYTHON]

PYTHON is one that has the packages below; without it, their environment is made. A pair is counted when an argument's value
stands in the result of an earlier call and the agent can have it from nowhere else that this program sees: no user has said
it up to then, no call had it as an argument before a result held it, the parameter's description does not list it, and it
is not trivial.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

CATEGORIES = ("base", "miss_func", "miss_param", "long_context")
PACKAGES = ("bfcl-eval==2026.3.23", "mpmath==1.3.0")
HERE = Path(__file__).parent
RUNNER = HERE / "bfcl" / "replay_truths.py"
TARGET = HERE / "bfcl_truth_pairs.yaml"
SMALL = 100
"""Whole numbers below this are trivial: they stand everywhere."""

HEAD = """\
# Values that BFCL's ground truths take from an earlier result. Made by `python tests/data/bfcl_truth_pairs.py` from
# {packages}; do not edit.
#
# All {entries} entries of multi_turn_{{{categories}}} were replayed on the package's own classes
# ({calls} calls). A line is one place of a result (`at`, a JSON pointer pattern) whose value was given as one parameter of a
# later call. `as`: `value` is the argument itself, `key` a key of the object at `at`, `part` a piece of the text at `at`.
# `calls` counts the arguments over the four categories, which share most of their conversations; `base` those of
# multi_turn_base alone.
#
# Left out: booleans, whole numbers below {small}, texts under 3 characters, values that the user had said by then (also as
# "1,000"), that a call had as an argument before any result held them, or that the parameter's description names. A value
# that several results hold counts for the last of them; a call that was given a value is not its producer.
#
# Derived from data of the Berkeley Function-Calling Leaderboard, part of the Gorilla project, Copyright the Gorilla authors,
# University of California, Berkeley, https://github.com/ShishirPatil/gorilla, licensed under the Apache License,
# Version 2.0. It holds names of functions, of fields and counts; no text or value of that data.
"""


@dataclass(slots=True)
class Seen:
    """What the agent has seen: the users' words, values it used before it saw them, and the values of results."""

    words: str = ""
    used: set[str] = field(default_factory=set)
    places: list[tuple[str, str, str, str]] = field(default_factory=list)
    """(canonical value, value or key, function, pointer pattern), in the order they were seen."""

    def said(self, value: Any) -> bool:
        words = self.words.lower()
        forms = {str(value).lower()}
        if isinstance(value, (int, float)):
            forms |= {f"{value:g}", f"{value:,}", f"{value:.2f}", f"{value:,.2f}"}
            forms |= {str(int(value)), f"{int(value):,}"} if value == int(value) else set()
            return any(re.search(rf"(?<![\d.]){re.escape(form)}(?!\d|\.\d)", words) for form in forms)
        return any(form in words for form in forms)

    def source(self, value: Any) -> tuple[str, str, str] | None:
        """Where the value was seen last as (function, pattern, as): whole before key before part of a text."""
        text = canonical(value)
        for how in ("value", "key"):
            for seen, kind, function, at in reversed(self.places):
                if kind == how and seen == text:
                    return function, at, how
        edges = re.compile(rf"(?<!\w){re.escape(text)}(?!\w)")
        for seen, kind, function, at in reversed(self.places):
            if kind == "value" and edges.search(seen):
                return function, at, "part"
        return None


def canonical(value: Any) -> str:
    """Numbers and the texts that spell them alike: 12345, 12345.0 and "12345"."""
    return str(int(value)) if isinstance(value, (int, float)) and value == int(value) else str(value).strip()


def trivial(value: Any) -> bool:
    if value is None or isinstance(value, bool):
        return True
    if isinstance(value, (int, float)):
        return value == int(value) and abs(value) < SMALL
    return len(value.strip()) < 3 or trivial_number(value)


def trivial_number(text: str) -> bool:
    return text.strip().isdecimal() and int(text) < SMALL


def leaves(value: Any, at: str = "") -> Iterator[tuple[str, str, Any]]:
    """Each ("value", pattern, leaf) and ("key", pattern, key) of a result; list items, and keys that are data, as `*`."""
    if isinstance(value, list):
        for item in value:
            yield from leaves(item, f"{at}/*")
    elif isinstance(value, dict):
        for key, item in value.items():
            data = not re.fullmatch(r"[A-Za-z_][\w()]*", key) or re.fullmatch(r"[A-Z]{3}\d+", key)
            yield "key", at, key
            yield from leaves(item, f"{at}/{'*' if data else key}")
    else:
        yield "value", at, value


def arguments(call: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Each (parameter, leaf value) of a call."""
    for parameter, value in call["arguments"].items():
        for kind, _, leaf in leaves(value):
            if kind == "value":
                yield parameter, leaf


def flows(entry: dict[str, Any], described: dict[tuple[str, str], str]) -> Iterator[tuple[str, str, str, str, str]]:
    """(source function, pattern, as, target function, parameter) of each argument that an earlier result gave."""
    seen = Seen()
    for question, calls in zip(entry["questions"], entry["calls"]):
        seen.words += "\n" + question
        for call in calls:
            for parameter, value in arguments(call):
                known = described.get((call["function"], parameter), "")
                if trivial(value) or str(value) in known or canonical(value) in seen.used or seen.said(value):
                    continue
                found = seen.source(value)
                if found:
                    yield *found, call["function"], parameter
            remember(seen, call)


def remember(seen: Seen, call: dict[str, Any]) -> None:
    """Take a call into account. A value that it was given and only repeats is not its own."""
    given = {canonical(value) for _, value in arguments(call)}
    seen.used |= {value for value in given if seen.source(value) is None}
    for kind, at, value in leaves(call["result"]):
        if not trivial(value) and canonical(value) not in given:
            seen.places.append((canonical(value), kind, call["function"], at))


def replay(python: Path) -> Iterator[dict[str, Any]]:
    done = subprocess.run([python, RUNNER, *CATEGORIES], check=True, capture_output=True, text=True)
    yield from map(json.loads, done.stdout.splitlines())


def descriptions(python: Path) -> dict[tuple[str, str], str]:
    """What the documents say of each (function, parameter)."""
    from magnetc.build.lock import find_site_packages

    found = {}
    for path in sorted((find_site_packages(python) / "bfcl_eval" / "data" / "multi_turn_func_doc").glob("*.json")):
        for document in map(json.loads, path.read_text(encoding="utf-8").splitlines()):
            for name, schema in document["parameters"]["properties"].items():
                found[document["name"], name] = schema.get("description", "")
    return found


def counted(entries: list[dict[str, Any]], described: dict[tuple[str, str], str]) -> list[str]:
    """The lines of the file, in order of their names."""
    counts: dict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
    for entry in entries:
        category = entry["id"].removeprefix("multi_turn_").rpartition("_")[0]
        for found in flows(entry, described):
            counts[found][category] += 1
    lines = []
    for (source, at, how, target, parameter), own in sorted(counts.items(), key=lambda item: (item[0][0], item[0][3:], item[0])):
        lines.append(f"- {{source: {source}, at: {json.dumps(at)}, as: {how}, target: {target}, parameter: {parameter}, "
                     f"calls: {own.total()}, base: {own['base']}}}\n")
    return lines


def announce(text: str) -> None:
    sys.stderr.write(text + "\n")


def main() -> None:
    from magnetc.tools.environments import ensure_environment

    python = Path(sys.argv[1]) if len(sys.argv) > 1 else ensure_environment(PACKAGES, announce)
    entries = list(replay(python))
    calls = sum(len(turn) for entry in entries for turn in entry["calls"])
    head = HEAD.format(packages=" and ".join(PACKAGES), entries=len(entries), calls=calls,
                       categories=",".join(CATEGORIES), small=SMALL)
    TARGET.write_text(head + "".join(counted(entries, descriptions(python))), encoding="utf-8")


if __name__ == "__main__":
    main()
