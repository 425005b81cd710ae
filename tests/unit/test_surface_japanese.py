"""Japanese: what is said is read back, particles behind, no spaces between words."""

from datetime import date, timedelta

import pytest

from magnetc.ir.types import EntityType
from magnetc.surface import join, long_date, lower_first, occurs, read, read_list, say, say_list

NOW = "2026-03-02T09:00:00Z"
DATE = EntityType(name="Date", base="string", format="date")
TIME = EntityType(name="Time", base="string", format="time")
INSTANT = EntityType(name="DateTime", base="string", format="datetime")
YEN = EntityType(name="Yen", base="number", unit="JPY")
COUNT = EntityType(name="Count", base="integer", minimum=1, maximum=90)


def texts(value, entity, case=""):
    return [form.text for form in say(value, entity, "ja", NOW, case)]


def test_dates():
    assert texts("2026-03-03", DATE, "on") == ["明日", "3月3日に", "3月3日（火）に", "2026年3月3日に", "2026-03-03に"]
    assert texts("2026-03-12", DATE)[:2] == ["3月12日", "12日"]
    assert long_date(NOW, "ja") == "2026年3月2日月曜日"


def test_times_and_instants():
    assert texts("15:30", TIME) == ["午後3時30分", "15時30分", "午後3時半", "15:30"]
    assert texts("12:00", TIME, "at")[0] == "正午に"
    assert texts("2026-03-05T15:00", INSTANT)[1] == "3月5日の午後3時"


def test_amounts_and_lists():
    assert texts(8000, YEN)[0] == "8,000円"
    assert join(["箱根", "京都", "金沢"], "ja") == "箱根、京都、金沢"
    assert say_list(["2026-03-12", "2026-03-13"], DATE, "ja", NOW)[0].text == "3月12日、3月13日"


@pytest.mark.parametrize("offset", range(0, 400, 7))
def test_every_form_is_read_back(offset):
    day = (date(2026, 3, 2) + timedelta(days=offset)).isoformat()
    for entity, value in ((DATE, day), (INSTANT, f"{day}T{offset % 24:02d}:{offset % 60:02d}"), (TIME, f"{offset % 24:02d}:{offset % 60:02d}")):
        for case in ("", "on"):
            forms = texts(value, entity, case)
            assert forms
            for text in forms:
                assert read(text, entity, "ja", NOW) == (value,), text
    assert read_list("3月12日、3月13日", DATE, "ja", NOW) == (["2026-03-12", "2026-03-13"],)


@pytest.mark.parametrize("text", ["13月1日", "2月30日", "25時", "午後13時", "金曜の夜", "2026年5日"])
def test_what_is_no_date_or_time_is_not_read(text):
    assert read(text, DATE, "ja", NOW) == ()
    assert read(text, TIME, "ja", NOW) == ()


@pytest.mark.parametrize(("value", "entity", "text", "expected"), [
    ("箱根", None, "箱根から京都まで", True), (3, COUNT, "3泊します", True), (3, COUNT, "3月に行きます", False), (3, COUNT, "13泊します", False)])
def test_a_value_stands_between_words_without_spaces(value, entity, text, expected):
    assert occurs(value, entity, "ja", NOW, text) is expected


def test_nothing_has_case():
    assert lower_first("Mara さん", "ja") == "Mara さん"
