"""Goals of one turn that ask a tool for different things are said in one phrase, where that reads well."""

import pytest

from magnetc.ir.path import Call
from magnetc.ir.script import Goal
from magnetc.ir.spec import Frames
from magnetc.ir.trajectory import Value, Words
from magnetc.teachers.offline.twins import in_one_phrase, says_the_same
from magnetc.teachers.offline.words import GoalWords

EN = Frames(locale="en", groups=(), prepositions=("from", "in", "of"))
FR = Frames(locale="fr", groups=(), elide=(("de", "d'"),), prepositions=("de", "à"))


def words(text, mood="do"):
    """`[x]` is a value."""
    parts = []
    for piece in text.replace("]", "[").split("["):
        parts.append(Words(piece) if len(parts) % 2 == 0 else Value(piece))
    return GoalWords(mood, tuple(part for part in parts if part.text), {}, ())


def said(frames, *texts, tools=None, mood="do"):
    goals = [Goal(calls=(Call(id=f"c{i}", function=(tools or ["look"] * len(texts))[i], goal=f"c{i}"),)) for i in range(len(texts))]
    made = in_one_phrase(goals, [words(text, mood) for text in texts], frames)
    return ["".join(part.text for part in phrase.parts) for phrase in made]


@pytest.mark.parametrize(("frames", "texts", "expected"), [
    (EN, ["fly from [Oslo] to [Rome]", "fly from [Lyon] to [Bern]"], ["fly from Oslo to Rome and from Lyon to Bern"]),
    (EN, ["rooms in [Oslo]", "rooms in [Rome]", "rooms in [Bern]"], ["rooms in Oslo, in Rome and in Bern"]),
    (EN, ["look up [Mara]", "look up [Jonas]"], ["look up Mara and Jonas"]),
    (EN, ["a room in [Oslo], with [4] stars", "a room in [Rome], with [5] stars"],
     ["a room in Oslo, with 4 stars, and in Rome, with 5 stars"]),
    (FR, ["l'adresse de [Jonas]", "l'adresse d'[Anna]"], ["l'adresse de Jonas et d'Anna"]),
])
def test_twins_are_one_phrase(frames, texts, expected):
    assert said(frames, *texts) == expected


@pytest.mark.parametrize("texts", [
    ["find [Mara] in my contacts", "find [Jonas] in my contacts"],
    ["rooms in [Oslo]", "rooms in [Rome] with [5] stars"],
    ["[Oslo] to [Rome]", "[Lyon] to [Bern]"],
    ["rooms in [Oslo]", "a bed in [Rome]"],
])
def test_twins_that_do_not_share_a_beginning_stay_apart(texts):
    assert said(EN, *texts) == [text.replace("[", "").replace("]", "") for text in texts]


def test_only_neighbours_of_one_tool_are_twins():
    texts = ["rooms in [Oslo]", "rooms in [Rome]"]
    assert len(said(EN, *texts, tools=["look", "see"])) == 2


def test_the_same_request_is_known_whatever_call_it_is_for():
    one, other = words("rooms in [Oslo]"), words("rooms in [Oslo]")
    assert says_the_same(one, other)
    assert not says_the_same(one, words("rooms in [Rome]"))
