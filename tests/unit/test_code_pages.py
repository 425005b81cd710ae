"""Every code of files, YAML and schemas has a page, and the page's examples do what it says."""

import re
from pathlib import Path

import pytest

from magnetc.diagnostics import Sink
from magnetc.diagnostics.explain import codes, explain
from magnetc.frontend.format.convert import convert_source
from magnetc.frontend.load import read_recipe
from magnetc.frontend.read_text import decode
from magnetc.frontend.schema import validate
from magnetc.frontend.yaml_events import read_yaml
from magnetc.source import SourceFile

FRONTEND = Path(__file__).parents[2] / "magnetc" / "frontend"
MODULES = ("read_text.py", "yaml_errors.py", "yaml_events.py", "yaml_scalar.py", "schema.py", "violations.py", "yaml_slips.py")
FENCE = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
HEADINGS = ("What", "Why it matters", "Fails", "Fixed")
OWN = [code for code in codes() if "MG101" <= code < "MG140"]


def sections(code):
    page = explain(code)
    parts = re.split(r"^## (.+)\n", page, flags=re.MULTILINE)
    assert re.fullmatch(rf"# {code}: \S.*\n\n", parts[0])
    return dict(zip(parts[1::2], parts[2::2]))


def check(text):
    """Codes of the diagnostics for the YAML files of a section."""
    files = {name: body for _, name, body in FENCE.findall(text) if name}
    assert files
    sink = Sink()
    for name, body in files.items():
        file = decode(body.encode(), name, sink)
        document = file and read_yaml(file, sink)
        if document:
            validate(document, sink)
    return {diagnostic.code for diagnostic in sink.diagnostics}


@pytest.mark.parametrize("code", codes())
def test_page_has_its_sections_in_order(code):
    assert tuple(sections(code)) == HEADINGS
    assert all(text.strip() for text in sections(code).values())


@pytest.mark.parametrize("code", OWN)
def test_examples_fail_and_pass(code):
    assert check(sections(code)["Fails"]) == {code}
    assert check(sections(code)["Fixed"]) == set()


@pytest.mark.parametrize("code", ["MG001", "MG005", "MG006", "MG008"])
def test_recipes_fail_and_pass(code, tmp_path):
    for section in ("Fails", "Fixed"):
        folder = tmp_path / section
        for _, name, body in FENCE.findall(sections(code)[section]):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(body, encoding="utf-8")
        sink = Sink()
        read_recipe(folder, sink)
        assert [diagnostic.code for diagnostic in sink.diagnostics] == ([code] if section == "Fails" else [])


def test_each_code_of_these_modules_has_a_page():
    emitted = {code for name in MODULES for code in re.findall(r'"(MG\d{3})"', (FRONTEND / name).read_text())}
    assert emitted - set(codes()) == set()
    assert set(OWN) == {code for code in emitted if code >= "MG101"}


def test_explain_takes_any_case_and_refuses_paths():
    assert explain("mg112") == explain("MG112")
    assert explain("MG999") is None
    assert explain("../codes/MG112") is None


def test_what_has_no_form_in_the_dsl_fails_and_passes():
    for section, expected in (("Fails", ["MG160"]), ("Fixed", [])):
        ((_, name, body),) = FENCE.findall(sections("MG160")[section])
        sink = Sink()
        made = convert_source(SourceFile(name, body), "dsl", sink)
        assert [diagnostic.code for diagnostic in sink.diagnostics] == expected
        assert (made is None) == bool(expected)
