"""A checkpoint as teacher: batches that change nothing, a build that loses nothing, and answers that are taken."""

import asyncio
import json
import shutil
from collections import Counter
from dataclasses import replace

import answers
import pytest
import torch
from dataset import LIBRARY, RECIPES, magnetc, rows, verify
from running import teacher

from magnetc.build.checkpoint_model import checkpoint_model
from magnetc.build.judge import candidates
from magnetc.build.model_names import REMEMBERED
from magnetc.diagnostics import MagnetError, Sink
from magnetc.engine.journal import NAME, Journal, entries
from magnetc.frontend import load
from magnetc.ir.checkpoint import Checkpoint
from magnetc.models.chat import Chat
from magnetc.models.drawn import Drawn
from magnetc.models.sample import Question, Sampler
from magnetc.models.scratch import ScratchSettings, scratch_model, scratch_tokenizer
from magnetc.teachers.ask import Asker, Request, Unusable
from magnetc.teachers.judge import PROGRAM, judge_inputs
from magnetc.teachers.prompt_program import load_program, parse_program
from magnetc.tools.importers import IMPORTERS

pytestmark = pytest.mark.train
SIZES = ScratchSettings(vocabulary=400, hidden=32, layers=2, heads=2, kv_heads=1, intermediate=32, positions=8192)
JUDGE = load_program(PROGRAM)


def random_model(tokenizer, sizes=SIZES):
    """One far from uniform, so that no token is taken by a hair."""
    made = scratch_model(sizes, tokenizer)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        for parameter in made.parameters():
            if parameter.dim() > 1:
                torch.nn.init.normal_(parameter, std=0.5)
    return made


def saved(folder, tokenizer, model):
    tokenizer.save_pretrained(folder)
    model.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def garbage(tmp_path_factory):
    """A checkpoint that answers whatever comes to it."""
    tokenizer = scratch_tokenizer([JUDGE.text], SIZES.vocabulary)
    return saved(tmp_path_factory.mktemp("models") / "garbage", tokenizer, random_model(tokenizer))


@pytest.fixture(scope="module")
def sampler(garbage):
    from magnetc.models.load import load_model, load_tokenizer

    return Sampler(load_model(garbage, dtype="auto"), Chat(load_tokenizer(garbage)))


def question(length, **how):
    return Question(messages=[{"role": "user", "content": "word " * length}], **{"most_tokens": 12, **how})


QUESTIONS = [question(1), question(60), question(7, seed=5, temperature=1.0), question(7, seed=6, temperature=1.0),
             question(200, seed=7, temperature=0.7, top_p=0.8), question(2, seed=8, temperature=2.0, top_k=9, most_tokens=5), question(33)]


def test_a_reply_is_the_same_in_any_batch(sampler):
    alone = [sampler.answer([each])[0] for each in QUESTIONS]
    assert sampler.answer(QUESTIONS) == alone
    assert sampler.answer(QUESTIONS[::-1]) == alone[::-1]
    assert sampler.answer(QUESTIONS[2:4]) == alone[2:4]
    assert alone[2].text != alone[3].text, "another number, another reply"
    assert len({each.text for each in alone}) == len(QUESTIONS)
    assert alone[5].answered == 5
    assert alone[0].asked < alone[2].asked == alone[3].asked < alone[1].asked < alone[4].asked
    assert sampler.answer([QUESTIONS[3], replace(QUESTIONS[3], seed=5)]) == [alone[3], alone[2]]


def test_the_likeliest_reply_is_that_of_the_model_without_cache_and_padding(sampler):
    model, chat = sampler._model, sampler._chat
    for each, said in zip(QUESTIONS[:2], sampler.answer(QUESTIONS)):
        ids = chat.encode(chat.render(each.messages, "", generation=True))
        asked = len(ids)
        for _ in range(each.most_tokens):
            with torch.no_grad():
                ids.append(int(model(input_ids=torch.tensor([ids])).logits[0, -1].argmax()))
        assert said.text == chat.tokenizer.decode(ids[asked:], skip_special_tokens=True)


def test_tokens_are_drawn_as_likely_as_they_are():
    """Shares of 12,000 tokens against the probabilities that they are drawn from, and none from outside of what is allowed."""
    probabilities = torch.tensor([0.05, 0.4, 0.2, 0.3, 0.05])
    kinds = {"all": ({}, [0.05, 0.4, 0.2, 0.3, 0.05]), "two": ({"top_k": 2}, [0, 4 / 7, 0, 3 / 7, 0]),
             "most": ({"top_p": 0.75}, [0, 4 / 9, 2 / 9, 3 / 9, 0]), "cold": ({"temperature": 0.5}, None),
             "greedy": ({"temperature": 0.0}, [0, 1, 0, 0, 0]), "none": ({"top_p": 0.0}, [0, 1, 0, 0, 0])}
    squares = (probabilities**2 / (probabilities**2).sum()).tolist()
    asked = [question(1, seed=seed, **{"temperature": 1.0, **how}) for how, _ in kinds.values() for seed in range(60)]
    drawn = Drawn(asked)
    counts = [Counter() for _ in kinds]
    for _ in range(200):
        scores = drawn(None, probabilities.log().repeat(len(asked), 1))
        for row, token in enumerate(scores.argmax(dim=-1).tolist()):
            counts[row // 60][token] += 1
    for (_, expected), counted in zip(kinds.values(), counts):
        for token, share in enumerate(expected or squares):
            assert counted[token] / 12_000 == pytest.approx(share, abs=0.02)
            assert share or not counted[token]


def test_a_stop_a_thought_and_a_window(sampler):
    (whole,) = sampler.answer([question(7)])
    middle = whole.text[len(whole.text) // 2]
    (cut,) = sampler.answer([question(7, stops=("never said", middle))])
    assert cut.text == whole.text.partition(middle)[0]
    assert sampler._text(sampler._chat.encode("<think>\nwell\n</think>\n\n{}"), ()) == "{}"
    fitting, too_long = sampler.answer([question(3), question(9000)])
    assert fitting == sampler.answer([question(3)])[0]
    assert too_long is None


def test_a_reply_has_no_more_than_the_window_has_room_for(garbage, sampler):
    asked = sampler.answer([question(1)])[0].asked
    sampler.window, before = asked + 3, sampler.window
    try:
        assert sampler.answer([question(1)])[0].answered == 3
    finally:
        sampler.window = before


class Full(torch.nn.Module):
    """A model on a device that is full."""

    def __init__(self, config):
        super().__init__()
        self.config, self.weight = config, torch.nn.Parameter(torch.zeros(1))

    def generate(self, **_):
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.\nmore")


def test_a_batch_that_memory_does_not_hold_is_told(sampler):
    with pytest.raises(MagnetError) as caught:
        Sampler(Full(sampler._model.config), sampler._chat).answer(QUESTIONS[:3])
    assert caught.value.diagnostics[0].code == "MG518"
    assert caught.value.diagnostics[0].notes == ("CUDA out of memory. Tried to allocate 2.00 GiB.",)


def test_who_no_longer_waits_is_not_answered_to_the_end(sampler):
    (said,) = sampler.answer([question(1, most_tokens=4000)], lambda: True)
    assert said.answered <= 1


PROGRAM_TEXT = ("---\ninputs: {text: string}\noutput: {type: object}\ndecoding: {temperature: 0.9, max_tokens: 9}\nrepair: 2\n---\n{{ text }}\n")


def test_questions_that_are_asked_together_are_answered_as_those_asked_alone(garbage, tmp_path):
    """Through the whole of it, the journal too: refused, asked again, and lost with a reason, whatever the batch."""
    program = parse_program("talk", PROGRAM_TEXT)
    texts = ["word " * n for n in (1, 40, 3, 90, 7, 8, 200)]

    async def session(batch, folder, wanted):
        with Journal(folder / NAME) as journal:
            async with checkpoint_model(Checkpoint(model=str(garbage), batch=batch), tmp_path) as model:
                asker = Asker(model, journal)
                found = await asyncio.gather(*(asker.ask(program, {"text": text}, program.read) for text in wanted), return_exceptions=True)
                return found, asker.yields["talk"], model.budget

    found, yields, budget = asyncio.run(session(4, tmp_path / "together", texts))
    assert all(isinstance(each, Unusable) and "it is not JSON" in each.reason for each in found)
    assert yields == {"endpoint": 21, "refused": 21}
    assert budget.requests == 21
    assert budget.summary().startswith("21 replies made here: ")
    asyncio.run(session(1, tmp_path / "alone", texts))
    kept = [sorted(entries(tmp_path / name / NAME)) for name in ("together", "alone")]
    assert len(kept[0]) == 21
    assert kept[0] == kept[1]
    assert asyncio.run(session(4, tmp_path / "together", texts))[1] == {"journal": 21, "refused": 21}
    (lost,), *_ = asyncio.run(session(4, tmp_path / "long", ["word " * 9000]))
    assert isinstance(lost, Unusable)
    assert lost.reason == "the question does not fit into the model's window of `8192` tokens"


@pytest.mark.parametrize(("checkpoint", "code"), [
    (Checkpoint(model="./nowhere"), "MG712"), (Checkpoint(model=".", revision="x"), "MG712"), (Checkpoint(model="{garbage}", device="cuda:77"), "MG712")])
def test_what_cannot_be_loaded_is_told_to_who_asks(garbage, tmp_path, checkpoint, code):
    checkpoint = replace(checkpoint, model=checkpoint.model.format(garbage=garbage))

    async def ask():
        async with checkpoint_model(checkpoint, tmp_path) as model:
            request = Request(program="p", model=model.name("p"), messages=({"role": "user", "content": "x"},))
            return await asyncio.gather(model.complete(request), model.complete(replace(request, sample=1)), return_exceptions=True)

    try:
        found = asyncio.run(ask())
    except MagnetError as error:
        found = [error]
    assert {each.diagnostics[0].code for each in found} == {code}


def test_a_program_whose_decoding_means_nothing_is_told(garbage, tmp_path):
    async def ask():
        async with checkpoint_model(Checkpoint(model=str(garbage)), tmp_path) as model:
            await model.complete(Request(program="p", model=model.name("p"), messages=(), decoding={"temperature": "hot"}))

    with pytest.raises(MagnetError, match="MG420"):
        asyncio.run(ask())


def point(folder, model, **more):
    """Make `model` the teacher of the recipe in `folder`."""
    path = folder / "recipe.yaml"
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("teacher:")]
    path.write_text("\n".join([*lines, f"teacher: {json.dumps({'transformers': {'model': str(model), **more}})}"]) + "\n", encoding="utf-8")
    return folder


def test_a_build_by_a_model_that_is_of_no_use_loses_nothing(own_home, garbage, tmp_path):
    folder = shutil.copytree(LIBRARY, tmp_path / "recipe", ignore=shutil.ignore_patterns("out*"))
    model = shutil.copytree(garbage, tmp_path / "teacher")
    point(folder, "../teacher", max_tokens=6, batch=8)
    planned = magnetc("plan", folder, "--trust", "--paths", 3)
    assert planned.exit_code == 0
    assert not (folder / NAME).exists(), "a plan asks nobody"

    def build(*more):
        result = magnetc("build", folder, "--trust", "--paths", 3, "-o", tmp_path / "out", *more)
        assert result.exit_code == 1
        assert not (tmp_path / "out").exists()
        assert "no words of the teacher: back_translate: it is not JSON" in result.output
        return result.output

    first = build()
    asked = list(entries(folder / NAME))
    assert len(asked) >= 3 * 4
    assert {(program, model.partition("@")[0]) for program, model, *_ in asked} == {("back_translate", "teacher")}
    assert all(0 < answered <= 6 and tokens > 100 for *_, tokens, answered in asked)
    assert len({reply for _, _, _, reply, *_ in asked}) > len(asked) // 2

    again = build()
    assert list(entries(folder / NAME)) == asked
    model.rename(tmp_path / "elsewhere")
    assert build("--replay") == again, "the journal has all that was said, and the model is not looked at"
    assert list(entries(folder / NAME)) == asked
    listed = magnetc("journal", "list", folder)
    assert "teacher@" in listed.output
    assert f"{len(asked)}" in listed.output
    assert first.count("it is not JSON") == again.count("it is not JSON")

    (tmp_path / "elsewhere").rename(model)
    config = json.loads((model / "config.json").read_text())
    (model / "config.json").write_text(json.dumps({**config, "changed": True}))
    assert magnetc("build", folder, "--trust", "--paths", 3, "-o", tmp_path / "out", "--replay").output.count("error[MG513]"), "another model"
    assert json.loads((folder / REMEMBERED).read_text()).keys() == {str(model)}


def least_margin(logits, labels):
    """By how much the least certain of the labelled tokens is ahead of the next best, in logits; negative when one is behind."""
    logits, labels = logits[labels >= 0], labels[labels >= 0, None]
    return (logits.gather(1, labels) - logits.scatter(1, labels, -torch.inf).amax(1, keepdim=True)).min().item()


def taught(folder, texts, replies, seconds_at_most=60):
    """A checkpoint that answers each text with its reply, because it has learned them by heart, and draws nothing else at any temperature up to 1."""
    from time import monotonic

    tokenizer = scratch_tokenizer([*texts, *replies], 3000)
    chat = Chat(tokenizer)
    sizes = ScratchSettings(vocabulary=3000, hidden=64, layers=1, heads=4, kv_heads=4, intermediate=96, positions=4096)
    model = scratch_model(sizes, tokenizer)
    rows = []
    for text, reply in zip(texts, replies):
        asked = chat.encode(chat.render([{"role": "user", "content": text}], "", generation=True))
        rows.append((asked, [*chat.encode(reply), tokenizer.eos_token_id]))
    width = max(len(asked) + len(said) for asked, said in rows)
    ids = torch.tensor([[*asked, *said] + [tokenizer.pad_token_id] * (width - len(asked) - len(said)) for asked, said in rows])
    labels = torch.tensor([[-100] * len(asked) + said + [-100] * (width - len(asked) - len(said)) for asked, said in rows])
    mask = (torch.arange(width) < torch.tensor([[len(asked) + len(said)] for asked, said in rows])).long()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2, weight_decay=0.0)
    began = monotonic()
    while True:
        step = model(input_ids=ids, attention_mask=mask, labels=labels)
        margin = least_margin(step.logits.detach()[:, :-1], labels[:, 1:])
        if margin > 1:
            break
        assert monotonic() - began < seconds_at_most, f"not learned in time: {margin}"
        optimizer.zero_grad()
        step.loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
    model.model.norm.weight.data *= 30 / margin
    return saved(folder, tokenizer, model)


def test_a_model_that_has_learned_it_judges_the_edges_of_a_recipe(own_home, garbage, tmp_path):
    """What it generates is parsed, checked, counted and locked; the graph has its edges."""
    folder = shutil.copytree(RECIPES / "counter", tmp_path / "recipe", ignore=shutil.ignore_patterns("out*"))
    source = folder / "counter.magnet"
    source.write_text(source.read_text(encoding="utf-8").replace("infer typed", "infer typed, judged"), encoding="utf-8")
    spec = load(folder, Sink(), IMPORTERS)
    pairs = candidates(spec, spec.graph.inference("judged"))
    texts = [JUDGE.render(**judge_inputs(spec, *pair)) for pair in pairs]
    replies = [answers.answer({"response_format": {"json_schema": {"name": PROGRAM}}, "messages": [{"content": text}]}) for text in texts]
    assert len({json.loads(reply)["kind"] for reply in replies}) > 1
    taught(tmp_path / "judge", texts, replies)

    point(folder, garbage, models={PROGRAM: "../judge"}, batch=5)
    result = magnetc("lock", folder, "--judge", "--votes", 2)
    assert result.exit_code == 0, result.output
    locked = json.loads((folder / "magnetc.lock").read_text())["judged"]
    judged = {(each["from"], each["to"]): each for each in locked}
    assert set(judged) == set(pairs)
    for pair, reply in zip(pairs, map(json.loads, replies)):
        assert judged[pair][reply["kind"]] == 2, "both votes are what it has learned"
        assert judged[pair].get("values", {}) == reply.get("values", {})
    assert {model.partition("@")[0] for _, model, *_ in entries(folder / NAME)} == {"judge"}
    why = magnetc("graph", "why", folder, "find_shows", "book_seats")
    assert "judge" in why.output
    (folder / "magnetc.lock").write_text("{}")
    paid = len(list(entries(folder / NAME)))
    again = magnetc("lock", folder, "--judge", "--votes", 2)
    assert "made here" not in again.output, "the journal has every reply"
    assert len(list(entries(folder / NAME))) == paid
    assert json.loads((folder / "magnetc.lock").read_text())["judged"] == locked


def test_a_model_that_has_learned_what_another_says_writes_the_same_dataset(own_home, tmp_path):
    """A hosted teacher writes it first; from its journal a small model learns the answers, and is the teacher of the second build."""
    folder = shutil.copytree(LIBRARY, tmp_path / "recipe", ignore=shutil.ignore_patterns("out*"))
    assert magnetc("build", folder, "--trust", "--paths", 1, "-o", tmp_path / "offline").exit_code == 0
    recipe = folder / "recipe.yaml"
    plain = recipe.read_text(encoding="utf-8")
    with teacher(rows=tmp_path / "offline" / "sft") as server:
        recipe.write_text(plain + f'teacher: {{openai: {{model: large, endpoint: "{server.url}"}}}}\n', encoding="utf-8")
        result = magnetc("build", folder, "--trust", "--paths", 1, "-o", tmp_path / "hosted")
        assert result.exit_code == 0, result.output
    known = {json.loads(request)["messages"][0]["content"]: reply for _, _, request, reply, *_ in entries(folder / NAME)}
    assert len(known) > 5
    taught(tmp_path / "small", list(known), list(known.values()))

    point(folder, "../small", batch=4)
    result = magnetc("build", folder, "--trust", "--paths", 1, "-o", tmp_path / "out", "--json")
    assert result.exit_code == 0, result.output
    assert "made here" in result.stderr
    said = json.loads(result.stdout)["teacher"]
    assert sum(counts["used"] for counts in said.values()) >= len(known)
    assert not any(counts.get("refused") for counts in said.values())
    assert list(rows(tmp_path / "out")) == list(rows(tmp_path / "hosted"))
    assert verify(tmp_path / "out")["failures"] == []
    shutil.rmtree(tmp_path / "small")
    assert magnetc("build", folder, "--trust", "--paths", 1, "-o", tmp_path / "again", "--replay").exit_code == 0
    assert list(rows(tmp_path / "again")) == list(rows(tmp_path / "out"))


def test_a_model_that_says_nothing_of_use_restyles_nothing(library, garbage, tmp_path):
    folder = point(shutil.copytree(LIBRARY, tmp_path / "recipe", ignore=shutil.ignore_patterns("out*")), garbage, max_tokens=4, batch=32)
    result = magnetc("restyle", library, "-o", tmp_path / "out", "--teacher", folder, "--trust", "--json")
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert (told["restyled"], told["changed"]) == (0, 0)
    assert {reason.partition(": ")[0] for reason in told["kept"]} == {"restyle"}
    assert told["teacher"]["restyle"]["endpoint"] == len(list(entries(folder / NAME, "restyle"))) > 100
    assert list(rows(tmp_path / "out")) == list(rows(library))
    assert verify(tmp_path / "out")["failures"] == []
