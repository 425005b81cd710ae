"""Runs BFCL's own checkers; executed by the Python of an environment that has `bfcl_eval`, never imported.

Reads entries as JSON lines on its standard input, writes one JSON line each on its standard output. The package's
executor evaluates the texts it is given as Python, with all that Python has. So only one call of a tool of the involved
classes, with literal arguments, gets there; for anything else stands a call of a name that nothing has, which ends in an
error result, as a made-up tool does.
"""

import ast
import importlib
import inspect
import json
import os
import sys

NOT_A_CALL = "not_a_tool_of_this_entry()"


def tool_names(entry, mapping):
    """The public methods of the involved classes."""
    classes = [getattr(importlib.import_module(mapping[name]), name) for name in entry["involved_classes"]]
    return {name for cls in classes for name, _ in inspect.getmembers(cls, inspect.isfunction) if not name.startswith("_")}


def is_tool_call(text, tools):
    """Whether `text` is one call of a tool, with literals for arguments."""
    try:
        call = ast.parse(text, mode="eval").body
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name) or call.func.id not in tools:
            return False
        for value in [*call.args, *(keyword.value for keyword in call.keywords)]:
            ast.literal_eval(value)
    except (SyntaxError, ValueError, TypeError, MemoryError, RecursionError):
        return False
    return all(keyword.arg for keyword in call.keywords)


def replayed(entry, decoded, name, utils):
    """Whether BFCL's executor answers the calls as the entry's `results` say; None when it has none."""
    expected = entry.get("results")
    if expected is None:
        return None
    if [list(map(len, turn)) for turn in decoded] != [list(map(len, turn)) for turn in expected]:
        return False
    for turn, texts in zip(decoded, expected):
        for step, wanted in zip(turn, texts):
            given, _ = utils.execute_multi_turn_func_call(step, entry["initial_config"], entry["involved_classes"], name,
                                                          entry["id"])
            if not all(map(same_result, given, wanted)):
                return False
    return True


def same_result(given, expected):
    """Whether the executor's text says what a tool message says, in JSON or in the words of an error."""
    try:
        value = json.loads(expected)
    except ValueError:
        return given == expected
    if isinstance(value, dict) and list(value) == ["error"] and given.startswith("Error during execution: "):
        return given == f"Error during execution: {value['error']}"
    if isinstance(value, str):
        return given == value
    return given == (json.dumps(value) if isinstance(value, dict) else str(value))


def check(entry, number, checker, utils):
    """All verdicts on one entry. The model's name is new each time: instances are kept under it as global variables."""
    tools = tool_names(entry, utils.CLASS_FILE_PATH_MAPPING)
    truth = entry["ground_truth"]
    wrong = next((call for turn in truth for call in turn if not is_tool_call(call, tools)), None)
    if wrong is not None:
        return verdict(entry, False, False, "magnetc:not_a_call", f"the reference has `{wrong}`, which is no call of a tool")
    if len(entry["decoded"]) != len(truth):
        return verdict(entry, False, False, "magnetc:turn_count",
                       f"{len(entry['decoded'])} turns are answered, {len(truth)} expected")
    decoded = [[[call if is_tool_call(call, tools) else NOT_A_CALL for call in step] for step in turn]
               for turn in entry["decoded"]]
    before = set(vars(utils))
    try:
        official = checker.multi_turn_checker(decoded, truth, entry, "multi_turn", f"magnetc{number}")
        irrelevance = checker.multi_turn_irrelevance_checker(decoded, truth)
        same = replayed(entry, decoded, f"magnetc{number}replay", utils)
    except Exception as error:
        return verdict(entry, False, False, f"magnetc:{type(error).__name__}", str(error))
    finally:
        for name in set(vars(utils)) - before:
            delattr(utils, name)
    failed = official if not official["valid"] else irrelevance
    return verdict(entry, official["valid"], irrelevance["valid"], failed.get("error_type"), failed.get("error_message"),
                   same)


def verdict(entry, official, irrelevance, error_type, message, same=None):
    return {"id": entry["id"], "official": official, "irrelevance": irrelevance, "replayed": same, "error_type": error_type,
            "message": message}


def main():
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    from bfcl_eval.eval_checker.multi_turn_eval import multi_turn_checker as checker  # pyright: ignore[reportMissingImports]
    from bfcl_eval.eval_checker.multi_turn_eval import multi_turn_utils as utils  # pyright: ignore[reportMissingImports]

    with open(0, encoding="utf-8") as lines:
        for number, line in enumerate(lines):
            out.write(json.dumps(check(json.loads(line), number, checker, utils)) + "\n")
    out.close()


if __name__ == "__main__":
    sys.exit(main())
