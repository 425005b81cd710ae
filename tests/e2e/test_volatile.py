"""Results that are another each time: kept as they were, taken for nothing, left out of replays."""

import json

import pytest
from dataset import failing, forge, magnetc, rows, verify

WORLD = '''
import random


class Shop:
    def __init__(self, state, seed, now):
        self.data = state or {"orders": {}}

    def state(self):
        return self.data

    def search(self, query):
        took = random.SystemRandom().randrange(1, 10**9)
        return {"items": [{"item": f"I{number}", "name": f"{query} {number}", "score": took / (number + 7)} for number in range(2)], "took": took}

    def order(self, item):
        number = f"N{len(self.data['orders'])}"
        self.data["orders"][number] = item
        return {"order": number, "took": random.SystemRandom().randrange(1, 10**9)}

    def track(self, order):
        return {"item": self.data["orders"][order], "took": random.SystemRandom().randrange(1, 10**9)}
'''
RECIPE = """
kind: recipe
name: shop
version: 0.1.0
include: [shop.magnet]
seed: 3
world: {python: "world:Shop", now: "2026-03-02T09:00:00Z", variants: 1}
paths: {buy: 12}
negatives: {mutate: 1.0}
"""
SPEC = """
domain shop

type Took    = number unit "ms" volatile
type Score   = number volatile
type Query   = string examples "lamp", "chair", "rug"
type ItemId  = string minted
type OrderId = string minted
type Name    = string

tool search(query: Query) -> {items: [{item: ItemId, name: Name, score: Score}], took: Took} reads { "Search." }
tool order(item: ItemId) -> {order: OrderId, took: Took} writes { "Order." }
tool track(order: OrderId) -> {item: ItemId, took: Took} reads { "Track." }

graph { infer typed }
path buy {
  turns 2..4
  sample coverage
}
operations { merge(0.3)  insert(long=0.4, short=0.2, gap=1..2)  split(miss_func=0.2) }

turn search { en do "look for a {query}" }
turn order { en do "order {item}" }
turn track { en ask "where is {order}" }
refer ItemId { en "the {name}" }
refer OrderId { en "that order" }
reply search { en "There is {#items}{name}{/items}." }
reply order { en "Your order is {order}." }
reply track { en "It is on its way, I looked for {took} ms." }
capability search { en "search" }
capability order { en "order things" }
capability track { en "track orders" }
"""


def written(folder, spec):
    folder.mkdir()
    (folder / "world.py").write_text(WORLD, encoding="utf-8")
    (folder / "recipe.yaml").write_text(RECIPE, encoding="utf-8")
    (folder / "shop.magnet").write_text(spec, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def out(own_home, tmp_path_factory):
    folder = written(tmp_path_factory.mktemp("volatile") / "shop", SPEC)
    built = magnetc("build", folder, "--trust", "-o", folder / "out")
    assert built.exit_code == 0, built.output
    return folder / "out"


def test_what_is_volatile_stands_in_rows_that_are_proven(out):
    assert verify(out) == {"failures": [], "rows": sum(1 for _ in rows(out))}
    told = [json.loads(message["content"]) for row in rows(out, "sft/") for message in row["messages"] if message["role"] == "tool"]
    assert {key for result in told for key in result} >= {"took", "order", "items"}
    assert len({result["took"] for result in told}) == len(told)
    assert any("ms" in message["content"] for row in rows(out, "sft/") for message in row["messages"] if message["role"] == "assistant")
    assert any(True for _ in rows(out, "preference/"))


def test_it_is_the_source_of_no_argument(out):
    taken = [entry for row in rows(out) for leaves in row["certificate"]["arguments"].values() for entry in leaves.values() if "output" in entry]
    assert taken
    assert not any("took" in entry["at"] or "score" in entry["at"] for entry in taken)


def test_the_rest_of_a_result_has_to_replay(out, tmp_path):
    def changed(row, old, new):
        message = next((each for each in row.get("messages", ()) if each["role"] == "tool" and old in each["content"]), None)
        if message is None:
            return []
        message["content"] = message["content"].replace(old, new)
        return [row]

    forge(out, tmp_path / "item", lambda row: changed(row, '"item":"I0"', '"item":"I7"'))
    found = failing(tmp_path / "item")
    assert found
    assert all(1 in proofs for proofs in found.values())


def test_without_being_said_so_nothing_is_kept_and_probing_says_why(own_home, tmp_path):
    folder = written(tmp_path / "shop", SPEC.replace(" volatile", ""))
    built = magnetc("build", folder, "--trust", "-o", tmp_path / "out", "--paths", "4")
    assert built.exit_code != 0
    assert "does not replay" in built.output
    probed = magnetc("probe", folder, "--trust")
    assert "MG642" in probed.output
    assert "volatile" in probed.output
    said = magnetc("probe", written(tmp_path / "said", SPEC), "--trust")
    assert "MG642" not in said.output


def test_both_syntaxes_have_it(tmp_path):
    folder = written(tmp_path / "shop", SPEC)
    as_yaml = magnetc("fmt", folder, "--to", "yaml")
    assert as_yaml.exit_code == 0, as_yaml.output
    text = "".join(path.read_text(encoding="utf-8") for path in folder.glob("*.yaml"))
    assert "volatile: true" in text
    assert magnetc("check", folder).exit_code == 0
    assert magnetc("fmt", folder, "--to", "dsl").exit_code == 0
    assert 'unit "ms" volatile' in "".join(path.read_text(encoding="utf-8") for path in folder.glob("*.magnet"))
