"""What rows have in common with benchmarks: planted copies of each kind are found, what is only near in subject is not."""

import json
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from magnetc.diagnostics import MagnetError
from magnetc.distill.contamination.content import Content, contents
from magnetc.distill.contamination.index import FEWEST_NEAR, Index
from magnetc.distill.contamination.minhash import LEAST_RECALL, PERMUTATIONS, Bands, Candidates, bands_for
from magnetc.distill.contamination.normal import shingles, value, words
from magnetc.distill.contamination.source import Benchmark, named
from magnetc.ir.json import canonical
from magnetc.ir.spec import NEAR

pytest.importorskip("rensa")

QUESTION = "Please move the final report to the folder called temp, and then compare it with the previous report line by line."
NEARLY = "please move the final report to the folder called TEMP and then compare it with the older report, line by line!"
DISTANT = "Please book a table for four at the harbour, and then tell me how long the walk from the station is."


def index(*tasks: Content, near: float = NEAR) -> Index:
    return Index.of([Benchmark(name="mine", version="", tasks=tuple((f"task {number}", each) for number, each in enumerate(tasks)))], near)


def said(*texts: str, calls=()) -> dict:
    """A row in which users say these texts, the last of them answered by calls."""
    messages = [message for text in texts for message in ({"role": "user", "content": text}, {"role": "assistant", "content": "Done."})]
    made = [{"id": str(number), "type": "function", "function": {"name": name, "arguments": json.dumps(arguments)}} for number, (name, arguments) in enumerate(calls)]
    return {"messages": [*messages[:-1], {"role": "assistant", "content": "", "tool_calls": made}, messages[-1]] if made else messages}


def kinds(found) -> list[tuple[str, int | None]]:
    return [(each.kind, each.turn) for each in found]


def test_a_question_is_found_in_other_spelling_and_with_a_word_changed():
    own = index(Content(users=(QUESTION,)))
    assert kinds(own.overlaps(said(QUESTION.upper().replace(",", " --")))) == [("words", None)]
    assert ("words", 1) in kinds(own.overlaps(said("Thank you for that.", NEARLY)))
    assert own.overlaps(said(DISTANT)) == own.overlaps(said("Hello!", DISTANT)) == []
    found = own.overlaps(said("Hi.", NEARLY))
    assert str(found[-1]).startswith("the user's turn 2 has the words of `task 0` in `mine` (Jaccard similarity 0.")


def test_few_words_overlap_only_when_they_are_the_same():
    own = index(Content(users=("List all of my bookings",)), Content(users=("Thanks!", "Show me the fastest train there")))
    assert kinds(own.overlaps(said("list all of my bookings."))) == [("words", None)]
    assert own.overlaps(said("List all of my cancelled bookings")) == []
    assert kinds(own.overlaps(said("Hi", "Show me the fastest train there"))) == [("words", 1)]
    assert own.overlaps(said("Good, thanks!", "Thanks!")) == [], "one message of a word among several says nothing of a task"


def test_text_without_blanks_has_words():
    own = index(Content(users=("東京から大阪まで明日の朝いちばん早い列車を予約して",)))
    assert kinds(own.overlaps(said("東京から大阪まで明日の朝いちばん早い列車を予約してください"))) == [("words", None)]
    assert own.overlaps(said("京都で静かな旅館を二泊探して、駅からの道も教えて")) == []


def test_calls_are_found_by_turn_and_in_all():
    turn = (("FileSystem.mv", {"source": "report.pdf", "destination": "temp"}), ("sort", {"file_name": "Report.pdf", "lines": 5.0}))
    own = index(Content(users=("a", "b"), turns=(turn, (("ls", {}),))))
    same = [("mv", {"destination": "temp", "source": "report.pdf"}), ("sort", {"lines": 5, "file_name": "report.pdf"})]
    assert kinds(own.overlaps(said("x", calls=same))) == [("calls", None)]
    other = [same[0], ("sort", {"lines": 6, "file_name": "report.pdf"})]
    assert own.overlaps(said("x", calls=other)) == own.overlaps(said("x", calls=same[::-1])) == []
    assert own.overlaps(said("x", calls=[("ls", {})])) == [], "such a call is made by chance"


def test_a_state_counts_with_the_calls_made_in_it():
    own = index(Content(users=("a",), turns=((("ls", {}),),), state={"Files": {"root": {"a.txt": 1}}}))
    row = said("x", calls=[("ls", {})])
    assert kinds(own.overlaps(row, {"Files": {"root": {"a.txt": 1.0}}, "Travel": {}})) == [("state", None)]
    assert kinds(own.overlaps({**row, "initial_config": {"Files": {"root": {"a.txt": 1}}}})) == [("state", None)]
    assert own.overlaps(row, {"Files": {"root": {"a.txt": 2}}}) == own.overlaps(row) == []
    assert own.overlaps(said("x", calls=[("ls", {"a": True})]), {"Files": {"root": {"a.txt": 1}}}) == []


@pytest.mark.parametrize("row", [
    said(NEARLY),
    {"prompt": [{"role": "user", "content": NEARLY}], "chosen": [{"role": "assistant", "content": "a"}], "rejected": []},
    {"prompt": [], "chosen": [], "rejected": [{"role": "user", "content": NEARLY}]},
    {"conversations": [{"from": "human", "value": NEARLY}, {"from": "gpt", "value": "ok"}]},
    {"messages": [{"role": "user", "content": [{"type": "text", "text": NEARLY}, {"type": "image"}]}]},
    {"question": [[{"role": "user", "content": NEARLY}]]},
    {"prompt": NEARLY, "completion": "ok"},
    {"goal": NEARLY},
])
def test_every_form_of_row_is_read(row):
    assert [each.kind for each in index(Content(users=(QUESTION,))).overlaps(row)] == ["words"]


@pytest.mark.parametrize("calls", [
    {"role": "assistant", "tool_calls": [{"function": {"name": "mv", "arguments": {"a": 1, "b": 2}}}]},
    {"from": "function_call", "value": '{"name": "mv", "arguments": {"a": 1, "b": 2}}'},
    {"from": "gpt", "value": 'Sure.\n<tool_call>\n{"name": "mv", "arguments": {"b": 2, "a": 1}}\n</tool_call>'},
])
def test_every_form_of_call_is_read(calls):
    (content,) = contents({"messages": [{"role": "user", "content": "x"}, calls]})
    assert content.turns == ((("mv", {"a": 1, "b": 2}),),)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
    st.sampled_from(["messages", "role", "content", "tool_calls", "function", "name", "arguments", "from", "value", "prompt", "tools", "user"]), inner, max_size=4), max_leaves=12))
@settings(max_examples=25, deadline=None)
def test_no_row_is_an_error(thing):
    for row in (thing if isinstance(thing, dict) else {}, {"messages": thing}, {"messages": [thing], "tools": thing}):
        index(Content(users=(QUESTION,))).overlaps(row, thing)
    canonical(value(thing))


WORDS = st.lists(st.sampled_from("red blue green gold dark pale moss rust".split()), min_size=FEWEST_NEAR, max_size=16)


@given(WORDS, WORDS, st.sampled_from([0.3, 0.5, 0.7, 0.9, 1.0]))
@settings(max_examples=60, deadline=None)
def test_words_overlap_exactly_from_the_threshold_on(one, other, near):
    found = index(Content(users=(" ".join(one),)), near=near).overlaps(said(" ".join(other)))
    a, b = shingles(words(" ".join(one))), shingles(words(" ".join(other)))
    similarity = len(a & b) / len(a | b)
    assert all(each.similarity == similarity >= near for each in found), "no false positive"
    if similarity >= near and bands_for(near).recall(similarity) > 1 - 1e-9:
        assert found


@pytest.mark.parametrize("near", [0.3, 0.5, 0.6, 0.8, 0.95, 1.0])
def test_bands_have_the_recall_that_is_promised(near):
    bands = bands_for(near)
    assert bands.recall(near) >= LEAST_RECALL
    assert bands.permutations <= PERMUTATIONS
    assert all(bands.recall(near) <= bands.recall(near + more) + 1e-12 for more in (0.0, (1 - near) / 2, 1 - near))


def test_recall_is_what_the_formula_says():
    """Pairs of sets of similarity 1/2, looked for with few bands, where misses are frequent, and with those that are used."""
    draw = random.Random(7)
    sets = [[f"{number}.{draw.random()}" for _ in range(24)] for number in range(3000)]
    left, right = [each[:18] for each in sets], [each[6:] for each in sets]
    candidates = Candidates(left, 0.5)
    found = sum(number in near for number, near in enumerate(candidates.of(right)))
    assert found / len(sets) >= LEAST_RECALL
    few = Candidates.__new__(Candidates)
    few._rensa, few.bands = candidates._rensa, Bands(20, 4)
    few._index = few._rensa.RMinHashLSH(0.5, 80, 20)
    few._index.insert_many(few._sketches(left))
    share = sum(number in near for number, near in enumerate(few.of(right))) / len(sets)
    assert share == pytest.approx(Bands(20, 4).recall(0.5), abs=0.03)


def test_sketches_are_those_of_the_algorithm_that_is_named():
    """Other numbers mean another algorithm: what is kept and what is verified would no longer be compared alike."""
    candidates = Candidates([["a"]], 1.0)
    assert candidates.algorithm == 2
    (sketch,) = candidates._sketches([["0f", "a1", "77"]])
    assert sketch.digest()[:4] == [3318053786, 3522329122, 3554287564, 3618671098]


@given(st.lists(st.builds(Content, users=st.lists(st.text(max_size=30), max_size=3).map(tuple), state=st.none() | st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
                          turns=st.lists(st.lists(st.tuples(st.text(max_size=4), st.dictionaries(st.text(max_size=3), st.integers(), max_size=3)), max_size=3).map(tuple),
                                         max_size=2).map(tuple)), max_size=4))
@settings(max_examples=40, deadline=None)
def test_an_index_is_the_same_after_it_was_written(tasks):
    own = index(*tasks)
    again = Index.read(json.loads(json.dumps(own.document())))
    assert again == own
    assert again.document() == own.document()


def test_an_index_holds_no_text():
    text = json.dumps(index(Content(users=(QUESTION, DISTANT), turns=((("mv", {"source": "report", "destination": "temp"}),),), state={"root": "secret"})).document())
    assert not any(word in text for word in ("report", "folder", "harbour", "secret", "mv"))


@pytest.mark.parametrize("change", [
    lambda d: d.pop("texts"), lambda d: d.update(format=0), lambda d: d["texts"][0].__setitem__(2, [9]), lambda d: d["texts"][0].__setitem__(1, [99]),
    lambda d: d["tasks"].append([4, "x"]), lambda d: d.update(sources=3), lambda d: d.update(calls={"a": [-1]}),
])
def test_what_is_no_index_is_refused(change):
    document = index(Content(users=(QUESTION,))).document()
    change(document)
    with pytest.raises((LookupError, TypeError, ValueError)):
        Index.read(document)


def read(folder: Path, text: str) -> Benchmark:
    return named(text).read(folder, lambda _: None)


def test_files_are_read(tmp_path):
    (tmp_path / "plain.txt").write_text(f"{QUESTION}\n\n  {DISTANT}\n", encoding="utf-8")
    (tmp_path / "rows.jsonl").write_text("\n".join(map(json.dumps, [{"id": "q", **said(QUESTION)}, {"goal": DISTANT}, {"note": "nothing"}])), encoding="utf-8")
    (tmp_path / "list.json").write_text(json.dumps([{"query": QUESTION}], indent=2), encoding="utf-8")
    assert [(name, task.users) for name, task in read(tmp_path, "plain.txt").tasks] == [("line 1", (QUESTION,)), ("line 3", (DISTANT,))]
    assert [(name, task.users) for name, task in read(tmp_path, "rows.jsonl").tasks] == [("q", (QUESTION,)), ("line 2", (DISTANT,))]
    assert [task.users for _, task in read(tmp_path, "list.json").tasks] == [(QUESTION,)]


@pytest.mark.parametrize(("name", "content", "message"), [
    ("a.jsonl", b'{"goal": "x"}\n{"goal', "line 2 is no JSON"), ("a.jsonl", b"[1, 2]", "no task is in it"), ("a.jsonl", b"7\n", "line 1 is no row"),
    ("a.jsonl", b'{"note": 1}', "no task is in it"), ("a.txt", b"\xff\xfe\x00", "not UTF-8"), ("a.txt", b"", "no task is in it"),
    ("a.jsonl", b"{" * 1000, "is no JSON"), ("b.txt", b"", "there is no such file"),
])
def test_what_is_no_benchmark_is_told(tmp_path, name, content, message):
    (tmp_path / "a.txt" if name == "b.txt" else tmp_path / name).write_bytes(content)
    with pytest.raises(MagnetError) as caught:
        read(tmp_path, name)
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == "MG633"
    assert message in diagnostic.message


def test_misspelt_names_are_told_with_the_nearest(tmp_path):
    with pytest.raises(MagnetError) as caught:
        named("bfcll").check(tmp_path)
    assert caught.value.diagnostics[0].help == "did you mean `bfcl`?"
    with pytest.raises(MagnetError, match="toolquery"):
        named("toolquery").check(tmp_path)


def bfcl_data(folder: Path, version: str, first: str) -> Path:
    """A folder as the package has it, with two tasks."""
    data = folder / "bfcl_eval" / "data"
    (data / "possible_answer").mkdir(parents=True)
    (data / "multi_turn_func_doc").mkdir()
    tasks = [{"id": "multi_turn_base_0", "question": [[{"role": "user", "content": first}], []], "initial_config": {"Files": {"root": {}}}},
             {"id": "multi_turn_base_1", "question": [[{"role": "user", "content": DISTANT}]], "initial_config": {}}]
    answers = [{"id": "multi_turn_base_0", "ground_truth": [["mv('a.txt', destination='b')", "sort('a.txt')"], ["no call"]]}]
    name = f"BFCL_{version}_multi_turn_base.json"
    for path, rows in ((data / name, tasks), (data / "possible_answer" / name, answers)):
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    document = {"name": "mv", "parameters": {"type": "dict", "properties": {"source": {"type": "string"}, "destination": {"type": "string"}}}}
    (data / "multi_turn_func_doc" / "files.json").write_text(json.dumps(document) + "\n", encoding="utf-8")
    return folder


def test_bfcl_is_read_as_the_package_has_it(tmp_path):
    found = read(bfcl_data(tmp_path, "v4", QUESTION), "bfcl=.")
    assert [name for name, _ in found.tasks] == ["multi_turn_base_0 (BFCL_v4)", "multi_turn_base_1 (BFCL_v4)"]
    first = found.tasks[0][1]
    assert first.turns[0][0] == ("mv", {"source": "a.txt", "destination": "b"}), "values without a name are named by the document"
    assert (first.turns[1], first.state) == ((), {"Files": {"root": {}}})
    assert found.tools == {("mv", ("destination", "source"))}
    own = Index.of([found])
    assert own.native([("mv", ("destination", "source")), ("mv", ("to",)), ("cp", ())]) == {"bfcl": {"mv"}}
    (tmp_path / "empty").mkdir()
    with pytest.raises(MagnetError, match="MG633"):
        read(tmp_path, "bfcl=empty")


def test_toolquery_is_read_from_a_folder(tmp_path):
    (tmp_path / "data" / "tool-query").mkdir(parents=True)
    (tmp_path / "data" / "alfworld").mkdir()
    (tmp_path / "data" / "tool-query" / "test.jsonl").write_text(json.dumps({"goal": QUESTION, "additional_info": {"tool": "weather"}}) + "\n", encoding="utf-8")
    (tmp_path / "data" / "alfworld" / "test.jsonl").write_text(json.dumps({"goal": DISTANT}) + "\n", encoding="utf-8")
    tools = {"tool_set_message": [{"name": "loadPaperNet", "parameters": {}}]}
    (tmp_path / "data" / "academia_raw.json").write_text(json.dumps(tools), encoding="utf-8")
    found = read(tmp_path, "toolquery=data")
    assert [task.users for _, task in found.tasks] == [(QUESTION,)]
    assert found.tools == {("loadPaperNet", ())}


@pytest.mark.bfcl
def test_both_versions_of_bfcl_are_there():
    found = read(Path(), "bfcl")
    assert found.version == "2025.6.8, 2026.3.23"
    assert len(found.tasks) == 1600
    own = Index.of([found])
    for version in found.version.split(", "):
        tasks = [task for name, task in found.tasks if name.endswith(f"({version})")]
        assert len(tasks) == 800
        again = [own.overlaps_of([task]) for task in tasks]
        assert all(again), "each is found"
        assert sum(any(f"({version})" in each.task for each in overlaps) for overlaps in again) > 200, "many are others in the other version"
        assert {each.kind for overlaps in again for each in overlaps} == {"words", "calls", "state"}
    assert own.overlaps(said(DISTANT)) == []
    assert {"cd", "mv", "book_flight", "place_order"} <= {name for name, _ in found.tools}
