"""A teacher over HTTP: a real server that is busy, breaks off, and says what it should not."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import pytest
from dataset import RECIPES, magnetc
from running import teacher

from magnetc.diagnostics import MagnetError
from magnetc.engine.journal import NAME, Journal, entries
from magnetc.ir.endpoint import Endpoint
from magnetc.teachers.ask import Asker, Request, Unusable
from magnetc.teachers.openai import client as client_module
from magnetc.teachers.openai.client import OpenAIClient
from magnetc.teachers.prompt_program import parse_program

ROOT = Path(__file__).parents[2]
PROGRAM = parse_program("count", "---\ninputs: {text: string}\noutput: {type: object, properties: {echo: {type: integer}}, required: [echo]}\n"
                                 "decoding: {temperature: 0.5, max_tokens: 20}\nrepair: 4\n---\nCount: {{ text }}\n")


def counted(reply):
    return PROGRAM.read(reply)["echo"]


async def ask_all(url, folder, texts, **endpoint):
    """What is made of the replies, and how they came about."""
    with Journal(folder / NAME) as journal:
        async with OpenAIClient(Endpoint(model="small", url=url, **endpoint)) as client:
            asker = Asker(client, journal)
            made = await asyncio.gather(*(asker.ask(PROGRAM, {"text": text}, counted) for text in texts), return_exceptions=True)
            return made, asker.yields["count"], client


@pytest.fixture
def quick(monkeypatch):
    """Waits that a test can sit through; a server that names its own is waited for as it asks."""
    monkeypatch.setattr(client_module, "_growing", lambda state: 0.01)


def test_everything_is_answered_through_faults_and_paid_once(tmp_path, quick):
    texts = [f"number {n}" for n in range(300)]
    with teacher(faults=0.3, latency=0.002) as server:
        made, yields, client = asyncio.run(ask_all(server.url, tmp_path, texts, concurrency=32))
        stats = server.stats()
        assert [each for each in made if isinstance(each, Exception)] == []
        assert made == [len(f"Count: {text}\n") for text in texts]
        assert yields["used"] == 300
        assert yields["refused"] > 10
        assert yields["journal"] == 0
        assert stats["requests"] == client.sent
        assert stats["repeats"] == 0
        assert stats["most under way"] <= 32
        assert {"429", "500", "cut", "truncated body", "empty", "refusal", "invented", "truncated json"} <= stats.keys()
        again, yields, client = asyncio.run(ask_all(server.url, tmp_path, texts))
        assert again == made
        assert client.sent == 0
        assert yields["endpoint"] == 0
        assert yields["refused"] > 10, "what was refused is in the journal too, and is read again in its place"


def test_one_question_asked_by_many_is_sent_once(tmp_path):
    with teacher(latency=0.05) as server:
        made, _, client = asyncio.run(ask_all(server.url, tmp_path, ["the same"] * 50))
        assert set(made) == {len("Count: the same\n")}
        assert client.sent == 1


def test_a_reply_that_is_never_usable_says_why(tmp_path):
    with teacher(faults=1.0, only=("refusal",)) as server:
        made, yields, _ = asyncio.run(ask_all(server.url, tmp_path, ["x"]))
        assert isinstance(made[0], Unusable)
        assert "it is not JSON" in made[0].reason
        assert yields["refused"] == 5


def test_an_endpoint_that_is_down_stops_the_command(tmp_path, quick):
    with teacher() as server:
        url = server.url
    made, _, client = asyncio.run(ask_all(url, tmp_path, [str(n) for n in range(8)], concurrency=2))
    assert all(isinstance(each, MagnetError) for each in made)
    assert {each.diagnostics[0].code for each in made} == {"MG511"}
    assert "is down" in made[-1].diagnostics[0].message
    assert client.sent == 8 * client_module.TRIES


def test_an_endpoint_that_refuses_for_good_is_not_asked_again(tmp_path):
    with teacher() as server:
        made, _, client = asyncio.run(ask_all(server.url + "/nowhere", tmp_path, ["x"]))
        assert made[0].diagnostics[0].code == "MG510"
        assert "404" in made[0].diagnostics[0].message
        assert client.sent == 1


def test_a_budget_ends_before_it_is_exceeded_by_more_than_what_is_under_way(tmp_path):
    with teacher() as server:
        made, _, client = asyncio.run(ask_all(server.url, tmp_path, [f"{n} " * 50 for n in range(60)], concurrency=4, most_tokens=600))
        stopped = [each for each in made if isinstance(each, MagnetError)]
        assert {each.diagnostics[0].code for each in stopped} == {"MG508"}
        assert 0 < len(stopped) < 60
        assert 600 <= client.budget.asked + client.budget.answered < 600 + 5 * 60
        more, yields, client = asyncio.run(ask_all(server.url, tmp_path, [f"{n} " * 50 for n in range(60)]))
        assert yields["journal"] == 60 - len(stopped)
        assert not any(isinstance(each, Exception) for each in more)


def test_prices_make_a_budget_of_money(tmp_path):
    with teacher() as server:
        made, _, client = asyncio.run(ask_all(server.url, tmp_path, [f"{n} " * 50 for n in range(40)], concurrency=2,
                                              price=(1000.0, 2000.0), most_money=0.5))
        assert any(isinstance(each, MagnetError) for each in made)
        assert client.budget.money == pytest.approx((client.budget.asked * 1000 + client.budget.answered * 2000) / 1e6)


def test_rates_hold_requests_back(tmp_path):
    """A bucket of 60 a minute is empty after 60; two more take two seconds by its own clock."""
    async def session(url):
        loop = asyncio.get_running_loop()
        before = loop.time()
        await ask_all(url, tmp_path, [str(n) for n in range(62)], requests=60)
        return loop.time() - before

    with teacher() as server:
        assert asyncio.run(session(server.url)) >= 1.5


def test_the_key_comes_from_the_environment(tmp_path, monkeypatch):
    monkeypatch.delenv("SOME_KEY", raising=False)
    with pytest.raises(MagnetError) as caught:
        OpenAIClient(Endpoint(model="m", key="SOME_KEY"))
    assert caught.value.diagnostics[0].code == "MG509"


@pytest.mark.parametrize(("dialect", "expected"), [
    ("openai", {"max_completion_tokens": 9, "temperature": 0.5}), ("vllm", {"max_tokens": 9, "temperature": 0.5, "top_k": 3}),
    ("gemini", {"max_tokens": 9, "temperature": 0.5}), ("ollama", {"max_tokens": 9, "temperature": 0.5, "top_k": 3})])
def test_dialects(dialect, expected):
    from magnetc.teachers.openai.dialects import chat_body

    request = Request(program="p", model="m", messages=({"role": "user", "content": "x"},), schema={"type": "object"},
                      decoding={"temperature": 0.5, "max_tokens": 9, "top_k": 3})
    body = chat_body(dialect, request)
    assert body.pop("response_format")["json_schema"] == {"name": "p", "schema": {"type": "object"}}
    assert {key: value for key, value in body.items() if key not in ("model", "messages")} == expected


@pytest.fixture
def judged_recipe(tmp_path):
    """A small recipe whose edges are judged, by a server at the address that is filled in."""

    def make(url):
        folder = tmp_path / "judged"
        folder.mkdir(exist_ok=True)
        (folder / "recipe.yaml").write_text(
            (RECIPES / "counter" / "recipe.yaml").read_text()
            + f'teacher: {{openai: {{model: "judge-1", endpoint: "{url}", concurrency: 8}}}}\n')
        text = (RECIPES / "counter" / "counter.magnet").read_text().replace("infer typed", "infer typed, judged")
        (folder / "counter.magnet").write_text(text)
        return folder

    return make


def test_judges_of_a_recipe(judged_recipe, own_home):
    with teacher(faults=0.3) as server:
        folder = judged_recipe(server.url)
        result = magnetc("lock", folder, "--judge", "--votes", 2)
        assert result.exit_code == 0, result.output
        lock = json.loads((folder / "magnetc.lock").read_text())
        lines = {(each["from"], each["to"]): each for each in lock["judged"]}
        assert len(lines) > 4
        assert all(sum(each.get(kind, 0) for kind in ("full", "partial", "prerequisite", "none")) == 2 for each in lines.values())
        assert lines["find_shows", "book_seats"]["values"]["show_id"] == "/shows/*/show_id"
        paid = server.stats()["requests"]
        (folder / "magnetc.lock").write_text("{}")
        result = magnetc("lock", folder, "--judge", "--votes", 2)
        assert result.exit_code == 0, result.output
        assert server.stats()["requests"] == paid, "the journal has every reply"
        assert json.loads((folder / "magnetc.lock").read_text())["judged"] == lock["judged"]
    assert len(list(entries(folder / NAME, "judge_dependency"))) >= 2 * len(lines)
    why = magnetc("graph", "why", folder, "find_shows", "book_seats")
    assert why.exit_code == 0
    assert "judge" in why.output


def test_judging_needs_judges(own_home):
    result = magnetc("lock", RECIPES / "library", "--judge")
    assert result.exit_code == 1
    assert "MG512" in result.output


def test_the_benchmark_compares_like_with_like(tmp_path):
    """Both sides ask as often, and ours keeps what it was told."""
    command = [sys.executable, ROOT / "benchmarks" / "teacher.py", "--rows", "40", "--latency", "0.001", "--json", tmp_path / "figures.json"]
    subprocess.run([str(part) for part in command], check=True, stdout=subprocess.DEVNULL)
    figures = json.loads((tmp_path / "figures.json").read_text())
    assert figures["bare"]["requests"] == figures["ours"]["requests"] == 40
    assert figures["rate_against_bare"] > 0
