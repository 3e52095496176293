"""Notebook programs in a headless Chromium: what a reader sees, clicks and gets."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

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


# of a module, not of the session: while it is open, no other test of this process can run an event loop
@pytest.fixture(scope="module")
def context(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[object]:
    """A browser with an empty profile."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        profile = tmp_path_factory.mktemp("profile")
        context = playwright.chromium.launch_persistent_context(
            profile, executable_path=chromium, headless=True, args=CHROMIUM, viewport=VIEWPORT
        )
        context.set_default_timeout(MINUTE)
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        yield context
        context.close()


@pytest.fixture(scope="module")
def page(context: object) -> object:
    """One page for the tests of a module."""
    return context.new_page()


@pytest.fixture
def lab(server: str, folder: Path, page: object) -> Iterator[Lab]:
    """A page that opens notebooks, without outside requests or logged errors when the test is over."""
    page.set_viewport_size(VIEWPORT)
    lab = Lab(page, server, folder)
    yield lab
    lab.close()
    assert lab.outside == [], "the page made outside requests"
    assert lab.errors == [], "the page logged errors"


@pytest.fixture
def bare(page: object) -> Iterator[Bare]:
    """An empty page that shows one widget without JupyterLab, and that logged no error when the test is over."""
    bare = Bare(page)
    yield bare
    bare.close()
    assert bare.errors == [], "the page logged errors"
