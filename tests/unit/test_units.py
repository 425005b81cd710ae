"""Units of measure are known by their symbols and names."""

import pytest

from magnetc.surface.units import is_unit


@pytest.mark.parametrize("unit", ["km", "mi", "km/h", "°C", "GB", "kg", "l", "min", "psi", "USD", "JPY", "%", "mile", "hours", "nmi"])
def test_units(unit):
    assert is_unit(unit)


@pytest.mark.parametrize("unit", ["", "kilomotors", "XQZ", "BookingId", "1", "words"])
def test_what_is_none(unit):
    assert not is_unit(unit)
