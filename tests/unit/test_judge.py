"""Judging edges: prompts, scripted replies, and the votes that these are."""

import json
import re
from dataclasses import replace

import pytest
from spec_small import record, small_spec, tool

from magnetc.diagnostics import MagnetError
from magnetc.frontend.votes import read_votes, votes_section
from magnetc.ir.spec import GraphSpec, Inference
from magnetc.ir.types import EntityType, ListOf, Ref
from magnetc.passes.build_graph import BuildGraph
from magnetc.teachers.judge import PROGRAM, Vote, judge_inputs, read_vote, tally
from magnetc.teachers.prompt_program import load_program, parse_program

TYPES = (EntityType(name="Zip", base="string"), EntityType(name="Miles", base="number", unit="mi"),
         EntityType(name="Km", base="number", unit="km"))
TOOLS = (replace(tool("get_zip", record(zip="Zip", near=ListOf(Ref("Zip")), far="Miles")), description="Zip code of a city."),
         replace(tool("measure", record(miles="Miles"), origin="Zip", goal="Zip", limit="Km?"), description="Distance of two."))
SPEC = replace(small_spec(), types=TYPES, tools=TOOLS, graph=GraphSpec(infer=(Inference("judged"),)))
JUDGE = load_program(PROGRAM)


def reply(kind, **more):
    return json.dumps({"kind": kind, **more})


def vote(text):
    return read_vote(JUDGE, text, SPEC, "get_zip", "measure")


def test_the_prompt_shows_both_tools_and_every_value():
    prompt = JUDGE.render(**judge_inputs(SPEC, "get_zip", "measure"))
    for words in ("`get_zip`: Zip code of a city.", "`measure`: Distance of two.", "- `/zip`: Zip, a string\n", "- `/near/*`: Zip, a string\n",
                  "- `/near`: a list of Zip, a string\n", "- `/far`: Miles, a number in mi\n", '"required":["origin","goal"]'):
        assert words in prompt
    assert "Its result has these values" in prompt
    assert "- none" in JUDGE.render(**judge_inputs(replace(SPEC, tools=(tool("get_zip"), TOOLS[1])), "get_zip", "measure"))


@pytest.mark.parametrize(("text", "expected"), [
    (reply("none", reason="no"), Vote(kind="none", reason="no")),
    (reply("prerequisite", values={}), Vote(kind="prerequisite")),
    (reply("partial", values={"origin": "/zip"}), Vote(kind="partial", values=(("/zip", "origin"),))),
    (f"Sure!\n```json\n{reply('full', values={'origin': '/zip', 'goal': '/near/*'})}\n```\n",
     Vote(kind="full", values=(("/near/*", "goal"), ("/zip", "origin")))),
    (reply("none", values={"nothing": "/at/all"}), Vote(kind="none")),
])
def test_replies_are_votes(text, expected):
    assert vote(text) == expected


@pytest.mark.parametrize(("text", "why"), [
    ("I think so.", "it is not JSON"),
    (reply("maybe"), "`kind`: 'maybe' is not one of"),
    ("{}", "'kind' is a required property"),
    (reply("partial", values={"start": "/zip"}), "`measure` has no parameter `start`"),
    (reply("partial", values={"origin": "/zap"}), "the result of `get_zip` has no value at `/zap`"),
    (reply("partial", values={"origin": "zip"}), "the result of `get_zip` has no value at `zip`"),
    (reply("partial", values={"limit": "/far"}), "`/far` has the type `Miles`, and `limit` takes `Km`"),
    (reply("partial"), "does not say which value flows"),
    (reply("full", values={"origin": "/zip"}), "no value is given for `goal`"),
    ("[" * 100_000, "it is not JSON"),
])
def test_what_is_no_vote_is_told_to_the_judge(text, why):
    with pytest.raises(ValueError, match=re.escape(why)):
        vote(text)


def test_votes_of_scripted_judges_become_an_edge():
    said = [reply("partial", values={"origin": "/zip"}), reply("partial", values={"origin": "/near/*"}), reply("none"),
            reply("partial", values={"goal": "/near/*", "origin": "/zip"})]
    votes = tally("get_zip", "measure", map(vote, said))
    assert (votes.partial, votes.none, votes.full) == (3, 1, 0)
    assert votes.values == (("/near/*", "goal"), ("/zip", "origin"))
    (kept,) = read_votes({"judged": votes_section([votes])}, SPEC, None)
    assert kept == votes
    (edge,) = BuildGraph().run(replace(SPEC, graph=replace(SPEC.graph, votes=(kept,)))).edges
    assert (edge.kind, edge.origin, edge.confidence) == ("partial", "judged", 0.75)


def test_a_recipe_has_its_own_words(tmp_path):
    (tmp_path / "prompts").mkdir()
    own = "---\ninputs: {source: object, target: object}\noutput: {type: object}\nrepair: 1\n---\n{{ source.name }} for {{ target.name }}?"
    (tmp_path / "prompts" / "judge_dependency.md.j2").write_text(own)
    program = load_program(PROGRAM, tmp_path)
    assert program.render(**judge_inputs(SPEC, "get_zip", "measure")) == "get_zip for measure?\n"
    assert program.repair == 1
    assert load_program(PROGRAM, tmp_path / "prompts") == JUDGE


@pytest.mark.parametrize("text", [
    "Is it?", "---\n- a\n---\nx", "---\ninputs: {}\n---\nx", "---\ninputs: {}\noutput: {}\nsampling: 1\n---\nx", "---\n{\n---\nx",
    "---\ninputs: {}\noutput: {}\n---\n{% for %}", "---\ninputs: {}\noutput: {type: strange}\n---\nx"])
def test_a_program_without_its_head_is_refused(text):
    with pytest.raises(MagnetError) as caught:
        parse_program("x", text)
    assert [each.code for each in caught.value.diagnostics] == ["MG420"]


@pytest.mark.parametrize("text", ["{{ other }}", "{{ a.b.c }}", "{{ a.__class__.__mro__ }}"])
def test_a_program_uses_only_what_it_is_given(text):
    program = parse_program("x", f"---\ninputs: {{a: object}}\noutput: {{}}\n---\n{text}")
    with pytest.raises(MagnetError) as caught:
        program.render(a={})
    assert [each.code for each in caught.value.diagnostics] == ["MG420"]
    with pytest.raises(MagnetError):
        program.render(a={}, b={})
