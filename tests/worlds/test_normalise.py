"""Results of a Python world of which a part is another each time, and is replaced before anyone sees it."""

import asyncio
import json
from dataclasses import replace

import pytest
from cases import NOW, python_spec

from magnetc.diagnostics import MagnetError
from magnetc.tools.worlds.kind import world_kind
from magnetc.tools.worlds.protocol import Ref, Reset, Run, Step

WORLD = """
import random


class Clock:
    def __init__(self, state, seed, now):
        pass

    def quote(self, what):
        took = random.SystemRandom().randrange(10**9)
        return {"what": what, "took": took, "log": [f"asked, {took} ms", f"told, {took} ms"]}

    def repeat(self, text):
        return {"text": text}
"""
RULES = [{"tool": "quote", "at": "/took", "to": "{date}"}, {"match": "[0-9]+ (ms)", "to": r"5 \1"}]


def results(folder, rules):
    (folder / "clock.py").write_text(WORLD, encoding="utf-8")
    spec = replace(python_spec("clock:Clock"), settings=json.dumps({"normalise": rules}))
    steps = [Step(call="quote", args={"what": "9 ms"}), Step(call="repeat", refs={"/text": Ref(step=0, at="/log/1")})]

    async def run():
        world = await world_kind(spec).prepare(spec, folder, print)()
        try:
            (outcome,) = await world.run(Run(start=Reset(now=NOW), programs=[steps]))
            assert world.levels == world_kind(spec).levels(spec)
            return list(outcome.results), world.levels
        finally:
            await world.close()

    return asyncio.run(run())


def test_what_differs_is_replaced_before_anything_refers_to_it(tmp_path):
    found, levels = results(tmp_path, RULES)
    assert found == [{"what": "5 ms", "took": "2026-03-02", "log": ["asked, 5 ms", "told, 5 ms"]}, {"text": "told, 5 ms"}]
    assert (levels.replay, levels.normalised) == ("normalised", ("quote /took", "[0-9]+ (ms)"))


def test_without_rules_the_level_is_exact(tmp_path):
    found, levels = results(tmp_path, [])
    assert (levels.replay, levels.normalised) == ("exact", ())
    assert found[1]["text"] != "told, 5 ms"


@pytest.mark.parametrize("rule", [{"to": "x"}, {"match": "(", "to": "x"}])
def test_a_rule_that_cannot_be_read_is_told(rule, tmp_path):
    with pytest.raises(MagnetError) as caught:
        results(tmp_path, [rule])
    assert caught.value.diagnostics[0].code == "MG650"
