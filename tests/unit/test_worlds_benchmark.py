"""The benchmark of worlds runs: a few calls, once. How fast they are is for who runs it."""

import asyncio

import worlds


def test_every_ratio_is_measured():
    found = asyncio.run(worlds.measured(["python", "state", "openapi"], 1, quick=True))
    ratios = [each["figure"] for each in found if "at_most" in each or "at_least" in each]
    assert [figure.partition(",")[0] for figure in ratios] == ["python", "state of 2.8 MB", "openapi"]
    assert all(each["value"] > 0 for each in found)
    assert "target: at most 3, missed" in worlds.shown({"figure": "python", "value": 4.0, "at_most": 3.0})
