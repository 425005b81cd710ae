"""Which words say a day only to who knows today's date."""

import pytest

from magnetc.surface import depends_on_today

NOW = "2026-03-02T09:00:00Z"


@pytest.mark.parametrize(("text", "locale"), [
    ("tomorrow", "en"), ("March 4", "en"), ("Tuesday", "en"), ("tomorrow at 6 pm", "en"), ("May 5 at noon", "en"), ("demain", "fr"),
    ("le 4 mars", "fr"), ("4 mars", "fr-FR"),
])
def test_relative(text, locale):
    assert depends_on_today(text, locale, NOW)


@pytest.mark.parametrize(("text", "locale"), [
    ("March 4, 2027", "en"), ("2026-03-04", "en"), ("Berlin", "en"), ("4", "en"), ("18:30", "en"), ("", "en"), ("4 mars 2027", "fr"), ("tomorrow", "de"),
])
def test_absolute(text, locale):
    assert not depends_on_today(text, locale, NOW)


def test_a_date_of_this_year_is_the_same_tomorrow():
    assert not depends_on_today("March 13", "en", NOW, (1,))
    assert depends_on_today("tomorrow", "en", NOW, (1,))
