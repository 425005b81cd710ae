"""The recipe that `benchmarks/check.py` makes is sound, whatever its size, and the same every time."""

import check

from magnetc.build.check import check_recipe
from magnetc.diagnostics import Sink


def test_the_recipe_of_the_benchmark_is_sound(tmp_path):
    texts = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        check.write_recipe(tmp_path / name, 150)
        texts.append((tmp_path / name / "tools.yaml").read_text())
    found = check_recipe(tmp_path / "a", Sink(), cached=False)
    assert not found.sink.diagnostics
    assert found.counts[::2] == (150, 1)
    assert found.counts[1] > 1000
    assert texts[0] == texts[1]
