"""What BFCL's tools answer, run by a Python that has `bfcl_eval`: python tool_results.py RECIPE_FOLDER.

Calls are those of BFCL's own ground truth, from its own states, and those of all_tools.json, where {"$": [tool, field]} is
what the last call of that tool returned. Prints one JSON line a call: {"tool": ..., "arguments": ..., "result": ...,
"ground_truth": whether it is of the first kind}.
"""

import ast
import inspect
import json
import sys
from pathlib import Path

import bfcl_eval

sys.path.insert(0, sys.argv[1])
import world

DATA = Path(bfcl_eval.__file__).parent / "data"
OWN = Path(__file__).with_name("all_tools.json")
NOW = "2026-03-02T09:00:00Z"


def lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def read_call(text):
    """A tool and its arguments by name, of a Python call with literal arguments."""
    call = ast.parse(text, mode="eval").body
    backend = next(cls for cls in world.BACKENDS if cls.__name__ == world.OWNERS[call.func.id])
    names = list(inspect.signature(getattr(backend, call.func.id)).parameters)[1:]
    given = dict(zip(names, map(ast.literal_eval, call.args)))
    return call.func.id, given | {each.arg: ast.literal_eval(each.value) for each in call.keywords}


def attempt(tools, name, arguments):
    try:
        return getattr(tools, name)(**arguments)
    except Exception as error:
        return {"error": str(error)}


def ground_truth():
    for category in ("base", "miss_func", "miss_param"):
        name = f"BFCL_v4_multi_turn_{category}.json"
        answers = {answer["id"]: answer["ground_truth"] for answer in lines(DATA / "possible_answer" / name)}
        for question in lines(DATA / name):
            tools = world.ToolsWorld({"seed": 0, "configs": question["initial_config"], "calls": []}, 0, NOW)
            for text in (text for turn in answers[question["id"]] for text in turn):
                tool, arguments = read_call(text)
                yield tool, arguments, attempt(tools, tool, arguments), True


def own():
    tools, last = world.ToolsWorld(None, 3, NOW), {}
    for tool, arguments in json.loads(OWN.read_text(encoding="utf-8")):
        given = {key: last[value["$"][0]][value["$"][1]] if isinstance(value, dict) and "$" in value else value
                 for key, value in arguments.items()}
        last[tool] = attempt(tools, tool, given)
        yield tool, given, last[tool], False
    before, after = tools.observe(), world.ToolsWorld(tools.state(), 3, NOW).observe()
    assert json.dumps(before, sort_keys=True) == json.dumps(after, sort_keys=True)


for tool, arguments, result, is_truth in (*ground_truth(), *own()):
    sys.stdout.write(json.dumps({"tool": tool, "arguments": arguments, "result": result, "ground_truth": is_truth}) + "\n")
