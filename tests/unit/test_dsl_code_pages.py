"""The pages of the codes that the DSL and the template reader emit: what should fail does, and the repair is clean."""

import re
from pathlib import Path

import pytest

import magnetc
from magnetc.diagnostics import Sink
from magnetc.frontend.dsl import read_dsl
from magnetc.frontend.templates import parse_template
from magnetc.source import Origin, SourceFile

CODES = Path(magnetc.__file__).parent / "diagnostics" / "codes"
NAMES = [f"MG{number}" for number in (*range(140, 160), *range(401, 410))]


def codes_of(text: str) -> list[str]:
    sink = Sink()
    for document in read_dsl(SourceFile("page.magnet", text), sink):
        for pointer in document.spans:
            if pointer.endswith("/text"):
                origin = Origin(document.file, document.root + pointer)
                value = document.data
                for token in pointer.split("/")[1:]:
                    value = value[int(token)] if isinstance(value, list) else value[token]
                parse_template(value, None, sink, origin)
    return [diagnostic.code for diagnostic in sink.diagnostics]


@pytest.mark.parametrize("code", NAMES)
def test_page_fails_with_its_code_and_is_fixed(code):
    page = (CODES / f"{code}.md").read_text(encoding="utf-8")
    assert page.startswith(f"# {code}: ")
    sections = dict(re.findall(r"^## ([^\n]+)\n\n(.+?)(?=\n## |\Z)", page, re.MULTILINE | re.DOTALL))
    assert list(sections) == ["What", "Why it matters", "Fails", "Fixed"]
    fails, fixed = (re.fullmatch(r"```magnet \S+\n(.*)```\n?", sections[name], re.DOTALL)[1] for name in ("Fails", "Fixed"))
    assert codes_of(fails) == [code]
    assert codes_of(fixed) == []
