"""The shipped frames: shape, placeholders, counts and the conventions of each language."""

import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
import yaml

FRAMES = Path(__file__).parents[2] / "specs" / "std" / "frames"
LOCALES = ("en", "fr", "ja")

PLACEHOLDERS = {
    "do": {"phrase"}, "say": {"phrase"}, "ask": {"phrase"}, "join_do": {"a", "b"}, "next": {"A", "b"}, "open": {"S"},
    "follow": {"S"}, "answer": {"value"}, "announce": {"capability"}, "clarify": {"question"}, "refuse": {"capability"},
    "not_one_of": {"value", "choices"}, "not_between": {"value", "low", "high"}, "not_valid": {"value"}, "again": {"phrase"}, "recall": {"S"},
    "chitchat": set(), "system": {"context"}, "system_policy": set(), "system_date": {"date"}, "system_profile": {"profile"}, "done": set(), "error": {"message"},
    "correct": {"new"}, "correct_from": {"old", "new"},
    "correct_after": {"old", "new"}, "refused": {"error", "question"}, "amend": {"new"},
    "unknown": set(), "insist": {"S"},
}
LEAST = {
    "do": 30, "say": 10, "ask": 14, "join_do": 8, "next": 12, "open": 16, "follow": 24, "answer": 24, "announce": 24,
    "clarify": 40, "refuse": 40, "not_one_of": 10, "not_between": 8, "not_valid": 6, "again": 12, "recall": 8, "chitchat": 30, "system": 6, "system_policy": 8, "system_date": 6, "system_profile": 6, "done": 6, "error": 6,
    "correct": 15, "correct_from": 15, "correct_after": 15, "refused": 15, "amend": 15, "unknown": 5, "insist": 5,
}
CAPITALISED = {"do", "say", "ask", "answer", "clarify", "system", "not_one_of", "not_between", "not_valid", "again", "refused", "amend"}


@cache
def frames(locale):
    return yaml.safe_load((FRAMES / f"{locale}.yaml").read_text(encoding="utf-8"))


def texts(locale):
    """Each text with its group, and what small talk is answered with."""
    return [(group, frame[key]) for group in LEAST for frame in frames(locale)[group] for key in ("text", "answer") if key in frame]


@pytest.mark.parametrize("locale", LOCALES)
def test_shape(locale):
    document = dict(frames(locale))
    assert document.pop("kind") == "frames"
    assert document.pop("locale") == locale
    assert all(isinstance(word, str) and isinstance(short, str) for word, short in document.pop("elide").items())
    assert all(isinstance(word, str) for word in document.pop("prepositions"))
    assert document.keys() == LEAST.keys()
    for group, items in document.items():
        assert len(items) >= LEAST[group], group
        for item in items:
            assert item.keys() <= {"style", "text"} | {"chitchat": {"answer"}, "follow": {"after"}}.get(group, set())
            assert item["text"] == item["text"].strip()
            assert "  " not in item["text"]


@pytest.mark.parametrize("locale", LOCALES)
def test_each_text_has_exactly_the_placeholders_of_its_group(locale):
    for group, text in texts(locale):
        found = re.findall(r"\{(\w+)(?::ing|:te)?\}", text)
        assert text.count("{") == text.count("}") == len(found), text
        wanted = PLACEHOLDERS[group]
        named = {name.lower() for name in found} if group in CAPITALISED else {name.replace("B", "b") for name in found}
        assert named == wanted, text
        assert len(found) == len(wanted), text


@pytest.mark.parametrize("locale", LOCALES)
def test_no_duplicates(locale):
    for group, count in Counter((group, text.casefold()) for group, text in texts(locale)).items():
        assert count == 1, group


@pytest.mark.parametrize("locale", LOCALES)
def test_what_a_user_says_comes_in_all_styles(locale):
    for group in ("do", "say", "ask", "open", "follow", "answer", "again", "correct"):
        own = [frame["style"] for frame in frames(locale)[group] if "after" not in frame]
        assert {"terse", "polite", "indirect", "hurried", "chatty"} <= set(own) | ({"indirect"} if group == "open" else set()), group


@pytest.mark.parametrize("locale", LOCALES)
def test_a_follow_up_reacts_to_what_was_told_done_or_not_found(locale):
    for after in ("reads", "writes", "nothing"):
        styles = {frame["style"] for frame in frames(locale)["follow"] if frame.get("after") == after}
        assert {"plain", "terse", "polite", "indirect", "hurried", "chatty"} - styles <= {"plain"}, after


@pytest.mark.parametrize("locale", LOCALES)
def test_a_placeholder_that_starts_a_sentence_is_capitalised(locale):
    for group, text in texts(locale):
        for match in re.finditer(r"\{(\w+)\}", text):
            starts = match.start() == 0 or bool(re.search(r"[.?!] $", text[:match.start()]))
            if group in CAPITALISED:
                assert match[1][0].isupper() == starts, text


def test_punctuation_of_each_language():
    for _, text in texts("en"):
        assert not re.search(r"\s[?!:;,.]", text), text
    for _, text in texts("fr"):
        assert not re.search(r"[^\s][?!:;]", text), text
        assert not re.search("[\u202f\u00a0]", text), text


def test_french_addresses_with_vous_alone():
    informal = re.compile(r"\b(tu|te|toi|ton|ta|tes|t'|peux-tu|pourrais-tu|salut|stp)\b", re.IGNORECASE)
    for _, text in texts("fr"):
        assert not informal.search(text), text


def test_frames_resolve_as_the_front_end_reads_them():
    from magnetc.diagnostics import Sink
    from magnetc.frontend import resolve_frames as module
    from magnetc.source import Origin

    assert {group: {name.lower() for name in names} for group, names in PLACEHOLDERS.items()} == {
        group: set(names) for group, names in module.PLACEHOLDERS.items()}
    for locale in LOCALES:
        sink = Sink()
        groups = module._groups(frames(locale), Origin(f"{locale}.yaml", ""), sink)
        assert not sink.diagnostics
        assert all(groups[name] for name in LEAST)


@pytest.mark.parametrize("locale", LOCALES)
def test_small_talk_states_nothing_and_has_an_answer(locale):
    pairs = frames(locale)["chitchat"]
    assert {pair["style"] for pair in pairs} == {"thanks", "talk", "close"}
    assert sum(pair["style"] != "close" for pair in pairs) >= 30
    for pair in pairs:
        assert pair["answer"] != pair["text"]
        assert not re.search(r"\d", pair["text"] + pair["answer"])
