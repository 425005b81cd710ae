"""Full renderings: each `diagnostics/NAME.yaml` is read and checked, and must show what `NAME.out` holds."""

from pathlib import Path

import pytest

from magnetc.diagnostics import Sink
from magnetc.diagnostics.render import FORMATS
from magnetc.frontend.read_text import decode
from magnetc.frontend.schema import validate
from magnetc.frontend.yaml_events import read_yaml

CASES = sorted((Path(__file__).parent / "diagnostics").glob("*.yaml"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_rendering(case, golden):
    sink = Sink()
    file = decode(case.read_bytes(), case.name, sink)
    document = read_yaml(file, sink)
    if document:
        validate(document, sink)
    golden(case.with_suffix(".out"), FORMATS["full"](sink))
