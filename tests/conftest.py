"""Options and fixtures of the whole suite."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write what the tests see into the golden files")


@pytest.fixture(scope="session", autouse=True)
def nothing_kept() -> Iterator[None]:
    """Checks of recipes in this repository leave nothing beside them, and find nothing there."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MAGNETC_NO_CACHE", "1")
        yield


@pytest.fixture(scope="session")
def own_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Trust and caches of the user play no part in tests that run commands."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MAGNETC_CONFIG", str(tmp_path_factory.mktemp("config")))
        yield


@pytest.fixture(scope="session")
def library(own_home: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A build of `tests/data/recipes/library`: read it, never write to it."""
    from dataset import LIBRARY, magnetc

    out = tmp_path_factory.mktemp("library") / "out"
    result = magnetc("build", LIBRARY, "--trust", "-o", out)
    assert result.exit_code == 0, result.output
    return out


@pytest.fixture(scope="session")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The corpus of broken recipes, a folder each: read it, never write to it."""
    from corpus import CASES, assembled

    into = tmp_path_factory.mktemp("broken")
    for case in CASES:
        assembled(case, into)
    return into


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[Path, str], None]:
    """Compare a text with a golden file, or write it there under `--update-golden`."""

    def check(path: Path, actual: str) -> None:
        if request.config.getoption("--update-golden"):
            path.write_text(actual, encoding="utf-8", newline="\n")
        assert path.exists(), f"{path.name} is missing: run pytest with --update-golden and review it"
        assert actual == path.read_text(encoding="utf-8")

    return check
