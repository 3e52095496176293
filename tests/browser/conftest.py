"""JupyterLab in a headless Chromium: what a reader sees, clicks and gets."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from lab import Lab

SCREENSHOTS = Path(__file__).parents[2] / "build" / "screenshots"
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
STARTING = 60.0
VIEWPORT = {"width": 1280, "height": 1000}


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
    """A JupyterLab of our own on a free port; its address."""
    settings = own_home / "settings"
    settings.mkdir()
    (settings / "overrides.json").write_text(json.dumps(SETTINGS), encoding="utf-8")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        *(sys.executable, "-m", "jupyter", "lab", "--allow-root", "--no-browser", "--ip=127.0.0.1", f"--port={port}"),
        *("--ServerApp.port_retries=0", "--IdentityProvider.token=", "--expose-app-in-browser"),
        *(f"--ServerApp.root_dir={folder}", f"--LabApp.app_settings_dir={settings}"),
    ]
    log = own_home / "lab.log"
    with log.open("w") as out, subprocess.Popen(command, stdout=out, stderr=out) as process:
        try:
            _wait_for(f"http://127.0.0.1:{port}/api", process, log)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


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
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.set_viewport_size(VIEWPORT)
    lab = Lab(page, server, folder, SCREENSHOTS)
    yield lab
    lab.close()
    assert lab.outside == [], "the page made outside requests"
    assert lab.errors == [], "the page logged errors"


def _wait_for(address: str, process: subprocess.Popen, log: Path) -> None:
    import time

    until = time.monotonic() + STARTING
    while time.monotonic() < until and process.poll() is None:
        try:
            urllib.request.urlopen(address, timeout=2).close()
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
        else:
            return
    pytest.fail(f"JupyterLab did not start:\n{log.read_text(encoding='utf-8')[-2000:]}")
