"""Texts made of others: tokens exchanged, cut, repeated and spliced, with characters and numbers that nobody would write."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Sequence
from typing import Any

import yaml

TITLE = re.compile(r"[\w./-]+\n")
TOKEN = re.compile(r'"[^"\n]*"|\w+|\s+|[^\w\s]')

SPECIAL = [*"{}[]()<>|&*!%@`\"'\\#:;,.?/+-=~^$_ \t\n\r", "\0", "\x07", "\x1b", "\x7f", "\x85", "\xa0", "\u0301", "\u200b", "\u2028", "\u202e", "\ufeff",
           "\ufffe", "\ufffd", "é", "東", "ß", "ﬁ", "𝕏", "😀", "٣", "½", "--- ", "...\n", "<<: ", "&a ", "*a", "!!python/object:os.system ",
           "{#", "{/", "}}", "->", "~>", "..", "\\u0000", "\\ud800", "\\x", "\"\"\"", "\r\n", ": ", "- ", "? ", "| ", "> ", "|\n", ">-\n"]
NUMBERS = ["0", "-0", "-1", "1", "2", "00", "007", "1e3", "1e308", "1e309", "-1e309", "1e-320", "0.1", ".5", "5.", "9" * 19, "-" + "9" * 19, "9223372036854775807", "9223372036854775808",
           "9" * 40, "0x10", "0o17", "1_000", "12:30", ".inf", ".nan", "NaN", "Infinity", "1000000", "-1000000", "0..0", "5..1", "1..1000000", "1..9223372036854775807", "²", "٣"]
WORDS = ["null", "~", "true", "yes", "no", "kind", "recipe", "types", "tools", "graph", "paths", "operations", "turns", "frames", "x", "_", "en", "xx", "string", "integer", "object", "a.b", "a-b",
         "", " ", "*", "$ref", "#/definitions/a", "__class__", "constructor", "/", "//", "~1", "/*/", "../..", "std/types", "2026-02-30", "0000-00-00", "24:61", "PT1H", "[a-z", "(a|b", "a{2}{3}",
         "(?P<a>.)", "(?<=a+)b", "\\", "\\d", "^(a+)$", "9" * 300, "x" * 500]
MOST = 20_000
"""Characters that a text may grow to: what is long is a matter of limits, which have tests of their own."""


def mutated(text: str, others: Sequence[str], chance: random.Random) -> str:
    """`text` after one to five changes; some of them take parts of `others`."""
    for _ in range(chance.choice((1, 1, 1, 2, 2, 3, 5))):
        text = chance.choice(_CHANGES)(text, others, chance)[:MOST]
    return text


def _tokens(text: str) -> list[re.Match[str]]:
    return list(TOKEN.finditer(text))


def _place(text: str, chance: random.Random) -> tuple[int, int]:
    """The range of some token."""
    found = _tokens(text)
    return chance.choice(found).span() if found else (0, 0)


def _replace(text: str, others: Sequence[str], chance: random.Random) -> str:
    start, end = _place(text, chance)
    return text[:start] + chance.choice(chance.choice((SPECIAL, NUMBERS, WORDS))) + text[end:]


def _swap(text: str, others: Sequence[str], chance: random.Random) -> str:
    (a, b), (c, d) = sorted((_place(text, chance), _place(text, chance)))
    return text if b > c else text[:a] + text[c:d] + text[b:c] + text[a:b] + text[d:]


def _borrow(text: str, others: Sequence[str], chance: random.Random) -> str:
    other = chance.choice(others)
    (a, b), (c, d) = _place(text, chance), _place(other, chance)
    return text[:a] + other[c:d] + text[b:]


def _delete(text: str, others: Sequence[str], chance: random.Random) -> str:
    start, end = _place(text, chance)
    return text[:start] + text[min(len(text), end + chance.choice((0, 0, 0, 3, 40))):]


def _insert(text: str, others: Sequence[str], chance: random.Random) -> str:
    at = chance.randint(0, len(text))
    return text[:at] + "".join(chance.choice(SPECIAL) for _ in range(chance.choice((1, 1, 2, 4)))) + text[at:]


def _repeat(text: str, others: Sequence[str], chance: random.Random) -> str:
    start, end = sorted((_place(text, chance)[0], _place(text, chance)[1]))
    return text[:end] + text[start:end] * chance.choice((1, 1, 2, 20)) + text[end:]


def _splice(text: str, others: Sequence[str], chance: random.Random) -> str:
    other = chance.choice(others)
    return text[: chance.randint(0, len(text))] + other[chance.randint(0, len(other)) :]


def _lines(text: str, others: Sequence[str], chance: random.Random) -> str:
    """Two lines change places, one is said twice, or another file's comes in."""
    lines = text.split("\n")
    at, to = chance.randrange(len(lines)), chance.randrange(len(lines))
    match chance.randrange(4):
        case 0:
            lines[at], lines[to] = lines[to], lines[at]
        case 1:
            lines.insert(to, lines[at])
        case 2:
            lines.insert(to, chance.choice(chance.choice(others).split("\n")))
        case _:
            lines[at] = " " * chance.randint(0, 8) + lines[at].lstrip()
    return "\n".join(lines)


def _nest(text: str, others: Sequence[str], chance: random.Random) -> str:
    start, end = _place(text, chance)
    depth = chance.choice((2, 10, 40, 70, 500, 3000))
    opens, closes = chance.choice((("[", "]"), ("(", ")"), ("{", "}"), ("{a: ", "}"), ("- ", ""), ("? ", ""), ("[x ", "]"), ("(a|", ")"), ("{#x}", "{/x}"), ("-", ""), ("{*: ", "}"), ("!", "")))
    return text[:start] + opens * depth + text[start:end] + closes * chance.choice((depth, depth, 0)) + text[end:]


def _cut(text: str, others: Sequence[str], chance: random.Random) -> str:
    return text[: chance.randint(0, len(text))]


VALUES: list[Any] = [None, True, False, 0, -1, 1, 0.5, 1e300, 2**63, -(2**63), "", " ", "x", "en", "string", "a b", "/", "[", "{x}", [], {}, [None], [[]], {"": None}, {"a": {}},
                     ["x", "x"], "x" * 300]


def _structure(text: str, others: Sequence[str], chance: random.Random) -> str:
    """A document in which a value is another, is gone, is given to another key, or stands in a list; as JSON, which is YAML."""
    head, mark, rest = text.partition("\n") if TITLE.match(text) else ("", "", text)
    try:
        data = json.loads(rest) if rest[:1] in ("{", "[") else yaml.load(rest, Loader=yaml.CSafeLoader)
        places = [place for place in _places(data) if place[0] is not None]
        if not places:
            return text
        for _ in range(chance.choice((1, 1, 2, 4))):
            holder, key = chance.choice(places)
            _change(holder, key, places, chance)
        return head + mark + json.dumps(data, default=str)
    except (ValueError, yaml.YAMLError, RecursionError, TypeError):
        return text


def _places(data: Any) -> list[tuple[Any, Any]]:
    found: list[tuple[Any, Any]] = []
    stack = [data]
    while stack and len(found) < 5_000:
        each = stack.pop()
        items = each.items() if isinstance(each, dict) else enumerate(each) if isinstance(each, list) else ()
        found += [(each, key) for key, _ in items]
        stack += [value for _, value in items]
    return found


def _change(holder: Any, key: Any, places: list[tuple[Any, Any]], chance: random.Random) -> None:
    if key not in (holder if isinstance(holder, dict) else range(len(holder))):
        return
    match chance.randrange(6):
        case 0 | 1:
            holder[key] = chance.choice(VALUES)
        case 2:
            other, its = chance.choice(places)
            if its in (other if isinstance(other, dict) else range(len(other))):
                holder[key] = json.loads(json.dumps(other[its], default=str))
        case 3:
            del holder[key]
        case 4:
            holder[key] = [holder[key]]
        case _ if isinstance(holder, dict):
            holder[chance.choice([str(its) for _, its in places])] = holder.pop(key)


_CHANGES: list[Callable[[str, Sequence[str], random.Random], str]] = [
    _replace, _replace, _replace, _swap, _swap, _borrow, _borrow, _delete, _delete, _insert, _insert, _repeat, _splice, _lines, _lines, _nest, _cut, _structure, _structure]
