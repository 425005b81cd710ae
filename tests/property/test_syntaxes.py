"""Both syntaxes say the same, and `fmt` changes nothing but how it looks: on documents drawn from the schemas."""

import re

import pytest
from documents import documents
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from magnetc.diagnostics import Sink
from magnetc.frontend.document import Document
from magnetc.frontend.dsl.blocks import LEXEME
from magnetc.frontend.format import format_source
from magnetc.frontend.format.comments import comments_of
from magnetc.frontend.format.convert import convert_source
from magnetc.frontend.format.layout import WIDTH
from magnetc.frontend.format.meaning import meaning
from magnetc.frontend.format.rows import with_comments
from magnetc.frontend.format.source import read_documents
from magnetc.frontend.format.to_yaml import yaml_rows
from magnetc.frontend.schema import KINDS, validate
from magnetc.source import SourceFile

each_kind = pytest.mark.parametrize("kind", [pytest.param(kind, marks=pytest.mark.slow if kind == "recipe" else ()) for kind in KINDS])
"""A recipe has the most members by far: drawing one takes the longest."""
RANDOM = st.randoms(use_true_random=False)
slow = settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much,
                                                                       HealthCheck.data_too_large])


def as_yaml(kind, data, random=None):
    """A YAML file of the data, with comments where one may stand when there is a `random`."""
    document = Document(kind, "a.yaml", data, {})
    assume(validate(document, Sink()))
    (text,) = with_comments([yaml_rows(document, lambda start, end: False)], [], "")
    return commented(text, random) if random else text


def commented(text, random):
    lines = []
    for number, line in enumerate(text.split("\n")[:-1]):
        mark = random.choice(["", "", "own", "beside", "blank"])
        lines += {"own": [f"{' ' * random.randint(0, 6)}# own {number}"], "blank": ["", ""]}.get(mark, [])
        lines.append(line + f"{' ' * random.randint(1, 4)}# beside {number}" * (mark == "beside"))
    return "\n".join(lines) + "\n"


def loosened(text, random):
    """A DSL file with other blanks between its lexemes, where none or some may stand."""
    out, statement = "", ""
    for match in LEXEME.finditer(text):
        inside = statement == "path" or match[0] in ("*", "?", "+")
        if match.lastgroup == "blank" and not inside and out and not out.endswith("\n"):
            out += " " * random.randint(1, 3)
        else:
            out += match[0]
        statement = match[0] if match.lastgroup == "word" and (not out[: -len(match[0])] or out[: -len(match[0])].endswith("\n")) else statement
    return out


def read(name, text):
    sink = Sink()
    found = read_documents(SourceFile(name, text), sink)
    assert [each.message for each in sink.diagnostics] == []
    return found


def other(name, text):
    """The text of a file in the other syntax, with its name."""
    sink = Sink()
    made = convert_source(SourceFile(name, text), "dsl" if name.endswith(".yaml") else "yaml", sink)
    assume(made is not None or {each.code for each in sink.diagnostics} != {"MG160"})
    assert [each.message for each in sink.diagnostics] == []
    ((_, after),) = made
    return "a.magnet" if name.endswith(".yaml") else "a.yaml", after


def check_format(name, text):
    sink = Sink()
    formatted = format_source(SourceFile(name, text), sink)
    assert [each.message for each in sink.diagnostics] == []
    assert comments_of(SourceFile(name, formatted.after)) == comments_of(SourceFile(name, text))
    assert meaning(read(name, formatted.after)) == meaning(read(name, text))
    assert not re.search(r"[ \t]$|\n\n\n|\n\n\Z", formatted.after, re.MULTILINE)
    assert not format_source(SourceFile(name, formatted.after), Sink()).changed


@each_kind
@slow
@given(data=st.data())
def test_both_syntaxes_mean_the_same(kind, data):
    text = as_yaml(kind, data.draw(documents(kind)))
    name, dsl = other("a.yaml", text)
    assume(read(name, dsl))
    assert meaning(read(name, dsl)) == meaning(read("a.yaml", text))
    back, again = other(name, dsl)
    assert meaning(read(back, again)) == meaning(read("a.yaml", text))


@given(st.sampled_from(["null", "null?", "x?", '"a" | null', "1..9?", 'matching "a"?']))
def test_a_type_is_the_same_in_both_syntaxes(written):
    text = as_yaml("tools", {"kind": "tools", "tools": {"f": {"returns": written}}})
    _, dsl = other("a.yaml", text)
    assert meaning(read("a.magnet", dsl)) == meaning(read("a.yaml", text))


@each_kind
@slow
@given(data=st.data())
def test_formatting_yaml_keeps_meaning_and_comments_and_does_it_once(kind, data):
    check_format("a.yaml", as_yaml(kind, data.draw(documents(kind)), data.draw(RANDOM)))


@each_kind
@slow
@given(data=st.data())
def test_formatting_the_dsl_keeps_meaning_and_comments_and_does_it_once(kind, data):
    name, dsl = other("a.yaml", as_yaml(kind, data.draw(documents(kind))))
    random = data.draw(RANDOM)
    check_format(name, loosened(commented(dsl, random), random))


@each_kind
@slow
@given(data=st.data())
def test_the_other_syntax_has_every_comment(kind, data):
    text = as_yaml(kind, data.draw(documents(kind)), data.draw(RANDOM))
    name, dsl = other("a.yaml", text)
    assert sorted(comments_of(SourceFile(name, dsl))) == sorted(comments_of(SourceFile("a.yaml", text)))


@given(st.lists(st.sampled_from(["type A = string", "examples", '"a b"', ",", "\n", "# c\n", "set s = [", "a", "]", "  ", "tool f(", "a: T", ")",
                                 "{", "}", "->", "|", "graph {", "link a -> b"]), max_size=20).map(" ".join))
@slow
def test_any_text_is_formatted_or_refused(text):
    sink = Sink()
    formatted = format_source(SourceFile("a.magnet", text), sink)
    assert (formatted is None) == sink.has_errors
    assert "MG903" not in {each.code for each in sink.diagnostics}


def test_no_line_that_can_be_broken_is_too_long():
    sink = Sink()
    formatted = format_source(SourceFile("a.magnet", f"set s = [{', '.join(f'tool_{number}' for number in range(200))}]\n"), sink)
    assert max(map(len, formatted.after.splitlines())) <= WIDTH
