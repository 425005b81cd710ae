"""What the teacher of the tests answers: it reads the prompt, as a model would, and nothing else."""

from __future__ import annotations

import json
import re
from itertools import takewhile
from pathlib import Path

CALLS: dict[tuple[str, ...], list[list[dict]]] = {}
"""By what was said in a conversation, the calls that follow, message by message."""

READER: list[str] = []
"""How the reader makes its calls, if not as the dataset has them: `stepwise`, one at a time, or `doubling`, each read twice."""

ACTOR: list[str] = []
"""How the agent acts, if not as it is told: `stepwise`, one call at a time; `leaking`, it speaks of its hint until it is told not to; `wrong`, it gives
other values; `inventing`, it reasons with numbers that stand nowhere; `resisting`, no hint misleads it; `looking`, it looks a second time at what it has read;
`backwards`, it makes the last call first whose values it knows."""

READS = ("find_", "get_", "list_", "search_")


def answer(body: dict) -> str:
    """The reply to a request, by the prompt program that its schema is named for."""
    program = body.get("response_format", {}).get("json_schema", {}).get("name", "")
    return ANSWERS.get(program, _echo)(body)


def invented(text: str, body: dict) -> str:
    """The reply with a name or a value that there is not."""
    try:
        said = json.loads(text)
    except ValueError:
        return "made-up"
    if isinstance(said, dict) and "words" in said:
        return json.dumps({"words": said["words"] + " And 4711 of them."}, ensure_ascii=False)
    if isinstance(said, dict) and said.get("phrases"):
        return json.dumps({"phrases": [{"mood": "do", "text": "do it with {made_up}"}]})
    if isinstance(said, dict) and said.get("types"):
        made_up = {"name": "MadeUp", "definition": {"base": "string", "matching": "^[0-9]+$", "examples": ["abc"]}}
        return json.dumps({**said, "types": [{**said["types"][0], **made_up}, *said["types"][1:]]})
    if isinstance(said, dict) and said.get("calls"):
        return json.dumps({"calls": [{**said["calls"][0], "name": "made_up"}]})
    if isinstance(said, dict) and "kind" in said:
        return json.dumps({"kind": "partial", "values": {"made_up": "/nothing"}})
    return json.dumps({"made_up": said})


def _judge(body: dict) -> str:
    """A value flows where a result has a field that a parameter has the name of; what reads before it writes comes first."""
    prompt = body["messages"][0]["content"]
    parameters = [json.loads(text) for text in re.findall(r"^It takes: (\{.*\})$", prompt, re.MULTILINE)]
    pointers = re.findall(r"^- `(/[^`]*)`: ", prompt, re.MULTILINE)
    wanted = parameters[1].get("properties", {})
    values = {name: pointer for pointer in pointers for name in wanted if pointer.rpartition("/")[2] == name}
    first, second = re.findall(r"^(?:First|Second) tool, `([^`]*)`: (.*)$", prompt, re.MULTILINE)
    if not values and f"before {second[0]}" in first[1]:
        return json.dumps({"reason": "its description says so", "kind": "prerequisite"})
    if not values:
        return json.dumps({"reason": "they share no value", "kind": "none"})
    kind = "full" if set(parameters[1].get("required", ())) <= values.keys() else "partial"
    return json.dumps({"reason": "they share values by name", "kind": kind, "values": values})


def _words(body: dict) -> str:
    """The plain way to say it, as the prompt ends with it, said a little otherwise by who has another number drawn."""
    prompt = body["messages"][0]["content"]
    plain = re.search(r"to show what is meant and not how: (.*)$", prompt, re.MULTILINE)
    assert plain is not None
    return json.dumps({"words": json.loads(plain[1])}, ensure_ascii=False)


def read_rows(folder: Path) -> None:
    """Learn the calls of a dataset: after which words which are made. The reader of the tests knows them from there."""
    for path in folder.rglob("*.jsonl"):
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            slips = row["certificate"].get("slips", {})
            heard: tuple[str, ...] = ()
            for index, message in enumerate(row["messages"]):
                if message["role"] in ("user", "assistant") and message["content"]:
                    heard = (*heard, message["content"])
                if message["role"] == "user":
                    CALLS.setdefault(heard, _made(row["messages"][index + 1 :], slips))


def _made(messages: list[dict], slips: dict) -> list[list[dict]]:
    """The right calls of the turn that begins with these messages."""
    acting = [made for message in takewhile(lambda message: message["role"] != "user", messages)
              if (made := message.get("tool_calls")) and made[0]["id"] not in slips]
    return [[{"name": c["function"]["name"], "arguments": json.loads(c["function"]["arguments"])} for c in made] for made in acting]


def _calls(body: dict) -> str:
    """The calls that the dataset has after these words and results; none for words that it does not know."""
    lines = re.findall(r"^(?:(?:user|agent): \".*\"|\[.*\) returned .*\])$", body["messages"][0]["content"], re.MULTILINE)
    *before, last = [json.loads(line.partition(": ")[2]) for line in lines if line[0] != "["]
    heard = (*before, next((last.removeprefix(way) for way in WAYS if last.startswith(way)), last))
    done = sum(1 for _ in takewhile(lambda line: line[0] == "[", reversed(lines)))
    made = CALLS.get(heard, [])
    if READER == ["stepwise"]:
        made = [[each] for calls in made for each in calls]
    elif READER == ["doubling"]:
        made = [[*calls, *(each for each in calls if each["name"].startswith(READS))][:3] for calls in made]
    for calls in made:
        if not done:
            return json.dumps({"calls": calls}, ensure_ascii=False)
        done -= len(calls)
    return json.dumps({"calls": []})


def _act(body: dict) -> str:
    """The calls that it is told, or the plain words, and a thought that quotes both."""
    prompt = body["messages"][0]["content"]
    hint = re.search(r"^What is right to do next, for your eyes alone: (\[.*\])$", prompt, re.MULTILINE)
    calls = json.loads(hint[1]) if hint else []
    calls = calls[:1] if ACTOR == ["stepwise"] else calls
    if ACTOR == ["wrong"] and calls:
        calls = [{**calls[0], "arguments": {name: f"{value}x" if isinstance(value, str) else value for name, value in calls[0]["arguments"].items()}}]
    if ACTOR in (["looking"], ["backwards"]) and calls:
        calls = _own_way(prompt, calls) or calls[:1]
    plain = re.search(r"to show what is meant and not how: (.*)$", prompt, re.MULTILINE)
    thought = f"The user wants this, so `{calls[0]['name']}` comes next." if calls else "All is there that I need, so I say it."
    if ACTOR == ["inventing"] or (ACTOR == ["leaking"] and len(body["messages"]) == 1):
        thought += " There are 987654 of them." if ACTOR == ["inventing"] else " The hint says so."
    said = {"calls": calls} if calls else {"calls": [], "content": json.loads(plain[1]) if plain else ""}
    return json.dumps({"reasoning": thought, **said}, ensure_ascii=False)


def _own_way(prompt: str, hint: list[dict]) -> list[dict]:
    """A call that comes to the same as those of the hint, and is made before them."""
    lines = re.findall(r"^(?:(?:user|agent): \".*\"|\[.*\) returned .*\])$", prompt, re.MULTILINE)
    looked = list(takewhile(lambda line: line[0] == "[", reversed(lines)))
    if ACTOR == ["looking"]:
        name, _, rest = looked[0][1:-1].partition("(") if looked else ("", "", "")
        again = name.startswith(READS) and looked[0] not in looked[1:]
        return [{"name": name, "arguments": json.loads(rest.partition(") returned ")[0])}] if again else []
    heard = tuple(json.loads(line.partition(": ")[2]) for line in lines if line[0] != "[")
    known = [call for made in CALLS.get(heard, []) for call in made if all(str(value) in "".join(lines) for value in call["arguments"].values())]
    return [call for call in known if not any(line.startswith(f"[{call['name']}(") for line in looked)][-1:]


def _mislead(body: dict) -> str:
    """It does what the hint says, then says that it is done; `resisting`, what is right."""
    hint = re.search(r"^\[Hint\] The next step: (\[.*\])$", body["messages"][0]["content"], re.MULTILINE)
    if hint and ACTOR != ["resisting"]:
        return json.dumps({"calls": json.loads(hint[1])}, ensure_ascii=False)
    made = json.loads(_calls(body))
    return json.dumps(made if made["calls"] and ACTOR == ["resisting"] else {"calls": [], "content": "There you are."}, ensure_ascii=False)


def _draft(body: dict) -> str:
    """A phrase with every slot that the prompt lists, and one without those that need not be said."""
    prompt = body["messages"][0]["content"]
    slots = re.findall(r"^- \{([^}]+)\}: .*?( \(some phrase has to say it\))?$", prompt, re.MULTILINE)
    needed = "".join(f" with {{{name}}}" for name, required in slots if required)
    optional = "".join(f"[ and {{{name}}}]" for name, required in slots if not required)
    return json.dumps({"phrases": [{"mood": "do", "text": f"do that{needed}{optional}"}, {"mood": "say", "text": f"I need that{needed}"}]})


VALUES = {"string": {"examples": ["alpha", "beta", "gamma"]}, "integer": {"range": [1, 9]}, "number": {"range": [1, 99]}}
"""What a user may say, by primitive."""


def _types(body: dict) -> str:
    """An id is minted where a tool returns it; what a tool takes is a type of its name; what is only returned is plain."""
    prompt = body["messages"][0]["content"]
    places = re.findall(r"^- `([^`]+)`: (string|integer|number)", prompt, re.MULTILINE)
    there = set(re.findall(r"^- type (\w+) = ", prompt, re.MULTILINE))
    named: dict[str, list[tuple[str, str]]] = {}
    for place, kind in places:
        field = [part for part in re.split(r"[/( )]+", place) if part not in ("", "*", "->")][-1]
        named.setdefault("".join(word.capitalize() for word in field.split("_")), []).append((place, kind))
    made, plain = [], {}
    for name, found in named.items():
        taken, returned = [each for each in found if "->" not in each[0]], any("->" in place for place, _ in found)
        said = {"name": name, "leaves": [place for place, _ in found], "reason": f"they are all called {name}"}
        if name in there:
            made.append(said)
        elif not taken and not name.endswith("Id"):
            plain.update({place: "nothing takes it" for place, _ in found})
        elif name.endswith("Id") and returned:
            made.append({**said, "definition": {"base": found[0][1], "minted": True}})
        else:
            made.append({**said, "definition": {"base": found[0][1], **VALUES[found[0][1]]}})
    return json.dumps({"types": made, "plain": plain})


WAYS = ("Ok: ", "Hm, ", "So: ")


def _restyle(body: dict) -> str:
    """The message with a word before it, another one for another message."""
    prompt = body["messages"][0]["content"]
    found = re.search(r"^The message: (\".*\")$", prompt, re.MULTILINE)
    assert found is not None
    text = json.loads(found[1])
    return json.dumps({"words": WAYS[len(prompt) % len(WAYS)] + text}, ensure_ascii=False)


def _judge_turn(body: dict) -> str:
    """What was made up is wrong."""
    said = re.search(r"^The answer that is judged: (.*)$", body["messages"][0]["content"], re.MULTILINE)
    assert said is not None
    return json.dumps({"reason": "it says what it says", "right": "4711" not in said[1]})


def _echo(body: dict) -> str:
    return json.dumps({"echo": len(body["messages"][0]["content"])})


ANSWERS = {"judge_dependency": _judge, "back_translate": _words, "reply": _words, "forward_translate": _calls, "draft_turn": _draft, "draft_type": _types, "restyle": _restyle, "judge_turn": _judge_turn, "act": _act, "mislead": _mislead}
