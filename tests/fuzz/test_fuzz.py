"""A short run of the fuzzers, the same every time, and the inputs that longer ones have failed on."""

import pytest
from fuzz import run, share, text_of
from fuzz_parsers import PARSERS

BY_NAME = {parser.name: parser for parser in PARSERS}
SLOW = {"lock": 12, "check": 30, "fix": 8, "dsl": 40, "format": 80, "type": 120, "import openapi": 20}
INPUTS = 200

FOUND = [
    ("dsl", "turn find_books"),
    ("dsl", "type A = string matching"),
    ("format", "kind: s\nd: {d: }"),
    ("format", "kind: s\ns: {t: [{l: ,p}]}"),
    ("format", "kind: s\ns: {s: {e: },m: {}}"),
    ("format", "kind: s\n:: e"),
    ("format", "kind: s\n::"),
    ("format", "kind: i\u2028w: p"),
    ("format", "kind: i\x85w: p\u2029v: q\n"),
    ("constraint", "a == " + "[" * 100_000),
    ("constraint", "n >= NaN"),
    ("import conversations", '{"messages": [], "tools": 1}'),
    ("import conversations", '{"messages": [], "tools": true}'),
    ("path text", "path p of p base p locale en variant 0 attempt 0\n  c0 = f()\n"),
    ("script text", "path p of p base p locale en variant 0 attempt 0\nturn t1 normal\nscript\nturn t1 normal\n"),
    ("script text", "path p of p base p locale en variant 0 attempt 0\nscript\nturn t1 normal\n  offered f\n"),
    ("script text", "path p of p base p locale en variant 0 attempt 0\nturn t1 normal\nscript\nturn t1 normal\n  offered f\n  goal c0\n"),
    ("script text", "path p of p base p locale en variant 0 attempt 0\nturn t1 normal\nscript\nsystem\nturn t1 normal\n  offered f\n"),
    ("lock", '{"tools": {"json:tools.json": {"functions": [{"name": "look\\ud800", "parameters": {}}]}}}'),
    ("lock", '{"tools": {"json:tools.json": {"functions": [null]}}}'),
    ("lock", '{"tools": '),
    *(("prompt", f"---\n{head}\n---\n{body}\n") for head, body in (
        ("inputs: {a: object}\noutput: {}\nrepair: often", "x"), ("inputs: {1: object}\noutput: {}", "x"), ("inputs: {a: object}\noutput: {}\nsince: 2026-13-01", "x"),
        ("inputs: {a: object}\noutput: {type: strange}", "x"), ("inputs: {}\noutput: " + "[" * 3000, "x"), ("inputs: {}\noutput: {}", "{{ " + "not " * 3000 + "a }}"),
        ("inputs: {}\noutput: {}", "{{ 1 // 0 }}"), ("inputs: {}\noutput: {}", "{% if %}"))),
    ("lock", '{"tools": {"json:tools.json": {"functions": [{"name": "look"}]}}, "behaviour": [1]}'),
    ("lock", '{"tools": {"json:tools.json": {"functions": [{"name": "look"}]}}, "behaviour": {"tools": "look"}}'),
    ("lock", '{"tools": {"json:tools.json": {"functions": [{"name": "look"}]}}, "behaviour": {"tools": {"look": "look"}}}'),
]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", BY_NAME)
def test_a_parser_takes_whatever_comes(name):
    tally = run(BY_NAME[name], 0, range(SLOW.get(name, INPUTS)))
    assert tally.failures == {}, "repeat one with `python tests/fuzz/fuzz.py --only NAME:INDEX`"


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("name", "text"), FOUND)
def test_what_was_found_stays_mended(name, text):
    BY_NAME[name].read(text)


def test_an_input_is_the_same_every_time():
    for parser in PARSERS:
        texts = [text_of(parser, 3, index) for index in range(20)]
        assert texts == [text_of(parser, 3, index) for index in range(20)]
        assert len(set(texts)) > 10
        assert texts != [text_of(parser, 4, index) for index in range(20)]


def test_every_parser_has_a_share():
    assert all(share(parser, 200_000) >= 1_000 for parser in PARSERS)
    assert abs(sum(share(parser, 200_000) for parser in PARSERS) - 200_000) < len(PARSERS)


def test_what_a_parser_must_not_do_is_counted(monkeypatch):
    def fails(text):
        raise KeyError(text)

    parser = BY_NAME["name"].__class__("name", fails, BY_NAME["name"].seeds, 1)
    tally = run(parser, 0, range(5))
    assert [len(indices) for indices in tally.failures.values()] == [5]
