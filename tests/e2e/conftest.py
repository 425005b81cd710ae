"""The library dataset, built once for all tests that read it."""

from pathlib import Path

import pytest
from dataset import LIBRARY, magnetc


@pytest.fixture(scope="session", autouse=True)
def own_home(tmp_path_factory: pytest.TempPathFactory):
    """Trust and caches of the user play no part in these tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MAGNETC_CONFIG", str(tmp_path_factory.mktemp("config")))
        yield


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A build of `tests/data/recipes/library`: read it, never write to it."""
    out = tmp_path_factory.mktemp("library") / "out"
    result = magnetc("build", LIBRARY, "--trust", "-o", out)
    assert result.exit_code == 0, result.output
    return out
