"""Every example, every shipped spec and every recipe of the tests is as `magnetc fmt` would write it."""

from pathlib import Path

import pytest

from magnetc.diagnostics import Sink
from magnetc.frontend.format import format_source
from magnetc.frontend.format.files import files_to_format
from magnetc.frontend.read_text import read_text

ROOT = Path(__file__).parents[2]
FOLDERS = ("examples", "specs", "tests/data/recipes")


@pytest.mark.parametrize("folder", FOLDERS)
def test_the_files_of_a_folder_are_formatted(folder):
    sink = Sink()
    files = files_to_format([ROOT / folder], sink)
    assert files
    changed = []
    for path in files:
        source = read_text(path, path.relative_to(ROOT).as_posix(), sink)
        formatted = format_source(source, sink)
        changed += [source.name] if formatted is None or formatted.changed else []
    assert changed == [], f"run `magnetc fmt {' '.join(FOLDERS)}`"
    assert sink.diagnostics == []
