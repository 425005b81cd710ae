"""Messages of a row become what templates take, and can be traced back."""

from magnetc.models.prepare import Demands, prepare


def call(id, name="f", arguments='{"a":1}'):
    return {"id": id, "type": "function", "function": {"name": name, "arguments": arguments}}


def result(id):
    return {"role": "tool", "tool_call_id": id, "name": "f", "content": id}


TALK = [
    {"role": "user", "content": "Hi"},
    {"role": "assistant", "content": "", "tool_calls": [call("call_1"), call("call_2")], "weight": 1, "credit": 0},
    result("call_1"),
    result("call_2"),
    {"role": "assistant", "content": "Done", "weight": 0, "tool_calls": None},
]


def test_our_keys_go_and_arguments_are_objects():
    prepared = prepare(TALK, Demands())
    assert prepared.origins == (0, 1, 2, 3, 4)
    assert prepared.messages[4] == {"role": "assistant", "content": "Done"}
    assert prepared.messages[1]["tool_calls"][0]["function"] == {"name": "f", "arguments": {"a": 1}}
    assert set(prepared.messages[1]) == {"role", "content", "tool_calls"}
    assert TALK[1]["tool_calls"][0]["function"]["arguments"] == '{"a":1}'


def test_arguments_that_are_no_object_stay_text():
    for text in ("{", "[1]", "", "[" * 100_000):
        message = {"role": "assistant", "tool_calls": [call("c", arguments=text)]}
        (made,) = prepare([message], Demands()).messages
        assert made["content"] == ""
        assert made["tool_calls"][0]["function"]["arguments"] == text


def test_one_call_at_once_is_followed_by_its_result():
    prepared = prepare(TALK, Demands(one_call=True))
    assert prepared.origins == (0, 1, 2, 1, 3, 4)
    assert [m.get("tool_call_id") or [c["id"] for c in m.get("tool_calls", [])] for m in prepared.messages] == [
        [], ["call_1"], "call_1", ["call_2"], "call_2", []]


def test_results_in_another_order_or_missing_lose_nothing():
    prepared = prepare([TALK[1], TALK[3], result("call_9")], Demands(one_call=True))
    assert prepared.origins == (0, 0, 1, 2)
    assert prepare([TALK[1]], Demands(one_call=True)).origins == (0, 0)


def test_short_ids_are_numbered_by_appearance():
    prepared = prepare(TALK, Demands(short_ids=True))
    ids = [c["id"] for c in prepared.messages[1]["tool_calls"]]
    assert ids == [m["tool_call_id"] for m in prepared.messages[2:4]] == ["call00000", "call00001"]
    assert all(len(id) == 9 and id.isalnum() for id in ids)
