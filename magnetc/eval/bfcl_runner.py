"""Runs BFCL's own checkers; executed by the Python of an environment that has `bfcl_eval`, never imported.

Reads entries as JSON lines on its standard input, writes one JSON line each on its standard output. The package's
executor evaluates the calls it is given as Python: for that reason a call is taken only when it parses as one call of a
plain name with literal arguments.
"""

import ast
import json
import os
import sys


def plain_call(text):
    """Whether `text` is one call of a name, with literals for arguments."""
    try:
        call = ast.parse(text, mode="eval").body
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
            return False
        for value in [*call.args, *(keyword.value for keyword in call.keywords)]:
            ast.literal_eval(value)
    except (SyntaxError, ValueError, TypeError, MemoryError, RecursionError):
        return False
    return all(keyword.arg for keyword in call.keywords)


def refused(entry):
    """The first call of an entry that will not be evaluated, or None."""
    calls = [call for turn in entry["decoded"] for step in turn for call in step]
    calls += [call for turn in entry["ground_truth"] for call in turn]
    return next((call for call in calls if not plain_call(call)), None)


def replayed(entry, name, utils):
    """Whether BFCL's executor answers the calls as the entry's `results` say; None when it has none."""
    if entry.get("results") is None:
        return None
    for calls, texts in zip(entry["decoded"], entry["results"]):
        for step, expected in zip(calls, texts):
            given, _ = utils.execute_multi_turn_func_call(step, entry["initial_config"], entry["involved_classes"], name,
                                                          entry["id"])
            if len(given) != len(expected) or not all(map(same_result, given, expected)):
                return False
    return [list(map(len, turn)) for turn in entry["decoded"]] == [list(map(len, turn)) for turn in entry["results"]]


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
    text = refused(entry)
    if text is not None:
        return verdict(entry, False, False, "magnetc:not_a_call", f"`{text}` is not a call with literal arguments")
    if len(entry["decoded"]) != len(entry["ground_truth"]):
        message = f"{len(entry['decoded'])} turns are answered, {len(entry['ground_truth'])} expected"
        return verdict(entry, False, False, "magnetc:turn_count", message)
    before = set(vars(utils))
    try:
        official = checker.multi_turn_checker(entry["decoded"], entry["ground_truth"], entry, "multi_turn",
                                              f"magnetc{number}")
        irrelevance = checker.multi_turn_irrelevance_checker(entry["decoded"], entry["ground_truth"])
        same = replayed(entry, f"magnetc{number}replay", utils)
    except Exception as error:
        return verdict(entry, False, False, f"magnetc:{type(error).__name__}", str(error))
    finally:
        for name in set(vars(utils)) - before:
            delattr(utils, name)
    wrong = official if not official["valid"] else irrelevance
    return verdict(entry, official["valid"], irrelevance["valid"], wrong.get("error_type"), wrong.get("error_message"),
                   same)


def verdict(entry, official, irrelevance, error_type, message, same=None):
    return {"id": entry["id"], "official": official, "irrelevance": irrelevance, "replayed": same, "error_type": error_type,
            "message": message}


def main():
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    from bfcl_eval.eval_checker.multi_turn_eval import multi_turn_checker as checker
    from bfcl_eval.eval_checker.multi_turn_eval import multi_turn_utils as utils

    with open(0, encoding="utf-8") as lines:
        for number, line in enumerate(lines):
            out.write(json.dumps(check(json.loads(line), number, checker, utils)) + "\n")
    out.close()


if __name__ == "__main__":
    sys.exit(main())
