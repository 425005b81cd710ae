"""Commands run without what the user has trusted or cached; pages are opened in a browser."""

import shutil

import pytest


@pytest.fixture(scope="session", autouse=True)
def isolated(own_home: None) -> None:
    """For every test of this folder."""


@pytest.fixture
def chromium():
    """Headless Chromium, of playwright or of the system. It ends with its test: while it runs, no command of ours can be run here."""
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with api.sync_playwright() as playwright:
        try:
            opened = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        except api.Error as error:
            pytest.skip(f"Chromium does not start: {str(error).splitlines()[0]}")
        yield opened
        opened.close()


@pytest.fixture
def page(chromium):
    """An empty page; what anything that it opens complains about fails the test."""
    page = chromium.new_page(viewport={"width": 1400, "height": 900}, reduced_motion="reduce")
    page.set_default_timeout(10_000)
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    yield page
    assert errors == []
    page.close()
