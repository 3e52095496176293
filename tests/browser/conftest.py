"""Notebook programs in a headless Chromium: what a reader sees, clicks and gets."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import servers
from bare import Bare
from lab import Lab
from servers import CHROMIUM, jupyter, serving
from visit import MINUTE, VIEWPORT

MARIMO = ["--headless", "--no-token", "--host=127.0.0.1"]
MARIMO_SETTINGS = """\
[tool.marimo.runtime]
auto_instantiate = true
[tool.marimo.display]
theme = "system"
"""


def pytest_collection_modifyitems(items):
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.timeout(240))


@pytest.fixture(scope="session")
def chromium() -> str:
    """The program; without one the tests are skipped, which CI does not accept."""
    found = servers.chromium()
    if found is None:
        say = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        say("no Chromium: `make browser` installs it, or install the package 'chromium' of your system")
    return found


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the notebooks of the tests are."""
    return tmp_path_factory.mktemp("notebooks")


@pytest.fixture(scope="session")
def server(folder: Path, own_home: Path) -> Iterator[str]:
    """A Jupyter server of our own, with JupyterLab, Notebook 7 and Voila; its address."""
    with jupyter(folder, own_home) as address:
        yield address


@pytest.fixture(scope="session")
def marimo_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the marimo notebooks are; all cells run when one is opened, in the theme of the system."""
    folder = tmp_path_factory.mktemp("marimo")
    (folder / "pyproject.toml").write_text(MARIMO_SETTINGS, encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def marimo_edit(marimo_folder: Path) -> Iterator[str]:
    """A marimo server for editing."""
    command = ["marimo", "-q", "edit", str(marimo_folder), *MARIMO, "--skip-update-check"]
    with serving(marimo_folder / "edit.log", *command, port="--port", path="/health") as address:
        yield address


@pytest.fixture(scope="session")
def marimo_run(marimo_folder: Path) -> Iterator[str]:
    """A marimo server for apps."""
    command = ["marimo", "-q", "run", str(marimo_folder), *MARIMO]
    with serving(marimo_folder / "run.log", *command, port="--port", path="/health") as address:
        yield address


class Browser:
    """The browser of this process, with one page for JupyterLab, which takes 5 s of the processor to load.

    Modules share it as long as tests of this folder follow each other: while it is open, no other test can run an event
    loop. After a test that failed, the next module has another one.
    """

    def __init__(self) -> None:
        self.failed = False
        self._open = ExitStack()
        self._context: Any = None
        self._lab: Any = None

    def context(self, program: str, profiles: pytest.TempPathFactory) -> Any:
        """Return the browser, opened with an empty profile if it is not open."""
        from playwright.sync_api import sync_playwright

        if self.failed:
            self.close()
        if self._context is None:
            playwright = self._open.enter_context(sync_playwright())
            self._context = playwright.chromium.launch_persistent_context(
                profiles.mktemp("profile"), executable_path=program, headless=True, args=CHROMIUM, viewport=VIEWPORT
            )
            self._open.callback(self._context.close)
            self._context.set_default_timeout(MINUTE)
            self._context.grant_permissions(["clipboard-read", "clipboard-write"])
        return self._context

    def lab(self) -> Any:
        """Return the page for JupyterLab."""
        if self._lab is None:
            self._lab = self._context.new_page()
        return self._lab

    def close(self) -> None:
        """Close it, if it is open."""
        self._context = self._lab = None
        self.failed = False
        self._open.close()


BROWSER = Browser()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(nextitem: pytest.Item | None) -> Iterator[None]:
    """Close the browser after the last test of this folder, also where a fixture fails as it is torn down."""
    try:
        return (yield)
    finally:
        if nextitem is None or Path(__file__).parent not in nextitem.path.parents:
            BROWSER.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Iterator[None]:
    """Have the next module begin anew where a test fails."""
    report = yield
    BROWSER.failed |= report.failed
    return report


@pytest.fixture(scope="module")
def context(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The browser."""
    return BROWSER.context(chromium, tmp_path_factory)


@pytest.fixture(scope="module")
def page(context: Any) -> Iterator[Any]:
    """One page for the tests of a module."""
    page = context.new_page()
    yield page
    page.close()


@pytest.fixture(scope="module")
def lab_page(context: Any) -> Any:
    """The page in which JupyterLab is loaded once."""
    return BROWSER.lab()


@pytest.fixture
def lab(server: str, folder: Path, lab_page: Any) -> Iterator[Lab]:
    """A page that opens notebooks, without outside requests or logged errors when the test is over."""
    lab_page.set_viewport_size(VIEWPORT)
    lab = Lab(lab_page, server, folder)
    yield lab
    lab.close()
    assert lab.outside == [], "the page made outside requests"
    assert lab.errors == [], "the page logged errors"


@pytest.fixture
def bare(context: Any) -> Iterator[Bare]:
    """An empty page that shows one widget without JupyterLab, and that logged no error when the test is over."""
    bare = Bare(context)
    yield bare
    bare.close()
    assert bare.errors == [], "the page logged errors"
