"""Commands run without what the user has trusted or cached."""

import pytest


@pytest.fixture(scope="session", autouse=True)
def isolated(own_home: None) -> None:
    """For every test of this folder."""
