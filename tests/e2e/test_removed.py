"""What each proof removed of what was finished: in the summary, the figures, the card and the report alike."""

import json
import re
import shutil
from collections import Counter
from itertools import pairwise

import pytest
from dataset import LIBRARY, magnetc
from hypothesis import given
from hypothesis import strategies as st

from magnetc.distill.proofs.failure import PROOFS
from magnetc.emit.removed import CHECKED, CLEAN, removed_by_proof

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def misfit(own_home, tmp_path_factory):
    """(dataset, what the build said) of a recipe with a tool whose results are now and then not what it declares."""
    folder = shutil.copytree(LIBRARY, tmp_path_factory.mktemp("removed") / "library", ignore=shutil.ignore_patterns("out*"))
    world = folder / "world.py"
    world.write_text(world.read_text().replace('"10:00", "closes"', '10, "closes"'))
    return folder.parent / "out", magnetc("build", folder, "--trust", "-o", folder.parent / "out", "--json")


def test_the_table_accounts_for_each_conversation_that_a_proof_dropped(misfit):
    out, result = misfit
    told = json.loads(result.stdout)
    lines = told["proofs"]["conversations"]
    dropped = Counter()
    for reason, times in told["dropped"].items():
        if found := re.match(r"conversation dropped: proof (\d)", reason):
            dropped[int(found[1])] += times
    assert {line["proof"]: line["removed"] for line in lines if line["removed"]} == dropped
    assert sum(dropped.values()) > 0
    assert lines[-1]["checked"] - lines[-1]["removed"] == told["conversations"]
    assert json.loads((out / "figures.json").read_text())["proofs"] == told["proofs"]
    card = (out / "README.md").read_text()
    assert all(f"| {line['proof']} {line['name']} | {line['checked']} | {line['removed']} |" in card for line in lines)
    assert 'aria-label="Removed by each proof"' in (out / "report.html").read_text()


@given(st.dictionaries(st.tuples(st.sampled_from(["conversation", "pair"]), st.integers(1, 8)), st.integers(1, 50)), st.integers(0, 99), st.integers(0, 99))
def test_what_no_proof_removed_is_what_passed(lost, conversations, pairs):
    dropped = {f"{kind} dropped: proof {proof} ({PROOFS[proof]}) fails: some reason": times for (kind, proof), times in lost.items()
               if proof in CHECKED[kind] or proof == CLEAN}
    kept = tuple(max(0, passed - lost.get((kind, CLEAN), 0)) for kind, passed in (("conversation", conversations), ("pair", pairs)))
    made = removed_by_proof(dropped, conversations, pairs, kept=kept, is_compared=True)
    for kind, passed, left in (("conversations", conversations, kept[0]), ("pairs", pairs, kept[1])):
        *before, last = made[kind]
        assert last["proof"] == CLEAN
        assert last["checked"] - last["removed"] == left
        assert before[-1]["checked"] - before[-1]["removed"] == passed
        assert all(a["checked"] - a["removed"] == b["checked"] for a, b in pairwise(before))
        assert all(0 <= line["share"] <= 1 for line in made[kind])
