"""`magnetc lint-data`: each fault is found where it was planted, in whichever form it is written, and nothing else is."""

import json
import re
import zlib
from base64 import b64decode
from pathlib import Path

import pytest
from dataset import TRAVEL, magnetc, rows
from hypothesis import given, settings
from hypothesis import strategies as st

from magnetc.diagnostics import Sink
from magnetc.diagnostics.explain import explain
from magnetc.diagnostics.render import FORMATS
from magnetc.emit.foreign.lines import Line, lines_of, place
from magnetc.emit.report.verdict import verdict
from magnetc.lint.kinds import KINDS
from magnetc.lint.linter import Linter
from magnetc.lint.seen import Seen
from magnetc.lint.shown import fill
from magnetc.source import Excerpt, SourceFile

GOLDEN = Path(__file__).parents[1] / "golden" / "lint"
FENCE = re.compile(r"^```json rows.jsonl\n(.*?)^```$", re.MULTILINE | re.DOTALL)
WHOLE = {"MG842", "MG852", "MG853", "MG860"}
"""Codes that need a tokenizer or a benchmark, or more rows than a page shows."""


def lint(path, *options):
    """What `--format json` says of a file, as (code, line, message)."""
    result = magnetc("lint-data", path, "--format", "json", *options)
    found = json.loads(result.stdout)
    assert result.exit_code == (1 if any(each["severity"] == "error" for each in found) else 0)
    return [(each["code"], each["primary"]["start"]["line"] if each["primary"] else 0, each["message"]) for each in found]


def write(path, written):
    path.write_text("".join((each if isinstance(each, str) else json.dumps(each)) + "\n" for each in written), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def travel(own_home, tmp_path_factory):
    out = tmp_path_factory.mktemp("travel") / "out"
    assert magnetc("build", TRAVEL, "--trust", "--paths", 12, "-o", out).exit_code == 0
    return out


def test_a_fault_of_each_kind_is_found_where_it_was_planted(golden, monkeypatch):
    monkeypatch.chdir(GOLDEN)
    result = magnetc("lint-data", "faulty.jsonl", "--format", "concise")
    assert result.exit_code == 1
    golden(GOLDEN / "faulty.txt", result.stderr + result.stdout)
    found = lint("faulty.jsonl")
    assert [code for code, _, _ in found] == sorted(KINDS.keys() - WHOLE, key=list(by_line := {c: line for c, line, _ in found}).index)
    assert list(by_line.values()) == list(range(2, 2 + len(KINDS) - len(WHOLE)))


@pytest.mark.parametrize("code", [code for code in KINDS if code not in WHOLE])
def test_examples_of_its_page_fail_and_pass(code, tmp_path):
    fails, fixed = FENCE.findall(explain(code))
    assert {found for found, _, _ in lint(write(tmp_path / "fails.jsonl", [fails.rstrip("\n")]))} == {code}
    assert lint(write(tmp_path / "fixed.jsonl", [fixed.rstrip("\n")])) == []


def test_a_build_has_no_errors(travel, library):
    for out in (travel, library):
        result = magnetc("lint-data", out, "--json")
        assert result.exit_code == 0
        found = json.loads(result.stdout)
        assert found["findings"].keys() <= {"MG830", "MG841"}
        built = json.loads((out / "figures.json").read_text())
        assert {key: found[key] for key in ("conversations", "rows", "pairs", "turns", "calls", "files", "operations", "faults")} == {
            key: built[key] for key in ("conversations", "rows", "pairs", "turns", "calls", "files", "operations", "faults")}


def as_sharegpt(row):
    """The same conversation as LLaMA-Factory has it."""
    said = []
    for message in row["messages"]:
        if message.get("tool_calls"):
            calls = [{"name": call["function"]["name"], "arguments": json.loads(call["function"]["arguments"])} for call in message["tool_calls"]]
            said.append({"from": "function_call", "value": json.dumps(calls[0] if len(calls) == 1 else calls)})
        else:
            said.append({"from": {"user": "human", "assistant": "gpt", "tool": "observation", "system": "system"}[message["role"]], "value": message["content"]})
    return {"id": row["id"], "conversations": said, "tools": json.dumps([tool["function"] for tool in json.loads(row["tools"])])}


def as_openai(row):
    """The same with tools as objects; TRL takes arguments as objects too."""
    messages = [{**message, "tool_calls": [{**call, "function": {**call["function"], "arguments": json.loads(call["function"]["arguments"])}}
                                           for call in message["tool_calls"]]} if message.get("tool_calls") else message for message in row["messages"]]
    return {"id": row["id"], "messages": [{k: v for k, v in message.items() if k != "weight"} for message in messages],
            "tools": [tool["function"] for tool in json.loads(row["tools"])]}


def spoilt(row, number):
    """A row with the fault of its number, in what all forms can say."""
    row = json.loads(json.dumps(row))
    for message in row["messages"]:
        message.pop("weight", None)
    called = next((message["tool_calls"][0]["function"] for message in row["messages"] if message.get("tool_calls")), None)
    roles = [message["role"] for message in row["messages"]] + [""]
    at = next((at for at, role in enumerate(roles) if role == "tool" and roles[at + 1] != "tool"), None)
    if called is None or at is None:
        return row
    arguments = json.loads(called["arguments"])
    if number % 6 == 0:
        called["name"] = "make_tea"
    elif number % 6 == 1:
        called["arguments"] = json.dumps({**arguments, "colour": 17.25})
    elif number % 6 == 2 and arguments:
        called["arguments"] = json.dumps(dict.fromkeys(arguments, "Xyzzyplugh"))
    elif number % 6 == 3:
        row["messages"].insert(1, {"role": "user", "content": "Hm."})
    elif number % 6 == 4:
        row["messages"] = row["messages"][:at + 1]
    elif number % 6 == 5:
        row["messages"].insert(at + 1, {"role": "system", "content": "Be brief."})
    return row


def test_forms_with_the_same_content_have_the_same_findings(travel, tmp_path):
    spoiled = [spoilt(row, number) for number, row in enumerate(rows(travel, "sft/train")) if ".miss_func" not in row["id"]]
    for row in spoiled:
        row.pop("certificate"), row.pop("tags")
    found = [lint(write(tmp_path / "rows.jsonl", map(form, spoiled)), "--shown", "500") for form in (dict, as_openai, as_sharegpt)]
    without_ids = [[(code, line, re.sub(" of message.*", "", message)) for code, line, message in each if code != "MG817"] for each in found]
    assert without_ids[0] == without_ids[1] == without_ids[2]
    assert {code for code, _, _ in found[0]} >= {"MG812", "MG813", "MG815", "MG820", "MG823", "MG830"}


def test_what_is_shown_is_bounded_and_what_is_counted_is_not(tmp_path):
    file = write(tmp_path / "rows.jsonl", ["{"] * 30 + [{"messages": []}] * 3)
    assert [code for code, _, _ in lint(file, "--shown", "4")] == ["MG801"] * 4 + ["MG802"] * 3
    told = json.loads(magnetc("lint-data", file, "--shown", "4", "--json").stdout)
    assert {code: (each["times"], each["rows"], each["share"]) for code, each in told["findings"].items()} == {
        "MG801": (30, 30, 30 / 33), "MG802": (3, 3, 3 / 33)}
    assert lint(file, "--ignore", "mg801", "--ignore", "MG802") == []


def test_other_forms_show_the_same(tmp_path):
    file = write(tmp_path / "rows.jsonl", ["[1]", '{"messages": [{"role": "cook", "content": "é"}]}'])
    github = magnetc("lint-data", file, "--format", "github")
    assert re.findall(r"^::(\w+) title=(\w+),file=[^,]*rows.jsonl,line=(\d+)", github.stdout, re.MULTILINE) == [("error", "MG801", "1"), ("error", "MG802", "2")]
    assert "MG801" in github.stderr
    sarif = json.loads(magnetc("lint-data", file, "--format", "sarif").stdout)
    assert [each["ruleId"] for each in sarif["runs"][0]["results"]] == ["MG801", "MG802"]
    text = magnetc("lint-data", file)
    assert '2 | {"messages": [{"role": "cook", "content": "é"}]}' in text.stderr
    assert "^" * len('{"role": "cook", "content": "é"}') in text.stderr
    assert "line is no JSON" in text.stdout


@pytest.mark.parametrize(("arguments", "words"), [
    ([], "Missing argument"), (["nowhere.jsonl"], "does not exist"), (["."], "holds no file that ends in .jsonl"),
    (["rows.jsonl", "--ignore", "MG999"], "there is no code `MG999`"), (["rows.jsonl", "--json", "--format", "github"], "name one")])
def test_wrong_usage_is_told(arguments, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    if "rows.jsonl" in arguments:
        write(tmp_path / "rows.jsonl", [])
    result = magnetc("lint-data", *arguments)
    assert result.exit_code == 2
    assert words in result.stderr


def test_lines_that_are_no_rows_leave_the_others(tmp_path):
    good = {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]}
    file = tmp_path / "rows.jsonl"
    file.write_bytes(b"\xef\xbb\xbf" + json.dumps(good).encode() + b"\r\n\n" + b'{"a": "\xff"}\n' + b'{"a": NaN}\n' + b'{"a": 1e999}\n' + b'{"a": "\\ud800"}\n'
                     + b"[" * 100_000 + b"\n" + json.dumps({"id": 7, **good}).encode())
    found = lint(file)
    assert [(code, line) for code, line, _ in found if code == "MG801"] == [("MG801", line) for line in (3, 4, 5, 6, 7)]
    assert ("MG840", 8, "row `7`: the row is the same as line 1, ids aside") in found
    array = tmp_path / "array.jsonl"
    array.write_text("[\n" + json.dumps(good) + ",\n" + json.dumps(good) + "\n]\n")
    assert [(code, line) for code, line, _ in lint(array)] == [("MG801", 1)]


def test_pairs_that_are_told_apart_unread_and_data_that_repeats_itself(tmp_path):
    user = [{"role": "user", "content": "Will it rain?"}]
    pairs = [{"prompt": [{"role": "user", "content": f"Will it rain on day {number}?"}], "chosen": [{"role": "assistant", "content": "Yes, it will, " * (3 + number % 4)}],
              "rejected": [{"role": "assistant", "content": "No" + "." * (number % 3)}]} for number in range(60)]
    found = {code for code, _, _ in lint(write(tmp_path / "pairs.jsonl", pairs))}
    assert found == {"MG841", "MG852"} | found & {"MG853"}
    talks = [{"messages": [*user, {"role": "assistant", "content": f"Yes, on day {number}."}]} for number in range(60)]
    assert {code for code, _, _ in lint(write(tmp_path / "talks.jsonl", talks))} == {"MG841", "MG853"}


def test_pairs_as_openai_has_them(travel, tmp_path):
    pairs = [json.loads(json.dumps(row)) for row in rows(travel, "preference/")]
    for pair in pairs[::2]:
        pair["chosen"][0]["tool_calls"] = [{"id": "call_x", "type": "function", "function": {"name": "make_tea", "arguments": "{}"}}]
        pair["rejected"] = [*pair["rejected"][:1], {"role": "user", "content": "Hm."}]
    others = [{"id": pair["id"], "input": {"messages": pair["prompt"], "tools": json.loads(pair["tools"])}, "preferred_output": pair["chosen"],
               "non_preferred_output": pair["rejected"]} for pair in pairs]
    found = [lint(write(tmp_path / "pairs.jsonl", each), "--shown", "99", "--ignore", "MG841") for each in (
        [{key: pair[key] for key in ("id", "prompt", "chosen", "rejected", "tools")} for pair in pairs], others)]
    assert found[0] == found[1]
    assert {code for code, _, _ in found[0]} >= {"MG813", "MG820"}


def test_rows_that_overlap_with_a_benchmark(tmp_path):
    pytest.importorskip("rensa")
    rows = [json.loads(each) for each in FENCE.findall(explain("MG860"))]
    file, benchmark = write(tmp_path / "rows.jsonl", rows), tmp_path / "questions.txt"
    benchmark.write_text("Book me the cheapest flight from Oslo to Lima on the third of May.\n")
    (found,) = lint(file, "--against", benchmark)
    assert found[:2] == ("MG860", 1)
    assert "`line 1`" in found[2]
    assert lint(file) == []
    result = magnetc("lint-data", file, "--against", "bfkl")
    assert result.exit_code == 1
    assert "error[MG633]" in result.stderr


def test_the_report_has_the_figures_and_the_findings(travel, tmp_path):
    page = tmp_path / "page.html"
    foreign = write(tmp_path / "rows.jsonl", [as_openai(row) for row in rows(travel, "sft/train")] + ["{"])
    assert magnetc("lint-data", foreign, "--report", page).exit_code == 1
    text = page.read_text(encoding="utf-8")
    assert {"verdict", "findings", "tools", "proofs", "diversity", "lengths", "conversations"} <= set(re.findall(r'<section id="(\w+)"', text))
    assert "line is no JSON" in text
    held = json.loads(zlib.decompress(b64decode(re.search(r'id="packed">([^<]*)<', text)[1])))
    assert len(held["rows"]) == sum(1 for _ in rows(travel, "sft/train"))


CITY = '{"name":"Zürich","booking_id":"BK-1204","price":1350.5,"when":"2026-03-13T07:50"}'


@pytest.mark.parametrize(("text", "value"), [
    ("on March 4", "2026-03-04"), ("le 4 mars", "2026-03-04"), ("3月4日", "2026-03-04"), ("4.3.2026", "2026-03-04"), ("tomorrow", "2026-03-04"), ("Mar 4th", "04/03/2026"),
    ("at 3:30 pm", "15:30"), ("at noon", "12:00"), ("in the 7 o'clock train", "19:00"), ("for two people", 2), ("twenty-five", 25), ("a dozen eggs", 12), ("$1,350.50", 1350.5),
    ("1.350,50 €", 1350.5), ("5 km", 5000), ("7.5%", 0.075), ("for half an hour", 30), ("for 2 hours", 120), ("350 euros", "EUR"), ("£20", "GBP"), ("in French", "fr"),
    ("en Irlande", "Ireland"), ("Édimbourg", "Edinburgh"), ("in the UK", "United Kingdom"), ("new york", "New_York"), ("ann@example.org", "Ann@Example.org"),
    ("Ann Lee of example.org", "ann.lee@example.org"), ("deux", 2), ("hundred and twenty", 120), ("order 1204", "BK-1204"), ("cities with airports", "airport city"), (CITY, "Zurich"),
    (CITY, "BK1204"), (CITY, 1350.5), (CITY, "2026-03-13"), (CITY, 1350), ("call (415) 555-0100", "+14155550100"), ("x", ""), ("x", "-"), ("nothing", 1), ("nothing", 0), ("none", True)])
def test_values_are_found_in_their_forms(text, value):
    seen = Seen()
    seen.add(text)
    assert not seen.lacks(value)


@pytest.mark.parametrize("value", ["Bergen", "2026-08-11", "BQF18N", 4711, 0.333, "ann@nowhere.net", "21:45", "+4915112345678", "NOK", "Oslo Central", -17])
def test_values_that_stand_nowhere(value):
    seen = Seen()
    seen.add(f"Will it rain in Zürich on March 4 at 3:30 pm, for 2 people, with {CITY}?")
    assert seen.lacks(value)


words = st.sampled_from(["messages", "role", "content", "user", "assistant", "tool", "tool_calls", "function", "name", "arguments", "tools", "from", "value", "conversations", "gpt",
                         "chosen", "rejected", "prompt", "completion", "id", "tool_call_id", "{}", '{"a": NaN}', "<tool_call>\n{", "parameters", "properties", "type", "object",
                         "enum", "required", "pattern", "(", "$ref", "#/x", "weight", "tags", "certificate", "fault", "kind", "system", "2026-02-31", "99:99", "1e9", "\ud800"])
anything = st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | words | st.text(max_size=6),
                        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words | st.text(max_size=4), inner, max_size=5), max_leaves=25)
roles = st.sampled_from(["user", "assistant", "tool", "system", "human", "gpt", "function_call", "observation", "?"])
function = st.fixed_dictionaries({"name": words}, optional={"arguments": words | anything, "parameters": anything, "description": words})
message = st.fixed_dictionaries({}, optional={
    "role": roles, "from": roles, "content": words | anything, "value": words, "tool_calls": st.lists(st.fixed_dictionaries({}, optional={
        "id": words, "function": function | anything}), max_size=3) | anything, "tool_call_id": words, "weight": anything, "function_call": function})
side = st.lists(message | anything, max_size=5) | anything
row = st.fixed_dictionaries({}, optional={
    "messages": side, "conversations": side, "prompt": side, "chosen": side, "rejected": side, "completion": side, "system": words, "id": words | anything,
    "tools": st.lists(function | st.fixed_dictionaries({"function": function}), max_size=3) | anything, "tags": anything, "fault": anything, "certificate": anything})


@settings(max_examples=150, deadline=None)
@given(st.lists(row | anything | st.text(max_size=30), min_size=1, max_size=3))
def test_no_line_whatever_it_holds_raises(tmp_path_factory, written):
    file = tmp_path_factory.getbasetemp() / "fuzzed.jsonl"
    file.write_text("\n".join(each if isinstance(each, str) else json.dumps(each) for each in written), encoding="utf-8", errors="replace")
    linter, sink = Linter(9, embedding=True), Sink()
    for line in lines_of(file):
        linter.add("fuzzed.jsonl", "fuzzed.jsonl", line)
    linter.finish()
    fill(sink, linter)
    linter.embedded.packed()
    assert isinstance(verdict(linter.figures("fuzzed")), tuple)
    assert len(json.loads(FORMATS["json"](sink))) == len(linter.findings)
    assert FORMATS["full"](sink).count("-->") == sum(finding.line is not None for finding in linter.findings)


@settings(max_examples=60, deadline=None)
@given(st.data(), st.dictionaries(st.text(max_size=3), st.recursive(st.integers() | st.text(max_size=3), lambda inner: st.lists(
    inner, max_size=3) | st.dictionaries(st.text("a/~é", max_size=2), inner, max_size=3), max_leaves=8), max_size=3))
def test_a_place_is_where_the_value_stands(data, value):
    text = json.dumps(value, ensure_ascii=data.draw(st.booleans()), indent=data.draw(st.sampled_from([None, 1])))
    node, pointer = value, ""
    while isinstance(node, (dict, list)) and node and data.draw(st.booleans()):
        key = data.draw(st.sampled_from(sorted(node) if isinstance(node, dict) else range(len(node))))
        node, pointer = node[key], f"{pointer}/{str(key).replace('~', '~0').replace('/', '~1')}"
    start, end = place(text, pointer)
    assert json.loads(text[start:end]) == node


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(st.characters(exclude_characters="\n\r"), max_size=12), min_size=1, max_size=8), st.data())
def test_an_excerpt_answers_as_the_file_does(lines, data):
    whole, part = SourceFile("f", "\n".join(lines)), Excerpt("f")
    numbers = data.draw(st.sets(st.integers(1, len(lines)), min_size=1))
    for number in sorted(numbers):
        part.keep(number, whole.line_starts[number - 1], lines[number - 1])
    number = data.draw(st.sampled_from(sorted(numbers)))
    offset = whole.line_starts[number - 1] + data.draw(st.integers(0, len(lines[number - 1])))
    assert part.position(offset) == whole.position(offset)
    assert part.bounds(number) == whole.bounds(number)
    assert part.line(number) == whole.line(number)
    assert part.size >= offset


def test_memory_keeps_no_rows():
    linter = Linter(0)
    line = Line(number=1, start=0, text="{}", row={"messages": [{"role": "user", "content": "Hi"}]})
    linter.add("f", "f", line)
    assert linter.findings == []
    assert {found.code for found in linter.found} == {"MG814"}
