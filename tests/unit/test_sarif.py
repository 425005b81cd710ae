"""SARIF logs hold to what SARIF 2.1.0 (OASIS, section numbers below) asks of what we write, and to the diagnostics."""

import json

import pytest
from corpus import CASES
from jsonschema import Draft7Validator

from magnetc import __version__
from magnetc.build.compile import compile_recipe
from magnetc.diagnostics import Sink
from magnetc.diagnostics.edits import apply_edits
from magnetc.diagnostics.model import Edit
from magnetc.diagnostics.render import FORMATS
from magnetc.source import Span

MESSAGE = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string", "minLength": 1}, "markdown": {"type": "string"}},
           "additionalProperties": False}
ARTIFACT = {"type": "object", "required": ["uri"], "properties": {"uri": {"type": "string", "pattern": "^[A-Za-z0-9_.~%/-]+$"}},
            "additionalProperties": False}
REGION = {"type": "object", "required": ["startLine", "startColumn", "endLine", "endColumn", "charOffset", "charLength"],
          "properties": {name: {"type": "integer", "minimum": low} for name, low in
                         (("startLine", 1), ("startColumn", 1), ("endLine", 1), ("endColumn", 1), ("charOffset", 0), ("charLength", 0))},
          "additionalProperties": False}
LOCATION = {"type": "object", "required": ["physicalLocation"], "additionalProperties": False, "properties": {
    "id": {"type": "integer", "minimum": 0}, "message": MESSAGE,
    "physicalLocation": {"type": "object", "required": ["artifactLocation", "region"], "additionalProperties": False,
                         "properties": {"artifactLocation": ARTIFACT, "region": REGION}}}}
FIX = {"type": "object", "required": ["artifactChanges"], "additionalProperties": False, "properties": {
    "description": MESSAGE,
    "artifactChanges": {"type": "array", "minItems": 1, "items": {
        "type": "object", "required": ["artifactLocation", "replacements"], "additionalProperties": False, "properties": {
            "artifactLocation": ARTIFACT,
            "replacements": {"type": "array", "minItems": 1, "items": {
                "type": "object", "required": ["deletedRegion"], "additionalProperties": False,
                "properties": {"deletedRegion": REGION, "insertedContent": MESSAGE}}}}}}}}
RULE = {"type": "object", "required": ["id"], "additionalProperties": False, "properties": {
    "id": {"type": "string"}, "shortDescription": MESSAGE, "fullDescription": MESSAGE, "help": MESSAGE}}
LOG = Draft7Validator({
    "type": "object", "required": ["version", "runs"], "additionalProperties": False, "properties": {  # 3.13
        "$schema": {"type": "string", "format": "uri"}, "version": {"const": "2.1.0"},
        "runs": {"type": "array", "minItems": 1, "items": {  # 3.14
            "type": "object", "required": ["tool"], "additionalProperties": False, "properties": {
                "tool": {"type": "object", "required": ["driver"], "additionalProperties": False, "properties": {  # 3.18
                    "driver": {"type": "object", "required": ["name"], "additionalProperties": False, "properties": {  # 3.19
                        "name": {"type": "string"}, "version": {"type": "string"},
                        "semanticVersion": {"type": "string", "pattern": r"^\d+\.\d+\.\d+"},
                        "rules": {"type": "array", "uniqueItems": True, "items": RULE}}}}},  # 3.49
                "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},  # 3.14.17
                "results": {"type": "array", "items": {  # 3.27
                    "type": "object", "required": ["message"], "additionalProperties": False, "properties": {
                        "ruleId": {"type": "string"}, "ruleIndex": {"type": "integer", "minimum": 0},
                        "level": {"enum": ["none", "note", "warning", "error"]}, "message": MESSAGE,
                        "locations": {"type": "array", "items": LOCATION},
                        "relatedLocations": {"type": "array", "items": LOCATION, "uniqueItems": True},
                        "fixes": {"type": "array", "items": FIX}}}}}}}}})
"""The parts of the specification's schema that a log of ours may use; nothing else may be in it."""


def checked(case, broken):
    sink = Sink()
    compile_recipe(broken / case, sink)
    log = json.loads(FORMATS["sarif"](sink, prefix=case))
    return sink, log["runs"][0], log


@pytest.mark.parametrize("case", CASES)
def test_logs_are_sarif(case, broken):
    sink, run, log = checked(case, broken)
    assert [error.message for error in LOG.iter_errors(log)] == []
    rules = run["tool"]["driver"]["rules"]
    assert len(run["results"]) == len(sink.diagnostics)
    assert {rule["id"] for rule in rules} == {result["ruleId"] for result in run["results"]}
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]  # 3.27.6
        for location in (*result["locations"], *result.get("relatedLocations", ())):
            region, name = location["physicalLocation"]["region"], location["physicalLocation"]["artifactLocation"]["uri"]
            text = sink.files[name.removeprefix(f"{case}/")].text
            lines = text[: region["charOffset"]].split("\n")
            assert (region["startLine"], region["startColumn"]) == (len(lines), len(lines[-1]) + 1)  # 3.30.5, 3.30.6
            end = text[: region["charOffset"] + region["charLength"]].split("\n")
            assert (region["endLine"], region["endColumn"]) == (len(end), len(end[-1]) + 1)


@pytest.mark.parametrize("case", CASES)
def test_replacements_are_the_fix(case, broken):
    sink, run, _ = checked(case, broken)
    for diagnostic, result in zip(sink.diagnostics, run["results"], strict=True):
        assert bool(diagnostic.fix) == ("fixes" in result)
        for fix in result.get("fixes", ()):
            for change in fix["artifactChanges"]:
                name = change["artifactLocation"]["uri"].removeprefix(f"{case}/")
                regions = [(each["deletedRegion"]["charOffset"], each["deletedRegion"]["charLength"]) for each in change["replacements"]]
                edits = [Edit(Span(name, start, start + length), each.get("insertedContent", {}).get("text", ""))
                         for (start, length), each in zip(regions, change["replacements"], strict=True)]
                expected = [edit for edit in diagnostic.fix.edits if edit.span.file == name]
                assert apply_edits(sink.files[name].text, edits) == apply_edits(sink.files[name].text, expected)


def test_rules_carry_the_page(broken):
    _, run, _ = checked("unknown_type", broken)
    (rule,) = run["tool"]["driver"]["rules"]
    assert run["tool"]["driver"]["version"] == __version__
    assert rule["shortDescription"]["text"] == "unknown type"
    assert "## Fixed" in rule["help"]["markdown"]
