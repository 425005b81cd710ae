"""How users speak: styles that stay, follow-ups that react, forms that frames ask for, weights."""

from collections import Counter
from dataclasses import replace

import pytest
from test_offline_teacher import library, spec_of

from magnetc.ir.path import Call, SignaturePath
from magnetc.ir.spec import STYLES
from magnetc.ir.trajectory import Words
from magnetc.teachers.conversation import Conversation, Executed
from magnetc.teachers.offline.frames import came_to, user_frame, user_frames
from magnetc.teachers.offline.spoken import Spoken, joined

NOW = "2026-03-02T09:00:00Z"


def conversation(number=0, styles=None, executed=()):
    spec = spec_of()
    if styles:
        spec = replace(spec, recipe=replace(spec.recipe, styles=styles))
    path = SignaturePath(id=f"trip-{number}", base=f"trip-{number}", name="trip", locale="en", variant=0, turns=())
    return Conversation(spec, path, NOW, None, executed=list(executed))


def done(spec_tool, result):
    return Executed(Call(id="c0", function=spec_tool, goal="c0"), 0, {}, result)


def test_users_have_the_styles_of_the_recipe_in_its_shares():
    met = Counter(conversation(number).style for number in range(400))
    assert set(met) == set(STYLES)
    assert max(met.values()) < 2 * min(met.values())
    assert {conversation(number, (("formal", 1.0),)).style for number in range(9)} == {"formal"}


def test_a_user_keeps_to_a_style():
    frames = {(name, frame.text): frame.style for name, group in library("en").groups for frame in group}
    for number in range(20):
        own = conversation(number)
        said = {frames[group, user_frame(own, group, "t", turn)] for group in ("do", "ask", "say", "open", "follow") for turn in range(30)}
        assert own.style in said
        assert said & set(STYLES) == {own.style}


@pytest.mark.parametrize(("tool", "result", "expected"), [
    ("list_cities", {"cities": ["Oslo"]}, "reads"), ("list_cities", {"cities": []}, "nothing"), ("get_zipcode", {"zipcode": "1"}, "reads"),
])
def test_a_follow_up_reacts_to_the_last_result(tool, result, expected):
    own = conversation(executed=[done(tool, result)])
    assert came_to(own) == expected
    reactions = {frame.after for frame in user_frames(own, "follow", "k")}
    assert reactions == {"", expected}


def test_before_the_first_result_nobody_reacts():
    assert {frame.after for frame in user_frames(conversation(), "follow", "k")} == {""}


def test_joined_phrases_are_inflected_as_their_frame_asks():
    one = Spoken("do", (Words("宿を探す"),), {"te": (Words("宿を探して"),)})
    other = Spoken("do", (Words("部屋を取る"),), {"te": (Words("部屋を取って"),)})
    whole = joined(one, other, library("ja").of["join_do"][:1], "ja")
    assert [part.text for part in whole.parts] == ["宿を探して、部屋を取る"]
    assert [part.text for part in whole.forms["te"]] == ["宿を探して、部屋を取って"]
    bare = Spoken("do", (Words("部屋を取る"),))
    assert joined(bare, other, library("ja").of["join_do"], "ja") is None, "the first has no form te"


@pytest.mark.parametrize(("locale", "question", "capability"), [
    ("en", "At what time", "send messages"), ("fr", "À quelle heure", "envoyer des messages"), ("ja", "何時ですか", "メッセージを送る")])
def test_clarifications_and_refusals_name_what_is_missing_in_many_words(locale, question, capability):
    """Masked, at least 40 of each are left; each has the question or the capability once, and no digit or tool of its own."""
    for group, missing in (("clarify", question), ("refuse", capability)):
        texts = library(locale).texts[group]
        skeletons = {text.casefold() for text in texts}
        assert len(skeletons) >= 40
        for text in texts:
            filled = text.replace("{Question}", missing).replace("{question}", missing).replace("{capability}", missing)
            filled = filled.replace("{Capability}", missing)
            assert filled.count(missing) == 1
            assert "{" not in filled
            assert not any(char.isdigit() for char in filled)
