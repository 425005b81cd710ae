"""Tools of a BFCL class: function documents of an installed `bfcl_eval`.

`import_bfcl` reads the package's files, never runs them. A function document becomes

    {"name": "cat", "description": "Display the contents ...", "parameters": {JSON Schema}, "returns": {JSON Schema}}

and differs from the package's in two ways only: type names are JSON Schema's (`dict` object, `float` number, `tuple`
array), and a description is cut to what follows "Tool description: ", since what stands before it is the same long
sentence in every document of a class.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Mapping
from email.parser import HeaderParser
from pathlib import Path

from magnetc.frontend.json_schema import normalised
from magnetc.ir.json import Json, digest
from magnetc.tools.importers.importer import Place, Snapshot, raw_tool, refused
from magnetc.tools.importers.python import import_python

PACKAGE = "bfcl_eval"
DOCUMENTS = Path(PACKAGE, "data", "multi_turn_func_doc")
BACKENDS = Path(PACKAGE, "eval_checker", "multi_turn_eval", "func_source_code")
MAPPING = Path(PACKAGE, "constants", "executable_backend_config.py")
MAPPING_NAME = "MULTI_TURN_FUNC_DOC_FILE_MAPPING"

LICENCES = {"Apache 2.0": "Apache-2.0"}


def import_bfcl(argument: str, place: Place) -> Snapshot:
    """The function documents of the BFCL class `argument`, read from the package in the recipe's environment.

    Raises:
        MagnetError: MG502 when the package, the class or its documents are not there or not as expected.
    """
    site_packages = place.site_packages()
    files = _documents_by_class(site_packages)
    if argument not in files:
        known = ", ".join(f"`{name}`" for name in files)
        raise refused(f"`{PACKAGE}` has no function documents of class `{argument}`", f"classes are {known}")
    documents = _read_documents(site_packages / DOCUMENTS / files[argument])
    version, licence = _metadata(site_packages)
    return Snapshot(source=f"bfcl-eval=={version}", licence=licence, digest=digest(documents),
                    functions=tuple(_tool(document) for document in sorted(documents, key=lambda each: each["name"])))


def _documents_by_class(site_packages: Path) -> dict[str, str]:
    """The class to file mapping: a literal dictionary in the package's source, read without running it."""
    path = site_packages / MAPPING
    try:
        module = ast.parse(path.read_text(encoding="utf-8"))
    except (OSError, SyntaxError, ValueError):
        raise refused(f"`{path}` cannot be read",
                     "give the recipe `packages: [bfcl-eval==VERSION]`, or another version of it") from None
    for statement in module.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if name == MAPPING_NAME:
                try:
                    return dict(ast.literal_eval(value))
                except (ValueError, TypeError):
                    break
    raise refused(f"`{MAPPING_NAME}` is not a literal dictionary in `{path}`", "use a known version, such as 2026.3.23")


def _read_documents(path: Path) -> list[dict[str, Json]]:
    """One JSON document a line."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        documents = [json.loads(line) for line in lines if line.strip()]
    except (OSError, ValueError) as error:
        raise refused(f"`{path}` cannot be read: {error}") from None
    for document in documents:
        if not (isinstance(document, dict) and isinstance(document.get("name"), str)
                and isinstance(document.get("parameters"), dict)):
            raise refused(f"`{path}` holds what is not a function document: {str(document)[:60]}")
    return documents


def _metadata(site_packages: Path) -> tuple[str, str]:
    """Version and licence of the installed package, from its metadata."""
    for path in sorted(site_packages.glob(f"{PACKAGE}-*.dist-info/METADATA")):
        head = HeaderParser().parsestr(path.read_text(encoding="utf-8"))
        licence = head.get("License-Expression") or head.get("License") or "unknown"
        return head["Version"], LICENCES.get(licence, licence)
    raise refused(f"`{site_packages}` has no metadata of `{PACKAGE}`", "install the package instead of copying it")


def _tool(document: Mapping[str, Json]) -> dict[str, Json]:
    description = document.get("description", "").rpartition("Tool description: ")[2]
    return raw_tool(document["name"], description, normalised(document["parameters"]),
                    normalised(document.get("response") or {"type": "dict", "properties": {}}))


def bfcl_signatures(argument: str, place: Place) -> dict[str, dict[str, Json]]:
    """The parameters of a class's functions as its code has them, by name: what the documents should say.

    Raises:
        MagnetError: MG502 as for the documents.
    """
    site_packages = place.site_packages()
    stem = Path(_documents_by_class(site_packages).get(argument, argument)).stem
    code = Place(folder=site_packages / BACKENDS, site_packages=place.site_packages)
    functions = import_python(f"{stem}.py:{argument}", code).functions
    return {function["name"]: function["parameters"] for function in functions}
