"""Edits: other names, removed entries, inserted text, as the syntax of their file writes them."""

import pytest

from magnetc.diagnostics import Sink
from magnetc.diagnostics.edits import apply_edits, removed, renamed
from magnetc.diagnostics.model import Edit
from magnetc.source import SourceFile, Span


def after(text, fix):
    return None if fix is None else apply_edits(text, fix.edits)


def rename(text, old, new, name="f.yaml", within=None):
    sink = Sink()
    sink.add_file(SourceFile(name, text))
    start = text.index(within or old)
    return after(text, renamed(sink, Span(name, start, start + len(within or old)), old, new))


@pytest.mark.parametrize(("text", "old", "new", "within", "result"), [
    ("a: shp", "shp", "shop", None, "a: shop"),
    ('a: "shp"', "shp", "shop", '"shp"', 'a: "shop"'),
    ("a: shp", "shp", "get shop: x", None, 'a: "get shop: x"'),
    ("a: shp", "shp", "yes", None, 'a: "yes"'),
    ('a: "shp"', "shp", 'a"b', '"shp"', None),
    ("a: find.shp", "shp", "shop", "find.shp", None),
    ("a: find.shp", "find.shp", "find.shop", "find.shp", "a: find.shop"),
    ("a: shp shp", "shp", "shop", "shp shp", None),
    ("a: shpx", "shp", "shop", "shpx", None),
    ('a: "{amont} of"', "amont", "amount", "{amont}", 'a: "{amount} of"'),
])
def test_renamed_in_yaml(text, old, new, within, result):
    assert rename(text, old, new, within=within) == result


@pytest.mark.parametrize(("text", "old", "new", "within", "result"), [
    ("link shp", "shp", "shop", None, "link shop"),
    ("link shp", "shp", "get-shop", None, "link `get-shop`"),
    ("link `a-b`", "a-b", "a-c", "`a-b`", "link `a-c`"),
])
def test_renamed_in_the_dsl(text, old, new, within, result):
    assert rename(text, old, new, "f.magnet", within) == result


@pytest.mark.parametrize(("text", "entry", "result"), [
    ("a: 1\nb: 2\nc: 3\n", "b: 2", "a: 1\nc: 3\n"),
    ("a: 1\nb: 2  # why\nc: 3\n", "b: 2", "a: 1\nc: 3\n"),
    ("a: 1\nb: 2", "b: 2", "a: 1\n"),
    ("x: {a: 1, b: 2}\n", "a: 1", "x: {b: 2}\n"),
    ("x: {a: 1, b: 2}\n", "b: 2", "x: {a: 1}\n"),
    ("x: {b: 2}\n", "b: 2", "x: {}\n"),
    ("x:\n  - {a: 1,\n     b: 2,\n     c: 3}\n", "b: 2", "x:\n  - {a: 1,\n     c: 3}\n"),
    ("- a: 1\n  b: 2\n", "a: 1", None),
])
def test_removed(text, entry, result):
    start = text.index(entry)
    assert after(text, removed(SourceFile("f.yaml", text), start, start + len(entry))) == result


def test_edits_are_made_from_the_end_of_one_to_the_start_of_the_next():
    edits = [Edit(Span("f", 4, 4), "!"), Edit(Span("f", 0, 1), "ab"), Edit(Span("f", 1, 2), "")]
    assert apply_edits("xyzw", edits) == "abzw!"
