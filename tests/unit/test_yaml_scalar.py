"""Plain scalars: YAML 1.2 core values, and refusals of what YAML 1.1 reads otherwise."""

import pytest

from magnetc.frontend.yaml_scalar import Rejected, plain


@pytest.mark.parametrize(("text", "value"), [
    ("", None), ("~", None), ("null", None), ("true", True), ("FALSE", False),
    ("0", 0), ("-7", -7), ("+7", 7), ("0o17", 15), ("0x1F", 31), ("9223372036854775807", (1 << 63) - 1),
    ("1.5", 1.5), (".5", 0.5), ("1.", 1.0), ("1e-3", 0.001), ("-0.0", -0.0), ("00.5", 0.5),
    ("text", "text"), ("1.0.0", "1.0.0"), ("-", "-"), (".", "."), ("...", "..."), ("2024-01", "2024-01"),
    ("y", "y"), ("nO", "nO"), ("1:99", "1:99"), ("10.0.0.1", "10.0.0.1"), ("3..7", "3..7"),
])
def test_core_values(text, value):
    assert plain(text) == value
    assert type(plain(text)) is type(value)


@pytest.mark.parametrize("text", [
    "yes", "No", "ON", "off", "012", "-012", "00", "08", "1_000", "0b11", "-0x1f", "12:30", "09:30", "1:30.5",
    "2024-01-01", "2024-01-01 10:00:00", "2024-1-1T1:00", "1_0.5",
])
def test_ambiguous(text):
    assert isinstance(plain(text), Rejected)
    assert plain(text).code == "MG115"


@pytest.mark.parametrize("text", [".inf", "-.Inf", ".NaN", "1e400", "9223372036854775808", "0x" + "f" * 20, "1" * 5000])
def test_out_of_range(text):
    assert plain(text).code == "MG122"
