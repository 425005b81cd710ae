"""What `magnetc fmt` makes of files that nobody would write, in full."""

from pathlib import Path

import pytest

from magnetc.diagnostics import Sink
from magnetc.frontend.format import format_source
from magnetc.source import SourceFile

FOLDER = Path(__file__).parent / "fmt"


@pytest.mark.parametrize("name", ["messy.magnet", "messy.yaml"])
def test_a_messy_file_comes_out_in_the_one_style(name):
    stem, suffix = name.split(".")
    expected = (FOLDER / f"{stem}.out.{suffix}").read_text(encoding="utf-8")
    for text in ((FOLDER / name).read_text(encoding="utf-8"), expected):
        sink = Sink()
        formatted = format_source(SourceFile(name, text), sink)
        assert sink.diagnostics == []
        assert formatted.after == expected
