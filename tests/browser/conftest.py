"""Notebook programs in a headless Chromium: what a reader sees, clicks and gets."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from lab import Lab
from servers import serving
from visit import VIEWPORT

CHROMIUM = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SETTINGS = {
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
    "@jupyterlab/notebook-extension:tracker": {"autoStartDefaultKernel": True},
}
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
            item.add_marker(pytest.mark.xdist_group("browser"))  # one server and one browser for all of them


@pytest.fixture(scope="session")
def chromium() -> str:
    """The program; without one the tests are skipped, which CI does not accept."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
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
    settings = own_home / "settings"
    settings.mkdir()
    (settings / "overrides.json").write_text(json.dumps(SETTINGS), encoding="utf-8")
    command = [
        *("jupyter", "lab", "--allow-root", "--no-browser", "--ip=127.0.0.1", "--ServerApp.port_retries=0"),
        *("--IdentityProvider.token=", "--expose-app-in-browser", "--JupyterNotebookApp.expose_app_in_browser=True"),
        *(f"--ServerApp.root_dir={folder}", f"--LabApp.app_settings_dir={settings}"),
        *(f"--JupyterNotebookApp.app_settings_dir={settings}", "--VoilaConfiguration.allow_theme_override=YES"),
    ]
    with serving(own_home / "jupyter.log", *command, port="--port", path="/api") as address:
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
