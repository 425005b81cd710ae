"""BFCL's own benchmark: what is asked, what calls come to, and how answers score. Executed by the Python of an environment that has `bfcl_eval`.

`entries` reads names of categories and writes what a model is asked in them, a line each; `execute` answers each line of calls with a line of
results; `judge` answers each line of a model's answers with a verdict. Each execution and each verdict is made in a process of its own.
"""

import ast
import gc
import importlib
import importlib.metadata
import inspect
import json
import os
import sys
from functools import cache
from types import SimpleNamespace

from checks import tool_names
from forked import DIED, LATE, forked
from harmless import NOT_A_CALL, is_harmless, refusal
from standins import install

PLACE = install()

# ruff: noqa: E402
from bfcl_eval import utils  # pyright: ignore[reportMissingImports]
from bfcl_eval.constants import category_mapping, default_prompts, eval_config  # pyright: ignore[reportMissingImports]
from bfcl_eval.constants.enums import Language, ModelStyle, ReturnFormat  # pyright: ignore[reportMissingImports]
from bfcl_eval.constants.type_mappings import GORILLA_TO_OPENAPI  # pyright: ignore[reportMissingImports]
from bfcl_eval.eval_checker import eval_runner  # pyright: ignore[reportMissingImports]
from bfcl_eval.eval_checker.multi_turn_eval import multi_turn_checker as checker  # pyright: ignore[reportMissingImports]
from bfcl_eval.eval_checker.multi_turn_eval import multi_turn_utils as executor  # pyright: ignore[reportMissingImports]
from bfcl_eval.model_handler.api_inference.openai_completion import OpenAICompletionsHandler  # pyright: ignore[reportMissingImports]
from bfcl_eval.model_handler.utils import convert_to_function_call, convert_to_tool  # pyright: ignore[reportMissingImports]

COMPOSITE = "multi_turn_composite"
"""A category that the package ships and no longer lists."""

SECONDS = 10
"""Of one execution, and of one verdict."""


class Handler(OpenAICompletionsHandler):
    """The package's handler of function-calling models, without a client; what is not safe to evaluate it takes for a call of no tool."""

    def __init__(self, tools):
        self.is_fc_model, self.tools = True, tools

    def decode_execute(self, result, has_tool_call_tag):
        texts = super().decode_execute(result, has_tool_call_tag)
        return [text if is_harmless(text, self.tools, executor) else NOT_A_CALL for text in texts]


def load(category, hints):
    """The package's entries of a category, with the documents of their functions."""
    if category != COMPOSITE:
        return utils.load_dataset_entry(category, include_prereq=False, include_language_specific_hint=hints)
    found = utils.load_file(eval_config.PROMPT_PATH / "unused_datasets" / "question" / utils.get_file_name_by_category(category))
    found = utils.populate_test_cases_with_predefined_functions(found)
    return utils.add_language_specific_hint_to_function_doc(found) if hints else found


def truth_of(category):
    if utils.is_relevance_or_irrelevance(category):
        return None
    if category != COMPOSITE:
        return [each["ground_truth"] for each in utils.load_ground_truth_entry(category)]
    file = eval_config.PROMPT_PATH / "unused_datasets" / "possible_answer" / utils.get_file_name_by_category(category)
    return [each["ground_truth"] for each in utils.load_file(file)]


def offered(functions):
    """Each function's document as a tool of OpenAI's, as JSON."""
    return [json.dumps(tool, ensure_ascii=False) for tool in convert_to_tool(functions, GORILLA_TO_OPENAPI, ModelStyle.OPENAI_COMPLETIONS)]


KNOWN = (*category_mapping.SINGLE_TURN_CATEGORY, *category_mapping.MULTI_TURN_CATEGORY, COMPOSITE)


def entries():
    """First what holds of all, then each entry of the categories; only the names that are none, where one is."""
    names = list(read_lines())
    categories = [category for name in names for category in categories_of(name)]
    write({"version": importlib.metadata.version("bfcl-eval"), "limit": default_prompts.MAXIMUM_STEP_LIMIT,
           "restored": default_prompts.DEFAULT_USER_PROMPT_FOR_ADDITIONAL_FUNCTION_FC,
           "known": [*KNOWN, *(name for name in category_mapping.TEST_COLLECTION_MAPPING if categories_of(name))],
           "unknown": [name for name in names if not categories_of(name)],
           "files": {category: f"{utils.get_directory_structure_by_category(category)}/{utils.get_file_name_by_category(category, is_result_file=True)}"
                     for category in categories}})
    for category in dict.fromkeys(categories):
        truth = truth_of(category)
        for number, entry in enumerate(load(category, True)):
            write(asked(entry, category, truth[number] if truth else None))


def categories_of(name):
    """The categories that a name stands for: of one, of a collection of the package, or of one of several turns."""
    listed = category_mapping.TEST_COLLECTION_MAPPING.get(name, [name])
    return [category for each in listed for category in (each, f"multi_turn_{each}") if category in KNOWN]


def asked(entry, category, truth):
    """What an entry asks; of several turns also the calls of its ground truth, arguments by name."""
    made = {"id": entry["id"], "category": category, "question": entry["question"], "tools": offered(entry["function"]),
            "withheld": {turn: offered(functions) for turn, functions in entry.get("missed_function", {}).items()}, "truth": truth}
    if utils.is_multi_turn(category):
        made |= {"initial_config": entry["initial_config"], "involved_classes": entry["involved_classes"],
                 "truth_calls": [[stated(text, entry) for text in turn] for turn in truth]}
    return made


def stated(text, entry):
    """A call of the ground truth as [name, arguments]; null for what is no Python, which is in one of the category that is not listed."""
    try:
        call = ast.parse(text, mode="eval").body
    except SyntaxError:
        return None
    arguments = {keyword.arg: ast.literal_eval(keyword.value) for keyword in call.keywords}
    if call.args:
        classes = [getattr(importlib.import_module(executor.CLASS_FILE_PATH_MAPPING[name]), name) for name in entry["involved_classes"]]
        method = next(getattr(each, call.func.id) for each in classes if hasattr(each, call.func.id))
        arguments = dict(zip(list(inspect.signature(method).parameters)[1:], map(ast.literal_eval, call.args))) | arguments
    return [call.func.id, arguments]


def execute():
    """For each line, an entry's steps of calls so far, what the calls of the last step come to; null when that is not known in time."""
    for line in read_lines():
        found = forked(results_of_last, line, tools_of(line), seconds=SECONDS)
        write(None if found in (LATE, DIED) else found)


def tools_of(entry):
    """Names of the tools of an entry; what has them is imported here, once, and not in each process."""
    tools = tool_names(entry, executor.CLASS_FILE_PATH_MAPPING)
    gc.freeze()
    return tools


def results_of_last(asked, tools):
    results, category = [], asked["id"].rsplit("_", 1)[0]
    for step in asked["steps"]:
        results = []
        for text in convert_to_function_call([{name: arguments} for name, arguments in step]):
            if not is_harmless(text, tools, executor):
                results.append(refusal(text, tools))
                continue
            made, _ = executor.execute_multi_turn_func_call([text], asked["initial_config"], asked["involved_classes"], "magnetc", asked["id"],
                                                            long_context="long_context" in category or "composite" in category)
            results += made
    return results


def judge():
    """For each line, the answers to an entry, a verdict: {official, silent, error_type, message, disagreements}."""
    loaded = {}
    for line in read_lines():
        category = line["category"]
        if line["dialect"] in HANDLERS:
            handler_of(line["dialect"])   # imported once, and not in each process
        if category not in loaded:
            rows, truth = load(category, False), truth_of(category)
            loaded[category] = {row["id"]: (row, truth[number] if truth else None) for number, row in enumerate(rows)}
        row, truth = loaded[category][line["id"]]
        found = forked(verdict, line, row, truth, tools_of(row) if utils.is_multi_turn(category) else frozenset(), seconds=SECONDS)
        if found in (LATE, DIED):
            found = failed("magnetc:late" if found == LATE else "magnetc:stopped", "the package's checker did not return")
        write(found)


def verdict(line, row, truth, tools):
    try:
        found = (several_turns if utils.is_multi_turn(line["category"]) else one_turn)(line, row, truth, Handler(tools))
    except Exception as error:
        found = failed(f"magnetc:{type(error).__name__}", str(error))
    return found | {"disagreements": disagreements(line["said"], line["dialect"])}


def failed(kind, message):
    return {"official": False, "silent": False, "error_type": kind, "message": message, "disagreements": []}


def several_turns(line, row, truth, handler):
    found = eval_runner._evaluate_single_multi_turn_entry(handler, line["id"], line["result"], truth, row, "magnetc", line["category"])
    silent = {"valid": False}
    if isinstance(line["result"], list) and len(line["result"]) == len(truth):
        silent = checker.multi_turn_irrelevance_checker([steps_of(handler, turn) for turn in line["result"]], truth)
    error = found.get("error") or ({} if silent["valid"] else silent)
    return {"official": found["valid"], "silent": silent["valid"], "error_type": error.get("error_type"), "message": said(error.get("error_message"))}


def steps_of(handler, turn):
    """The steps of a turn that call something."""
    decoded = []
    for item in turn:
        try:
            texts = handler.decode_execute(item, has_tool_call_tag=False)
        except Exception:
            continue
        if not executor.is_empty_execute_response(texts):
            decoded.append(texts)
    return decoded


def one_turn(line, row, truth, handler):
    category, given = line["category"], (line["id"], line["result"])
    if utils.is_relevance_or_irrelevance(category):
        found = eval_runner._evaluate_single_relevance_entry(handler, *given, row, "magnetc", category)
    else:
        name = "JAVA" if utils.is_java(category) else "JAVASCRIPT" if utils.is_js(category) else "PYTHON"
        found = eval_runner._evaluate_single_ast_entry(handler, *given, truth, row, "magnetc", category, language=Language[name],
                                                       return_format=ReturnFormat[name])
    return {"official": found["valid"], "silent": True, "error_type": found.get("error_type"), "message": said(found.get("error"))}


def said(message):
    return None if message is None else " ".join(map(str, message)) if isinstance(message, list) else str(message)


def disagreements(texts, dialect):
    """The texts that the package's handler of a model of this dialect reads otherwise: [[text, what it reads], ...]."""
    found = []
    for text, calls in texts if dialect in HANDLERS else []:
        theirs = calls_read(dialect, text)
        if theirs != convert_to_function_call([{name: arguments} for name, arguments in calls]):
            found.append([text, theirs])
    return found


def calls_read(dialect, text):
    """The calls of a text as the handler has them executed; none where it cannot decode it."""
    handler = handler_of(dialect)
    if dialect == "mistral":
        text = text.strip().removeprefix("[TOOL_CALLS]")   # the server leaves special tokens out
    try:
        if dialect == "llama3_json" and ";" not in text:
            ast.literal_eval(text.replace("<|python_tag|>", "").strip())   # the handler evaluates it
        said = SimpleNamespace(choices=[SimpleNamespace(text=text)], usage=SimpleNamespace(prompt_tokens=0, completion_tokens=0))
        return handler.decode_execute(handler._parse_query_response_prompting(said)["model_responses"], has_tool_call_tag=False)
    except Exception:
        return []


@cache
def handler_of(dialect):
    """The package's handler of models of a dialect, without a client."""
    module, name = HANDLERS[dialect]
    return object.__new__(getattr(importlib.import_module(f"bfcl_eval.model_handler.local_inference.{module}"), name))


HANDLERS = {"hermes": ("qwen_fc", "QwenFCHandler"), "mistral": ("mistral_fc", "MistralFCHandler"), "llama3_json": ("llama_3_1", "LlamaHandler_3_1")}


def read_lines():
    with open(0, encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def write(value):
    OUT.write(json.dumps(value, ensure_ascii=False) + "\n")
    OUT.flush()


PROGRAMS = {"entries": entries, "execute": execute, "judge": judge}
OUT = sys.stdout


def main(program):
    """The package prints what it does: that goes to standard error."""
    global OUT
    OUT = os.fdopen(os.dup(1), "w", encoding="utf-8", errors="surrogatepass")
    os.dup2(2, 1)
    PROGRAMS[program]()
    OUT.close()
    PLACE.cleanup()
