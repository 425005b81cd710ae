"""Conversations with every kind of system message, and without one: proven, and alike otherwise."""

import shutil
from copy import deepcopy

import pytest
import yaml
from dataset import LIBRARY, failing, forge, magnetc, rows, sides, verify

from magnetc.surface import depends_on_today

pytestmark = pytest.mark.slow

FRAMES = yaml.safe_load((LIBRARY.parents[3] / "specs" / "std" / "frames" / "en.yaml").read_text(encoding="utf-8"))


def edit(path, change):
    document = yaml.safe_load(path.read_text())
    change(document)
    path.write_text(yaml.safe_dump(document, sort_keys=False))


def build(folder, **shares):
    """The library with these shares of system messages, and with conversations that need none."""
    recipe = shutil.copytree(LIBRARY, folder / "recipe")
    edit(recipe / "operations.yaml", lambda document: document["operations"].append({"system": shares}))
    edit(recipe / "paths.yaml", lambda document: document["paths"].update(search={"turns": [1, 2], "within": ["find_books"]}))
    edit(recipe / "recipe.yaml", lambda document: document["paths"].update(search=8))
    result = magnetc("build", recipe, "--trust", "-o", folder / "out")
    assert result.exit_code == 0, result.output
    return folder / "out"


@pytest.fixture(scope="module")
def bare(own_home, tmp_path_factory):
    return build(tmp_path_factory.mktemp("bare"), none=1)


@pytest.fixture(scope="module")
def mixed(own_home, tmp_path_factory):
    return build(tmp_path_factory.mktemp("mixed"), none=0.1, plain=0.2, paraphrased=0.3, policy=0.4)


def systems(out):
    """The system message of each row, or an empty text."""
    return {row["id"]: (m["content"] if (m := sides(row)[0][0])["role"] == "system" else "") for row in rows(out)}


def test_every_proof_holds(bare, mixed):
    for out in (bare, mixed):
        assert verify(out)["failures"] == []


def test_there_is_none_where_none_is_needed(bare, library):
    found, plain = systems(bare), systems(library)
    assert 0 < sum(not text for text in found.values()) < len(found)
    for row in rows(bare):
        entries = [entry for leaves in row["certificate"]["arguments"].values() for entry in leaves.values()]
        needed = any("system" in entry for entry in entries) or any(
            depends_on_today(entry["said"], "en", row["certificate"]["world"]["now"]) for entry in entries if "user" in entry)
        assert needed <= bool(found[row["id"]])
    assert all(text in ("", plain.get(name, text)) for name, text in found.items())


def test_apart_from_the_system_message_conversations_are_as_they_were(bare, mixed, library):
    plain = {row["id"]: row for row in rows(library, "sft/")}
    for out in (bare, mixed):
        for row in rows(out, "sft/"):
            if row["tags"]["path"] == "search":
                continue
            assert [m for m in row["messages"] if m["role"] != "system"] == [m for m in plain[row["id"]]["messages"] if m["role"] != "system"]


def test_other_words_hold_what_the_plain_message_says(mixed, library):
    plain, rules = systems(library), {frame["text"] for frame in FRAMES["system_policy"]}
    ruled = reworded = 0
    for name, text in systems(mixed).items():
        if name not in plain or not text:
            continue
        assert plain[name] in text or plain[name][1:] in text
        stated = [rule for rule in rules if rule in text]
        ruled += bool(stated)
        reworded += text != plain[name] and not stated
        assert len(stated) in (0, 2, 3, 4)
    assert ruled
    assert reworded


def test_a_needed_system_message_cannot_be_taken_away(library, tmp_path):
    def without(row):
        entries = [entry for leaves in row["certificate"]["arguments"].values() for entry in leaves.values()]
        if "messages" in row and (any("system" in e for e in entries) or any(
                depends_on_today(e["said"], "en", row["certificate"]["world"]["now"]) for e in entries if "user" in e)):
            copy = deepcopy(row)
            del copy["messages"][0]
            certificate = copy["certificate"]
            for member in ("replies", "refused"):
                certificate[member] = {str(int(index) - 1): value for index, value in certificate[member].items()}
            yield copy

    ids = forge(library, tmp_path / "out", without)
    found = failing(tmp_path / "out")
    assert ids
    assert all(3 in found.get(each, set()) for each in ids)
