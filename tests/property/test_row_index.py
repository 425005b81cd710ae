"""The index of `magnetc view` finds what reading every row finds, whatever the rows have."""

import json
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from magnetc.emit.report.entry import FACETS, entry
from magnetc.view.pages import Lines, page
from magnetc.view.row_index import RowIndex

WORDS = st.text(max_size=12)
NAMES = st.sampled_from(["a", "b", "c d", "é", ""])
CALL = st.builds(lambda name, given: {"id": "c", "type": "function", "function": {"name": name, "arguments": json.dumps({"x": given}, ensure_ascii=False)}}, NAMES, WORDS)
MESSAGES = st.lists(st.one_of(
    st.builds(lambda text: {"role": "user", "content": text}, WORDS),
    st.builds(lambda calls: {"role": "assistant", "content": "", "tool_calls": calls, "weight": 1}, st.lists(CALL, min_size=1, max_size=2))), max_size=4)
TAGS = st.fixed_dictionaries({"path": NAMES, "operations": st.lists(st.sampled_from(["merge@t1", "merge@t2", "split.miss_func@t0"]), max_size=2), "locale": st.sampled_from(["en", "fr"])})
ROWS = st.one_of(
    st.fixed_dictionaries({"id": NAMES, "messages": MESSAGES, "tags": TAGS}),
    st.fixed_dictionaries({"id": NAMES, "prompt": MESSAGES, "chosen": MESSAGES, "rejected": MESSAGES, "tags": TAGS, "fault": st.fixed_dictionaries({"kind": NAMES, "turn": st.just(0)})}))


def said(row: dict) -> list[str]:
    """What a row's messages say, call and return, and its id."""
    found = [row["id"]]
    for message in (message for side in ("messages", "prompt", "chosen", "rejected") for message in row.get(side, ())):
        found.append(message["content"])
        found += [call["function"][name] for call in message.get("tool_calls", ()) for name in ("name", "arguments")]
    return [text.casefold() for text in found]


@given(st.lists(ROWS, max_size=12), st.lists(ROWS, max_size=4), st.sampled_from(FACETS), st.booleans(), st.data())
@settings(deadline=None)
def test_filters_and_words(first, second, facet, escaped, data):
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        for name, made in (("a.jsonl", first), ("b.jsonl", second)):
            (folder / name).write_text("".join(json.dumps(row, ensure_ascii=escaped) + "\n" for row in made), encoding="utf-8", newline="\n")
        index = RowIndex(folder, ["a.jsonl", "b.jsonl"])
        index.read()
        every = [("a.jsonl", row) for row in first] + [("b.jsonl", row) for row in second]
        assert index.whole
        assert len(index) == len(every)
        with Lines(index) as lines:
            assert [(lines[row][0], json.loads(lines[row][1])) for row in range(len(index))] == every
        values = [entry(file, row)["facets"].get(facet, []) for file, row in every]
        value = data.draw(st.sampled_from(sorted({each for having in values for each in having}) or ["none"]))
        text = data.draw(st.one_of(st.just(""), WORDS, st.sampled_from([text for _, row in every for text in said(row)] or ["x"]).map(lambda whole: whole[1:5])))
        expected = [number for number, (having, (_, row)) in enumerate(zip(values, every)) if value in having and any(text.casefold() in each for each in said(row))]
        found, after = [], 0
        while after is not None:
            part = page(index, {facet: value}, text, after, 3)
            found += [each["number"] for each in part["rows"]]
            after = part["next"]
        assert found == expected
