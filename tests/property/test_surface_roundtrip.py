"""`read` is the exact inverse of `say`: each form means one value, the one it was said for."""

from datetime import date, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from magnetc.ir.types import EntityType
from magnetc.surface import occurs, read, read_list, say, say_list
from magnetc.surface.notation import same

LOCALES = st.sampled_from(["en", "fr", "fr_CA", "de"])
CASES = st.sampled_from(["", "on", "at", "unknown"])
TODAY = st.one_of(
    st.dates(date(2000, 1, 1), date(2060, 12, 31)),
    st.builds(lambda year, month, shift: date(year, month, 1) + timedelta(shift),
              st.integers(2019, 2032), st.integers(1, 12), st.integers(-3, 3)))
OFFSETS = st.one_of(st.integers(-70, 400), st.integers(-3, 40), st.integers(-20_000, 20_000))

DATE = EntityType(name="Date", base="string", format="date")
SHAPES = ("%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M+01:00")
NUMBERS = [EntityType(name=f"{base}{unit}", base=base, unit=unit, minimum=0, maximum=9)
           for base in ("number", "integer") for unit in (None, "mi", "%", "USD", "EUR", "JPY", "CHF", "CAD", "INR")]
NUMBERS += [EntityType(name="Id", base="integer", minted=True), EntityType(name="number", base="number")]
VALUES = st.one_of(st.integers(-20, 2000), st.integers(), st.floats(allow_nan=False, allow_infinity=False),
                   st.floats(-1e6, 1e6).map(lambda value: round(value, 2)), st.floats(0, 50).map(lambda value: round(value, 1)))

fast = settings(max_examples=300, deadline=None)


def exact(value, entity, locale, now, case=""):
    """The forms, after checking that each means `value` and nothing else, and that `occurs` finds it."""
    forms = say(value, entity, locale, now, case)
    assert len({form.text for form in forms}) == len(forms)
    for form in forms:
        found = read(form.text, entity, locale, now)
        assert len(found) == 1, (form, found)
        assert same(found[0], value), (form, found)
        assert form.text in ("one", "un") or occurs(value, entity, locale, now, f"So, {form.text}, then.")
    return forms


@fast
@given(TODAY, OFFSETS, LOCALES, CASES)
def test_dates(today, offset, locale, case):
    day = today + timedelta(offset)
    assert exact(day.isoformat(), DATE, locale, today.isoformat(), case)


def test_dates_around_every_month_end():
    for year in (2023, 2024, 2026):
        for month in range(1, 13):
            for shift in (-2, -1, 0):
                today = date(year, month, 1) + timedelta(shift)
                for offset in (-31, -1, 0, 1, 2, 6, 7, 8, 27, 31, 300, 365):
                    for locale in ("en", "fr"):
                        assert exact((today + timedelta(offset)).isoformat(), DATE, locale, today.isoformat())


@fast
@given(st.times(), st.booleans(), LOCALES, CASES)
def test_times(time, seconds, locale, case):
    written = "%H:%M:%S" if seconds else "%H:%M"
    entity = EntityType(name="Time", base="string", format="time", examples=(datetime(2026, 1, 1).strftime(written),))
    assert exact(time.strftime(written), entity, locale, "2026-03-02T09:00:00Z", case)


@fast
@given(TODAY, OFFSETS, st.times(), st.sampled_from(SHAPES), st.sampled_from(SHAPES), LOCALES, CASES)
def test_instants(today, offset, time, written, expected, locale, case):
    entity = EntityType(name="At", base="string", format="datetime", examples=(datetime(2026, 1, 1).strftime(expected),))
    value = datetime.combine(today + timedelta(offset), time).strftime(written)
    assert exact(value, entity, locale, today.isoformat(), case)


@fast
@given(VALUES, st.sampled_from(NUMBERS), LOCALES)
def test_numbers(value, entity, locale):
    forms = exact(value, entity, locale, "2026-03-02")
    assert forms or (entity.base == "integer" and value != int(value))


@fast
@given(st.text(min_size=1), LOCALES, st.booleans())
def test_strings_are_said_as_they_are(text, locale, minted):
    forms = say(text, EntityType(name="Title", base="string", minted=minted), locale, "2026-03-02")
    assert [form.text for form in forms] == ([text] if text.strip() else [])
    assert read(text, EntityType(name="Title", base="string"), locale, "2026-03-02") == ((text,) if text.strip() else ())


@fast
@given(st.lists(VALUES, min_size=1, max_size=5), st.sampled_from(NUMBERS), LOCALES)
def test_lists_of_numbers(values, entity, locale):
    for form in say_list(values, entity, locale, "2026-03-02"):
        assert read_list(form.text, entity, locale, "2026-03-02") == (values,)


@settings(max_examples=100, deadline=None)
@given(TODAY, st.lists(st.integers(0, 60), min_size=1, max_size=4), LOCALES)
def test_lists_of_dates(today, offsets, locale):
    values = [(today + timedelta(offset)).isoformat() for offset in offsets]
    forms = say_list(values, DATE, locale, today.isoformat())
    assert forms
    for form in forms:
        assert read_list(form.text, DATE, locale, today.isoformat()) == (values,)


@fast
@given(st.text(max_size=30), st.sampled_from([DATE, *NUMBERS, EntityType(name="T", base="string", format="time"),
                                              EntityType(name="At", base="string", format="datetime"), None]), LOCALES)
def test_any_text_can_be_read(text, entity, locale):
    for value in read(text, entity, locale, "2026-03-02"):
        assert value is not None
    read_list(text, entity, locale, "2026-03-02")
