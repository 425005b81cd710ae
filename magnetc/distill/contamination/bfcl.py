"""BFCL multi-turn as a benchmark: the data of the package `bfcl-eval`, of both of its versions.

Models are scored on `BFCL_v3_*`, as in papers of 2025, and on `BFCL_v4_*`, in which four questions of ten and six states of ten are
others. No release holds both: the last with the third is 2025.6.8.
"""

from __future__ import annotations

import ast
import importlib.metadata
import importlib.util
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from magnetc.distill.contamination.content import Call, Content, tool_shape
from magnetc.distill.contamination.file import rows_of
from magnetc.distill.contamination.source import Announce, Benchmark, Source
from magnetc.ir.json import Json
from magnetc.tools.environments import ensure_environment, find_site_packages

PACKAGES = {"2025.6.8": ("bfcl-eval==2025.6.8",), "2026.3.23": ("bfcl-eval==2026.3.23", "mpmath==1.3.0")}
"""By version of the data, the environment that has it; the second is that of `specs/bfcl`."""

CATEGORIES = ("base", "miss_func", "miss_param", "long_context")


def read_bfcl(source: Source, folder: Path, announce: Announce) -> Benchmark:
    """The tasks of both versions; or, where the source names a folder, of the data that lies below it.

    Raises:
        MagnetError: MG604 when a package cannot be installed, MG633 when it does not hold what is expected.
    """
    places = ({"": folder / source.path} if source.path else {version: _data(version, announce) for version in PACKAGES})
    tasks: list[tuple[str, Content]] = []
    tools: set[tuple[str, tuple[str, ...]]] = set()
    versions: list[str] = []
    for version, place in places.items():
        documents = dict(_documents(source, place))
        tools.update(shape for document in documents.values() for shape in tool_shape(document))
        parameters = {name: list(document["parameters"]["properties"]) for name, document in documents.items()}
        for path in _questions(source, place):
            versions.append(version or "_".join(path.name.split("_")[:2]))
            answers = {str(row.get("id")): row for _, row in _answers(source, path)}
            tasks += [(f"{row.get('id')} ({versions[-1]})", _content(row, answers.get(str(row.get("id")), {}), parameters))
                      for _, row in rows_of(source, path)]
    return Benchmark(name="bfcl", version=", ".join(dict.fromkeys(versions)), tasks=tuple(tasks), tools=frozenset(tools))


def _data(version: str, announce: Announce) -> Path:
    """The package's folder of data: of this Python, where it has that version, else of an environment."""
    try:
        if importlib.metadata.version("bfcl-eval") == version and (found := importlib.util.find_spec("bfcl_eval")) and found.origin:
            return Path(found.origin).parent / "data"
    except importlib.metadata.PackageNotFoundError:
        pass
    return find_site_packages(ensure_environment(PACKAGES[version], announce)) / "bfcl_eval" / "data"


def _questions(source: Source, place: Path) -> list[Path]:
    """The files of questions, of the categories that are scored."""
    names = [f"BFCL_v*_multi_turn_{category}.json" for category in CATEGORIES]
    found = [path for name in names for path in sorted(place.rglob(name)) if not {"possible_answer", "unused_datasets"} & set(path.parts)]
    if not found:
        raise source.refused(f"no file in `{place.name}` is called `BFCL_v4_multi_turn_base.json` or alike",
                             "name the folder `bfcl_eval/data` of the package, or leave the folder out")
    return found


def _answers(source: Source, questions: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    path = questions.parent / "possible_answer" / questions.name
    return rows_of(source, path) if path.is_file() else iter(())


def _documents(source: Source, place: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The functions' documents, by name."""
    for path in sorted(place.rglob("multi_turn_func_doc/*.json")):
        for _, document in rows_of(source, path):
            match document:
                case {"name": str() as name, "parameters": {"properties": dict()}}:
                    yield name, document


def _content(question: Mapping[str, Any], answer: Mapping[str, Any], parameters: Mapping[str, list[str]]) -> Content:
    """A task: what users say, turn by turn, and the calls of its possible answer."""
    turns = question.get("question")
    said = [[message["content"] for message in turn if isinstance(message, dict) and isinstance(message.get("content"), str)]
            for turn in turns if isinstance(turn, list)] if isinstance(turns, list) else []
    truth = answer.get("ground_truth")
    made = tuple(tuple(call for text in turn if (call := _call(text, parameters))) for turn in truth if isinstance(turn, list)) if isinstance(truth, list) else ()
    return Content(users=tuple(" ".join(turn) for turn in said if turn), turns=made, state=question.get("initial_config"))


def _call(text: Any, parameters: Mapping[str, list[str]]) -> Call | None:
    """A call written in Python, its values named as the function's document has them; None for what is none."""
    try:
        call = ast.parse(text, mode="eval").body
        if not isinstance(call, ast.Call):
            return None
        name = ast.unparse(call.func)
        arguments: dict[str, Json] = dict(zip(parameters.get(name, ()), map(ast.literal_eval, call.args)))
        arguments |= {keyword.arg: ast.literal_eval(keyword.value) for keyword in call.keywords if keyword.arg}
        json.dumps(arguments)
    except (SyntaxError, ValueError, TypeError, MemoryError, RecursionError):
        return None
    return name, arguments
