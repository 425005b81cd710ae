"""What makes conversations difficult, as it is counted from rows."""

import json

import pytest
from dataset import magnetc, rows
from hypothesis import given
from hypothesis import strategies as st

from magnetc.emit.difficulty import Difficulty, difficulty_of


def conversation(calls, operations=()):
    """A row of (user turn, ids of the calls that it takes values from) for each call."""
    messages, sources, last = [], {}, -1
    for number, (turn, producers) in enumerate(calls):
        messages += [{"role": "user", "content": "?"}] * (turn - last)
        last = turn
        messages.append({"role": "assistant", "content": "", "tool_calls": [{"id": f"call_{number}"}]})
        sources[f"call_{number}"] = {f"/{each}": {"output": f"call_{each}", "at": "/x"} for each in producers} | {"/said": {"user": 0}}
    return {"messages": messages, "tags": {"operations": list(operations)}, "certificate": {"arguments": sources}}


@pytest.mark.parametrize(("calls", "operations", "expected"), [
    ([], [], Difficulty(calls=0, chain=0, helpers=0, dependency="none")),
    ([(0, [])], [], Difficulty(calls=1, chain=1, helpers=0, dependency="none")),
    ([(0, []), (0, [0])], ["insert.short@t0"], Difficulty(calls=2, chain=2, helpers=1, dependency="nested")),
    ([(0, []), (1, [0]), (1, [0]), (2, [2])], [], Difficulty(calls=4, chain=3, helpers=0, dependency="short")),
    ([(0, []), (1, []), (3, [0, 1])], ["insert.long@t3"], Difficulty(calls=3, chain=2, helpers=0, dependency="long")),
])
def test_what_a_row_comes_to(calls, operations, expected):
    assert difficulty_of(conversation(calls, operations)) == expected


@given(st.lists(st.tuples(st.integers(0, 2), st.sets(st.integers(0, 9), max_size=3)), max_size=10))
def test_a_chain_is_as_long_as_the_longest_way_through_producers(drawn):
    turn, calls = 0, []
    for number, (more, producers) in enumerate(drawn):
        turn += more
        calls.append((turn, [each for each in producers if each < number]))

    def longest(number):
        return 1 + max(map(longest, calls[number][1]), default=0)

    assert difficulty_of(conversation(calls)).chain == max(map(longest, range(len(calls))), default=0)


def test_figures_coverage_and_report_agree(library):
    whole = [row for row in rows(library, "sft/") if not row["id"].rpartition(".")[2].isdecimal()]
    told = json.loads((library / "coverage.json").read_text())["difficulty"]
    assert told == json.loads((library / "figures.json").read_text())["made"]["difficulty"]
    found = [difficulty_of(row) for row in whole]
    assert told["dependency"] == {name: sum(each.dependency == name for each in found) for name in ("none", "nested", "short", "long")}
    assert {int(chain): times for chain, times in told["chain"].items()} == {chain: sum(each.chain == chain for each in found) for chain in {each.chain for each in found}}
    assert 'id="difficulty"' in (library / "report.html").read_text()


def test_rows_without_certificates_say_nothing_of_it(tmp_path):
    (tmp_path / "rows.jsonl").write_text(json.dumps({"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]}) + "\n")
    result = magnetc("lint-data", tmp_path / "rows.jsonl", "--report", tmp_path / "page.html")
    assert (tmp_path / "page.html").is_file(), result.output
    assert 'id="difficulty"' not in (tmp_path / "page.html").read_text()
