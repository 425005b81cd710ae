"""Every code that magnetc can emit has a page, and every page explains a code that it can emit."""

import re
from pathlib import Path

import magnetc
from magnetc.diagnostics.explain import codes, explain

SOURCE = Path(magnetc.__file__).parent


def emitted() -> set[str]:
    return {code for path in SOURCE.rglob("*.py") for code in re.findall(r"\bMG\d{3}\b", path.read_text(encoding="utf-8"))}


def test_every_code_has_a_page_and_every_page_a_code():
    assert emitted() == set(codes())


def test_titles_are_told_apart():
    titles = [explain(code).splitlines()[0].partition(": ")[2] for code in codes()]
    repeated = {title for title in titles if titles.count(title) > 1}
    assert repeated == set()
