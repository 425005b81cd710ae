"""What values are said as, by type, locale and day."""

import pytest

from magnetc.ir.types import EntityType, Said
from magnetc.surface import long_date, read, read_list, say, say_list

NOW = "2026-03-02T09:00:00Z"
DATE = EntityType(name="Date", base="string", format="date")
TIME = EntityType(name="Time", base="string", format="time")
INSTANT = EntityType(name="Start", base="string", format="datetime")
USD = EntityType(name="Usd", base="number", unit="USD")
EUR = EntityType(name="Eur", base="number", unit="EUR")
NIGHTS = EntityType(name="Nights", base="integer", minimum=1, maximum=9)
SHARE = EntityType(name="Share", base="number", unit="%")
MILES = EntityType(name="Miles", base="number", unit="mi")
NUMBER = EntityType(name="number", base="number")
BOOKING = EntityType(name="BookingId", base="integer", minted=True)
CABIN = EntityType(name="Cabin", base="string", enum=("economy", "business"), said=(
    Said(value="economy", locale="fr", forms=("éco", "classe éco")),))
FLEXIBLE = EntityType(name="Flexible", base="boolean", said=(
    Said(value=True, locale="en", forms=("flexible",)), Said(value=False, locale="en", forms=("fixed",))))


def forms(value, entity, locale="en", case="", now=NOW):
    return [form.text for form in say(value, entity, locale, now, case)]


@pytest.mark.parametrize(("value", "locale", "case", "expected"), [
    ("2026-03-02", "en", "", ["today", "March 2"]),
    ("2026-03-03", "en", "on", ["tomorrow", "on March 3"]),
    ("2026-03-03", "fr", "on", ["demain", "le 3 mars"]),
    ("2026-03-05", "en", "", ["Thursday", "March 5", "the 5th"]),
    ("2026-03-05", "en", "on", ["on Thursday", "on March 5", "on the 5th"]),
    ("2026-03-05", "fr", "on", ["jeudi", "le 5 mars", "le 5"]),
    ("2026-03-12", "fr", "", ["12 mars", "le 12"]),
    ("2026-04-01", "fr", "on", ["le 1er avril", "le mercredi 1er avril"]),
    ("2027-03-12", "en", "on", ["on March 12, 2027"]),
    ("2027-03-12", "fr", "", ["12 mars 2027"]),
])
def test_dates(value, locale, case, expected):
    assert forms(value, DATE, locale, case)[:len(expected)] == expected


def test_a_day_of_the_month_is_not_said_across_a_month_end():
    assert "the 1st" not in forms("2026-04-01", DATE, now="2026-03-30T00:00:00Z")
    assert "April 1" in forms("2026-04-01", DATE, now="2026-03-30T00:00:00Z")


def test_a_date_of_next_january_needs_no_year_in_december():
    assert "January 5" in forms("2027-01-05", DATE, now="2026-12-28T00:00:00Z")
    assert "January 5" not in forms("2027-01-05", DATE)


@pytest.mark.parametrize(("text", "locale", "expected"), [
    ("12 March", "en", ("2026-03-12",)), ("the 12th of March 2026", "en", ("2026-03-12",)),
    ("Monday", "en", ("2026-03-09",)), ("Friday, March 12", "en", ()), ("February 30", "en", ()),
    ("le jeudi 12 mars", "fr", ("2026-03-12",)), ("1 avril", "fr", ("2026-04-01",)), ("someday", "en", ()),
])
def test_dates_read(text, locale, expected):
    assert read(text, DATE, locale, NOW) == expected


@pytest.mark.parametrize(("value", "locale", "case", "expected"), [
    ("07:05", "en", "", ["7:05 am", "7:05am", "07:05"]), ("15:00", "en", "on", ["at 3 pm", "at 3pm", "at 15:00"]),
    ("07:05", "fr", "", ["7 h 05", "7h05", "07:05"]), ("12:00", "fr", "at", ["à midi", "à 12 h", "à 12h", "à 12:00"]),
])
def test_times(value, locale, case, expected):
    assert forms(value, TIME, locale, case) == expected


def test_an_hour_without_its_half_of_the_day_is_ambiguous():
    assert read("7:05", TIME, "en", NOW) == ("07:05", "19:05")


def test_instants():
    assert forms("2026-03-03T15:00", INSTANT)[0] == "tomorrow at 3 pm"
    assert "March 5 at 3 pm" in forms("2026-03-05T15:00", INSTANT)
    assert "on March 5 at 3 pm" in forms("2026-03-05T15:00", INSTANT, case="on")
    assert "le 5 mars à 15 h" in forms("2026-03-05T15:00", INSTANT, "fr")
    assert read("3 pm on Thursday", INSTANT, "en", NOW) == ("2026-03-05T15:00",)


def test_a_type_keeps_the_shape_that_its_examples_have():
    zoned = EntityType(name="At", base="string", format="datetime", examples=("2026-01-01T08:00:00Z",))
    assert forms("2026-03-05T15:00:00Z", zoned)[0] == "Thursday at 3 pm"
    assert read("Thursday at 3 pm", zoned, "en", NOW) == ("2026-03-05T15:00:00Z",)
    assert forms("2026-03-05T15:00", zoned) == ["2026-03-05T15:00"]


@pytest.mark.parametrize(("value", "entity", "locale", "expected"), [
    (350, USD, "en", ["$350", "350 dollars", "350 USD"]), (350, USD, "fr", ["350 $", "350 dollars", "350 USD"]),
    (169.28, EUR, "en", ["€169.28", "169.28 euros", "169.28 EUR"]), (169.28, EUR, "fr", ["169,28 €", "169,28 euros", "169,28 EUR"]),
    (1350.5, USD, "en", ["$1,350.50", "1,350.50 dollars", "1,350.50 USD"]), (-1, USD, "en", ["-$1", "-1 dollar", "-1 USD"]),
    (1.5, EUR, "fr", ["1,50 €", "1,50 euro", "1,50 EUR"]), (12.5, SHARE, "fr", ["12,5 %", "12,5 pour cent"]),
    (12.5, SHARE, "en", ["12.5%", "12.5 percent"]), (18.6, MILES, "en", ["18.6"]), (184.0, NUMBER, "en", ["184"]),
    (1234.5, MILES, "fr", ["1234,5", "1 234,5"]), (2, NIGHTS, "en", ["2", "two"]), (2, NIGHTS, "fr", ["2", "deux"]),
    (1, NIGHTS, "fr", ["1"]), (11, NIGHTS, "en", ["11"]), (12345, BOOKING, "en", ["12345"]), (2.5, NIGHTS, "en", []),
    (True, NIGHTS, "en", []), ("two", NIGHTS, "en", []), (float("nan"), NUMBER, "en", []),
])
def test_numbers(value, entity, locale, expected):
    assert forms(value, entity, locale) == expected


def test_numbers_keep_their_json_type():
    assert [type(value) for value in read("two", NIGHTS, "en", NOW)] == [int]
    assert [type(value) for value in read("18.6", MILES, "en", NOW)] == [float]
    assert read("€350", USD, "en", NOW) == ()
    assert read("350", USD, "en", NOW) == (350,)
    assert read("2.5", NIGHTS, "en", NOW) == ()


def test_said_forms_replace_the_raw_value_where_the_locale_has_them():
    assert forms("economy", CABIN, "fr") == ["éco", "classe éco"]
    assert forms("economy", CABIN, "en") == ["economy"]
    assert forms("business", CABIN, "fr") == ["business"]
    assert read("Classe éco", CABIN, "fr", NOW) == ("economy",) == read("economy", CABIN, "fr", NOW)
    assert forms("first", CABIN) == []


def test_booleans_are_said_by_their_authors_alone():
    assert forms(True, FLEXIBLE) == ["flexible"]
    assert forms(True, FLEXIBLE, "fr") == []
    assert read("fixed", FLEXIBLE, "en", NOW) == (False,)
    assert forms(True, EntityType(name="boolean", base="boolean")) == []


def test_a_form_that_two_values_share_is_not_said():
    both = EntityType(name="Size", base="string", enum=("s", "xs"), said=(
        Said(value="s", locale="en", forms=("small", "little")), Said(value="xs", locale="en", forms=("small", "tiny"))))
    assert forms("s", both) == ["little"]
    assert read("small", both, "en", NOW) == ("s", "xs")


def test_lists():
    assert say_list(["A", "B", "C"], None, "en", NOW)[0].text == "A, B and C"
    assert say(["A", "B", "C"], None, "fr", NOW)[0].text == "A, B et C"
    dates = ["2026-03-12", "2026-03-14"]
    for form in say_list(dates, DATE, "en", NOW):
        assert read_list(form.text, DATE, "en", NOW) == (dates,)
    assert "March 12, 2026 and March 14, 2026" in [form.text for form in say_list(dates, DATE, "en", NOW)]
    assert say_list(["research and development"], None, "en", NOW) == ()
    assert say_list([], DATE, "en", NOW) == ()


def test_values_without_a_type():
    assert forms("Boston", None) == ["Boston"]
    assert read("184", None, "en", NOW) == (184, "184")
    assert forms(None, None) == forms({"a": 1}, None) == forms(None, DATE) == []


def test_the_date_of_the_system_message():
    assert long_date(NOW, "en") == "Monday, March 2, 2026"
    assert long_date("2026-03-01", "fr") == "dimanche 1er mars 2026"


def test_a_locale_without_rules_has_raw_values():
    assert forms("2026-03-12", DATE, "de") == ["2026-03-12"]
    assert read("2026-03-12", DATE, "de", NOW) == ("2026-03-12",)
    assert forms(1234.5, USD, "de") == ["1234.5"]
