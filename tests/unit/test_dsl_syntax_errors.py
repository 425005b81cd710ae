"""Mistakes in DSL files: one block each, in words, at the place; and the grammar itself."""

import re
from pathlib import Path

import pytest

from magnetc.diagnostics import Sink
from magnetc.frontend.dsl import read_dsl
from magnetc.frontend.dsl.mistakes import MISTAKES
from magnetc.frontend.dsl.parser import dsl_parser
from magnetc.frontend.templates import _parser as template_parser
from magnetc.source import SourceFile

GOLDEN = Path(__file__).parent.parent / "golden" / "dsl"


def diagnostics_of(text: str):
    sink = Sink()
    documents = read_dsl(SourceFile("a.magnet", text), sink)
    found = []
    for diagnostic in sink.diagnostics:
        span = sink.span(diagnostic.primary)
        found.append(f"{diagnostic.code} [{text[span.start:span.end].strip()}] {diagnostic.message}")
    return documents, found


def test_mistakes_are_reported_where_they_stand_and_cost_one_statement():
    text = (GOLDEN / "syntax_errors.magnet").read_text(encoding="utf-8")
    documents, found = diagnostics_of(text)
    assert found == re.findall(r"^#! (.+)$", text, re.MULTILINE)
    assert {"Kept", "AlsoKept"} <= set(documents[0].data["types"])


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: f"{mistake.code}-{mistake.examples[0]}")
def test_each_example_of_a_mistake_is_reported_as_it(mistake):
    for example in mistake.examples:
        _, found = diagnostics_of(example)
        assert [line.split()[0] for line in found] == [mistake.code], example


def test_all_errors_of_a_file_are_reported_in_one_run():
    _, found = diagnostics_of('type A string\n\ntool f(a)\n\nturn f { en do }\ntype B = string "x"\n')
    assert [line.split()[0] for line in found] == ["MG145", "MG144", "MG146", "MG141"]


@pytest.mark.parametrize("build", [dsl_parser, template_parser], ids=["magnet", "template"])
def test_grammars_are_strict_lalr(build):
    pytest.importorskip("interegular", reason="lark checks terminals for collisions with interegular")
    assert build(strict=True)
