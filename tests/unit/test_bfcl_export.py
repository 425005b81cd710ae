"""The BFCL form of a conversation."""

import ast
import json

import pytest

from magnetc.diagnostics import MagnetError
from magnetc.emit.exports.bfcl import call_text, check_literals, to_bfcl


def call(name, **arguments):
    return {"id": "call_1", "type": "function", "function": {"name": name, "arguments": json.dumps(arguments)}}


CONVERSATION = [
    {"role": "system", "content": "The date is Monday."},
    {"role": "user", "content": "What is in notes?"},
    {"role": "assistant", "content": "", "tool_calls": [call("cd", folder="notes")]},
    {"role": "tool", "tool_call_id": "call_1", "content": '{"current_working_directory":"notes"}'},
    {"role": "assistant", "content": "", "tool_calls": [call("ls"), call("pwd")]},
    {"role": "tool", "tool_call_id": "call_2", "content": '{"current_directory_content":[]}'},
    {"role": "tool", "tool_call_id": "call_3", "content": '{"current_working_directory":"/a/notes"}'},
    {"role": "assistant", "content": "Nothing."},
    {"role": "user", "content": "Delete draft.md."},
    {"role": "assistant", "content": "I can't delete files."},
    {"role": "user", "content": "You can now."},
    {"role": "assistant", "content": "", "tool_calls": [call("rm", file_name="draft.md")]},
    {"role": "tool", "tool_call_id": "call_4", "content": '{"result":"gone"}'},
]


def test_turns_steps_and_calls():
    entry = to_bfcl("multi_turn_base_7", CONVERSATION, {"Files": {"root": {}}, "Other": {}}, ["Files"], {"2": ["rm"]})
    assert entry["question"] == {
        "id": "multi_turn_base_7",
        "question": [
            [{"role": "system", "content": "The date is Monday."}, {"role": "user", "content": "What is in notes?"}],
            [{"role": "user", "content": "Delete draft.md."}],
            [],
        ],
        "initial_config": {"Files": {"root": {}}},
        "involved_classes": ["Files"],
        "missed_function": {"2": ["rm"]},
    }
    assert entry["answer"] == {"id": "multi_turn_base_7",
                               "ground_truth": [["cd(folder='notes')", "ls()", "pwd()"], [], ["rm(file_name='draft.md')"]]}
    assert entry["decoded"] == [[["cd(folder='notes')"], ["ls()", "pwd()"]], [], [["rm(file_name='draft.md')"]]]
    assert [[len(step) for step in turn] for turn in entry["results"]] == [[1, 2], [], [1]]


def test_tools_that_are_never_offered_are_excluded():
    entry = to_bfcl("multi_turn_base_7", CONVERSATION, {}, ["Files"], excluded_function=["mv", "cp"])
    assert entry["question"]["excluded_function"] == ["mv", "cp"]
    assert "excluded_function" not in to_bfcl("multi_turn_base_7", CONVERSATION, {}, ["Files"])["question"]


@pytest.mark.parametrize("arguments", [
    {"text": "it's \"quoted\"\nand broken\\"}, {"text": "née Zoë 東京"}, {"on": True, "no": None, "n": -1, "x": 0.5},
    {"deep": {"list": [1, {"a": "b"}]}}, {},
])
def test_a_call_reads_back_as_python(arguments):
    read = ast.parse(call_text({"name": "send", "arguments": json.dumps(arguments)}), mode="eval").body
    assert not read.args
    assert {keyword.arg: ast.literal_eval(keyword.value) for keyword in read.keywords} == arguments


@pytest.mark.parametrize(("conversation_id", "messages"), [
    ("base", CONVERSATION),
    ("base_1", CONVERSATION[:1]),
    ("base_1", [CONVERSATION[2], *CONVERSATION]),
    ("base_1", [CONVERSATION[1], CONVERSATION[3]]),
    ("base_1", [CONVERSATION[1], {"role": "assistant", "tool_calls": [call("run")]}]),
])
def test_what_has_no_form_is_told(conversation_id, messages):
    with pytest.raises(MagnetError, match="MG610"):
        to_bfcl(conversation_id, messages, {}, ["Files"])


def test_a_missed_function_needs_its_turn():
    with pytest.raises(MagnetError, match="MG610"):
        to_bfcl("base_1", CONVERSATION, {}, ["Files"], {"3": ["rm"]})


@pytest.mark.parametrize(("text", "is_hazard"), [
    ("please sort (things) first", True), ("sort(", True), ("resort (x)", False), ("sort things", False), ("(sort)", False),
])
def test_texts_that_look_like_calls(text, is_hazard):
    messages = [{"role": "assistant", "tool_calls": [call("echo", content=text)]}]
    found = check_literals(messages, ["sort", "echo"])
    assert (found is not None and found.code == "MG611") is is_hazard
    nested = [{"role": "assistant", "tool_calls": [call("echo", lines=[{"text": text}])]}]
    assert (check_literals(nested, ["sort"]) is not None) is is_hazard
