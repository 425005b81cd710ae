"""Words that a reader or a proof objects to: written again with the reason, and kept as they were where that does not help."""

import asyncio
import json
import re
from pathlib import Path

import answers
import pytest
from dataset import magnetc, rows

from magnetc.build.opened import open_output
from magnetc.build.restyle.group import GroupRestyler
from magnetc.build.restyle.spoken import collect
from magnetc.diagnostics import Sink
from magnetc.distill.proofs.prover import Prover
from magnetc.engine.journal import Journal
from magnetc.teachers.ask import Asker, Reply
from magnetc.teachers.prompt_program import load_program
from magnetc.teachers.prompted.programs import RESTYLING

pytestmark = pytest.mark.slow

TRAVEL = Path(__file__).parents[2] / "examples" / "travel"
OBJECTED = "That cannot be: "


@pytest.fixture(scope="module")
def opened(own_home, tmp_path_factory):
    out = tmp_path_factory.mktemp("offline") / "out"
    assert magnetc("build", TRAVEL, "--trust", "--paths", 14, "-o", out).exit_code == 0
    answers.read_rows(out / "sft")
    return open_output(out, Sink(), trust=True, announce=lambda text: None)


class Model:
    """Says `Ok: ` before every message, once more with each objection, and `leak` behind the one that is `text` until it has been told
    `patience` times that this cannot be. Its reader hears the plain words, but for the first `misread` times."""

    def __init__(self, text, leak, patience, *, misread=0):
        self.text, self.leak, self.patience, self.misread = text, leak, patience, misread
        self.objections = []

    def name(self, program):
        return "scripted"

    async def complete(self, request):
        prompt = request.messages[0]["content"]
        if request.program == "forward_translate":
            if self.misread and f"Ok: {self.text}" in prompt:
                self.misread -= 1
                return Reply(text=json.dumps({"calls": []}))
            return Reply(text=answers.answer({"response_format": {"json_schema": {"name": request.program}},
                                              "messages": [{"content": re.sub("(Ok: )+", "Ok: ", prompt.replace(self.leak, ""))}]}))
        text = json.loads(next(line for line in prompt.splitlines() if line.startswith("The message: ")).removeprefix("The message: "))
        told = [line for line in prompt.splitlines() if line.startswith(OBJECTED)]
        self.objections += told if text == self.text else []
        leaks = text == self.text and len(told) < self.patience
        return Reply(text=json.dumps({"words": f"{'Ok: ' * (1 + len(told))}{text}{self.leak if leaks else ''}"}, ensure_ascii=False))


def leak_in(opened):
    """The rows of a base path, the user's message before a call that takes a value out of a result, and that value, in letters alone."""
    every = list(rows(opened.folder))
    for row in every:
        if "messages" not in row or row["certificate"]["locale"] != "en" or row["tags"]["copy_of"] or "shown" in row["certificate"]:
            continue
        for at, message in enumerate(row["messages"]):
            for call in message.get("tool_calls", ()):
                given = json.loads(call["function"]["arguments"])
                for pointer, entry in row["certificate"]["arguments"].get(call["id"], {}).items():
                    value = given.get(pointer.removeprefix("/"))
                    if "output" in entry and isinstance(value, str) and value.isalpha() and len(value) > 2:
                        first = next(m["content"] for m in row["messages"][:at] if m["role"] == "user")
                        group = [each for each in every if each["tags"]["base"] == row["tags"]["base"]]
                        if not any(value in m["content"] for m in row["messages"][:at] if m["role"] == "user"):
                            return sorted(group, key=lambda each: "messages" not in each), first, f" {value}."
    raise AssertionError("no row has such a value")


def restyle(opened, group, model, tmp_path):
    async def run():
        pool = opened.pool(1)
        try:
            with Journal(tmp_path / "journal.sqlite") as journal:
                programs = {name: load_program(name) for name in RESTYLING}
                prover = Prover(opened.spec, opened.states)
                result = await GroupRestyler(Asker(model, journal), programs, prover, pool.world).restyle(group)
                async with pool.world() as world:
                    return result, [failure for row in result.rows for failure in await prover.verify(row, world, None)]
        finally:
            await pool.close()

    return asyncio.run(run())


def first_words(row):
    return next(m["content"] for m in row.get("messages", row.get("prompt")) if m["role"] == "user")


def test_words_that_do_not_prove_are_written_again_with_the_reason(opened, tmp_path):
    group, text, leak = leak_in(opened)
    model = Model(text, leak, patience=1)
    result, failures = restyle(opened, group, model, tmp_path)
    assert failures == []
    assert any("comes from a result, yet the user says it" in line for line in model.objections)
    assert {first_words(row) for row in result.rows if first_words(row).endswith(text)} == {f"Ok: Ok: {text}"}
    assert not result.kept


def test_words_that_never_prove_are_kept_as_they_were_and_others_are_not(opened, tmp_path):
    group, text, leak = leak_in(opened)
    result, failures = restyle(opened, group, Model(text, leak, patience=9), tmp_path)
    assert failures == []
    assert {first_words(row) for row in result.rows} == {first_words(row) for row in group}
    assert sum(result.kept.values()) == 1
    assert next(iter(result.kept)).startswith("a row does not prove: ")
    assert result.said == sum(len(unit) for unit in collect(group, opened.spec).units()) - 1
    assert all("Ok: " in json.dumps(row) for row in result.rows)


def test_words_that_a_reader_misunderstands_are_written_again(opened, tmp_path):
    group, text, _ = leak_in(opened)
    model = Model(text, " never said", patience=0, misread=1)
    result, failures = restyle(opened, group, model, tmp_path)
    assert failures == []
    assert any("whoever reads it calls nothing" in line for line in model.objections)
    lost = restyle(opened, group, Model(text, " never said", patience=0, misread=9), tmp_path / "lost")[0]
    assert lost.kept == {"a reader comes to other calls": 1}
    assert {first_words(row) for row in lost.rows} == {first_words(row) for row in group}
    assert result.said == lost.said + 1
