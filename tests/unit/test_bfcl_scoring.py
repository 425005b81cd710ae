"""What of `magnetc eval bfcl` needs no package: dialogues, files of results, figures, what may be evaluated, and how long it takes."""

import json
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import magnetc.eval.bfcl.inside
from magnetc.agent.policy import Action
from magnetc.cli.eval.bfcl import shown
from magnetc.diagnostics import MagnetError
from magnetc.eval.bfcl.dialogue import Dialogue, has_calls
from magnetc.eval.bfcl.entries import Entry
from magnetc.eval.bfcl.evaluate import HANDLERS, parser_of
from magnetc.eval.bfcl.figures import figures
from magnetc.eval.bfcl.folder import ResultFolder
from magnetc.eval.bfcl.verdicts import Verdict
from magnetc.models.dialects import DIALECTS, HERMES

sys.path.insert(0, str(Path(magnetc.eval.bfcl.inside.__file__).parent))
from harmless import is_harmless, refusal

sys.path.pop(0)

RESTORED = "More tools."
ENTRY = Entry(id="multi_turn_miss_func_7", category="multi_turn_miss_func", classes=("GorillaFileSystem",), config={"GorillaFileSystem": {}},
              turns=(({"role": "user", "content": "Sort it."},), (), ({"role": "user", "content": "And list."},)),
              tools=('{"name":"ls"}',), withheld={1: ('{"name":"sort"}',)}, truth_calls=((), (("sort", {"file_name": "f"}),), (("ls", {}),)))
LS = Action(content="Look.", calls=(("ls", {"a": True}), ("ls", {})))


def dialogue(entry=ENTRY, limit=2):
    return Dialogue(entry, limit, RESTORED)


def test_a_dialogue_is_shown_what_the_package_shows():
    talk = dialogue()
    assert talk.take(Action(content="I cannot.")) is False
    request = talk.request()
    assert [message["content"] for message in request.messages] == ["Sort it.", "I cannot.", RESTORED]
    assert request.tools == '[{"name":"ls"},{"name":"sort"}]'
    assert dialogue().request().tools == '[{"name":"ls"}]'
    assert talk.take(LS) is True
    talk.finish(["f", "g"])
    call, first, second = talk.request().messages[-3:]
    assert [each["id"] for each in call["tool_calls"]] == [first["tool_call_id"], second["tool_call_id"]] == ["call_1", "call_2"]
    assert (first["content"], second["name"]) == ("f", "ls")
    for action in (Action(content="Done."), Action(content="Bye.")):
        assert not talk.over
        talk.take(action)
    assert talk.over
    assert talk.line["result"] == [["I cannot."], [[{"ls": '{"a": true}'}, {"ls": "{}"}], "Done."], ["Bye."]]
    assert talk.steps == [[["ls", '{"a": true}'], ["ls", "{}"]]]
    assert ENTRY.messages == 5


def test_a_model_that_calls_on_and_on_is_forced_to_quit():
    talk = dialogue()
    for _ in range(3):
        assert talk.take(LS)
        assert not talk.over
        talk.finish(["f", "g"])
    assert talk.over
    assert talk.line["magnetc"]["forced"]
    assert [len(turn) for turn in talk.line["result"]] == [3]


def test_a_call_that_never_ends_leaves_no_whole_result():
    talk = dialogue()
    for action in (Action(content="a"), Action(content="b"), LS):
        talk.take(action)
    talk.finish(None)
    assert talk.over
    assert talk.line["result"] == [["a"], ["b"]]


def test_messages_that_say_nothing_are_counted():
    talk = dialogue()
    talk.take(Action())
    talk.take(Action(reasoning="Well."))
    assert talk.line["magnetc"]["empty"] == 1
    found = figures([verdict(0, empty=2)])
    assert "2 messages are empty" in shown({"model": "m", "package": "p", "result": "r", "parser": parser_of([], ""), **found})


def test_calls_that_cannot_be_read_end_a_turn_as_words():
    talk = dialogue()
    assert talk.take(Action(content="Look:", malformed='<tool_call>{"name"')) is False
    assert talk.line["result"][0] == ['Look:\n<tool_call>{"name"']
    assert talk.take(Action(calls=LS.calls, malformed="<tool_call>x", text="…<tool_call>x")) is True
    talk.finish(["f", "g"])
    server = dialogue()
    assert server.take(Action(content="Look:", calls=LS.calls, malformed="ls {")) is False
    assert server.line["result"][0] == ["Look:\nls {"]
    talk.take(Action(content='<tool_call>\n{"name": "ls", "arguments": {}}\n</tool_call>'))
    assert talk.line["magnetc"]["malformed"] == ['<tool_call>{"name"', "<tool_call>x"]
    assert len(talk.line["magnetc"]["unread"]) == 1


def test_of_one_turn_nothing_is_executed():
    entry = Entry(id="simple_python_0", category="simple_python", turns=(({"role": "system", "content": "s"}, {"role": "user", "content": "q"}),), tools=("{}",))
    talk = dialogue(entry)
    assert talk.take(LS) is False
    assert talk.over
    assert talk.line["result"] == [{"ls": '{"a": true}'}, {"ls": "{}"}]
    said = dialogue(entry)
    said.take(Action(content="No tool does that."))
    assert said.line["result"] == "No tool does that."
    assert entry.messages == 1


@settings(max_examples=40)
@given(st.lists(st.one_of(st.just(LS), st.builds(Action, content=st.text(max_size=9), malformed=st.text(max_size=5), text=st.text(max_size=9))), max_size=12),
       st.booleans())
def test_any_dialogue_ends_and_can_be_written(actions, lost):
    talk = dialogue()
    for action in actions:
        if talk.over:
            break
        if talk.take(action):
            talk.finish(None if lost else ["x", "\ud800"])
    line = talk.line
    assert len(line["result"]) <= len(ENTRY.turns)
    assert sum(len(turn) for turn in line["result"]) <= talk.line["magnetc"]["messages"]
    if talk.over and not talk.forced:
        assert len(line["result"]) == len(ENTRY.turns)


def test_calls_in_the_words_of_a_server_are_seen():
    assert has_calls('{"name": "ls", "parameters": {}}')
    assert has_calls("<tool_call>{")
    assert not has_calls('{"answer": 3}')
    assert not has_calls("I would call ls(a=True).")


TOOLS = frozenset(["ls", "cd"])


class Executor:
    """Stands for the package's module: `copy` is a name in it."""

    copy = secret_instance = None


def harmless(text):
    return is_harmless(text, TOOLS, Executor)


@pytest.mark.parametrize("text", ["ls()", "ls(a=True)", "cd('x')", "foo(a=[1, {'b': -2}])", "fs.ls(a=1)"])
def test_calls_of_tools_and_of_names_that_nothing_has_are_harmless(text):
    assert harmless(text)


@pytest.mark.parametrize("text", [
    "open('x', 'w')", "open('x').close()", "print(1)", "copy.copy(1)", "secret_instance.steal()", "ls(a=open('x'))", "ls().x()", "ls.x()", "(lambda: 1)()",
    "__import__('os').abort()", "ls() or open('x')", "ls(", "", "ls(a=nan)", "foo()()", "foo[0]()", "x" * 9 + "(" * 300])
def test_what_else_python_would_do_is_not(text):
    assert not harmless(text)
    assert refusal(text, TOOLS).startswith("Error during execution: ")


def test_a_model_is_told_what_python_says():
    assert refusal("ls(a=nan)", TOOLS) == "Error during execution: name 'nan' is not defined"
    assert refusal("open('x')", TOOLS) == "Error during execution: name 'open' is not defined"
    assert refusal("ls(not an=1)", TOOLS).endswith("(<string>, line 1)")
    assert refusal("ls().x()", TOOLS) == "Error during execution: its arguments are no values"


@given(st.recursive(st.sampled_from(["ls", "open", "foo", "1", "'x'", "None", "copy", "__import__"]),
                    lambda inner: st.one_of(st.builds("{}({})".format, inner, inner), st.builds("{}.{}".format, inner, inner), st.builds("{}(a={})".format, inner, inner),
                                            st.builds("[{}, {}]".format, inner, inner), st.builds("{} if {} else 2".format, inner, inner)), max_leaves=6))
def test_nothing_that_runs_without_a_tool_is_harmless(text):
    """A harmless text that calls no tool fails for want of a name, whatever else Python has."""
    if harmless(text) and not text.startswith(("ls(", "cd(")):
        with pytest.raises(NameError):
            eval(text, {"copy": json, "secret_instance": json})


FILES = {"multi_turn_base": "multi_turn/BFCL_v4_multi_turn_base_result.json"}


def results(folder, fresh=False, **run):
    return ResultFolder(folder, "m-FC", FILES, {"model": "m", **run}, fresh=fresh)


def line(number):
    return {"id": f"multi_turn_base_{number}", "result": [], "magnetc": {}}


def test_results_go_on_where_they_stopped_and_are_of_one_model(tmp_path):
    folder = results(tmp_path / "out")
    for number in (10, 2, 1):
        folder.add("multi_turn_base", line(number))
    path = tmp_path / "out" / "result" / "m-FC" / FILES["multi_turn_base"]
    with path.open("a", encoding="utf-8") as file:
        file.write('{"id": "multi_turn_base_3", "res')
    again = results(tmp_path / "out")
    again.mend("multi_turn_base")
    assert [json.loads(each)["id"].rpartition("_")[2] for each in path.read_text(encoding="utf-8").splitlines()] == ["1", "2", "10"]
    with pytest.raises(MagnetError) as caught:
        results(tmp_path / "out", tokens=9)
    (diagnostic,) = caught.value.diagnostics
    assert (diagnostic.code, diagnostic.notes) == ("MG704", ("tokens: null there, 9 here",))
    assert results(tmp_path / "out", fresh=True, tokens=9).lines("multi_turn_base") == {}


def verdict(number, **found):
    return Verdict(id=f"c_{number}", category="c", **{"official": True, "silent": True} | found)


def test_figures_tell_the_format_from_the_calls():
    wrong = {"official": False, "error_type": "multi_turn:instance_state_mismatch", "read": 3}
    verdicts = [verdict(0), verdict(1, silent=False, error_type="irrelevance"), verdict(2, **wrong), verdict(3, **wrong, disagreements=(("t", ()),)),
                verdict(4, malformed=1), verdict(5, unread=1, **wrong)]
    found = figures(verdicts, {"c_0": ["words"], "c_2": ["words", "calls"]})
    every = found["all"]
    assert (every["official"]["passed"], every["strict"]["passed"]) == (3, 1)
    assert every["errors"] == {"format: a call that the server left in the words": 1, "format: read otherwise by the package's handler": 1,
                               "multi_turn:instance_state_mismatch": 1}
    assert every["strict_errors"] == {"format: a call that cannot be read": 1, "irrelevance": 1}
    assert every["overlapping"] == {"entries": 2, "calls": 1, "words": 2}
    assert every["without_overlap"]["official"]["passed"] == 2
    assert found["categories"]["c"] == every
    report = {"model": "m", "package": "bfcl-eval==1", "result": "result/m", "parser": parser_of(verdicts, HERMES.name), "data": {"rows": 5}, **found}
    text = shown(report)
    assert "50.0% [18.8%, 81.2%]" in text
    assert "QwenFCHandler reads 1 of 9 texts otherwise" in text
    assert "read by the server" in shown(report | {"parser": parser_of(verdicts, "")})
    assert "–" in shown(report | figures(verdicts[:1], {"c_0": ["words"]}))
    assert HANDLERS.keys() == {dialect.name for dialect in DIALECTS}
