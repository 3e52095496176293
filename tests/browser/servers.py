"""Servers of notebooks on free ports, and the browser: what the tests and `scripts/pictures.py` start."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

STARTING = 60.0
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


def chromium() -> str | None:
    """Return the path of a Chromium, None where there is none."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@contextmanager
def jupyter(folder: Path, state: Path) -> Iterator[str]:
    """Serve a folder of notebooks with JupyterLab, Notebook 7 and Voila; its settings and its log go to `state`."""
    settings = state / "settings"
    settings.mkdir()
    (settings / "overrides.json").write_text(json.dumps(SETTINGS), encoding="utf-8")
    command = [
        *("jupyter", "lab", "--allow-root", "--no-browser", "--ip=127.0.0.1", "--ServerApp.port_retries=0"),
        *("--IdentityProvider.token=", "--expose-app-in-browser", "--JupyterNotebookApp.expose_app_in_browser=True"),
        *(f"--ServerApp.root_dir={folder}", f"--LabApp.app_settings_dir={settings}"),
        *(f"--JupyterNotebookApp.app_settings_dir={settings}", "--VoilaConfiguration.allow_theme_override=YES"),
    ]
    with serving(state / "jupyter.log", *command, port="--port", path="/api") as address:
        yield address


@contextmanager
def serving(log: Path, *command: str, port: str, path: str = "/") -> Iterator[str]:
    """Run a module of this Python as a server while the block runs.

    Args:
        log: where its output goes.
        command: the module and its arguments.
        port: the option that says at which port to listen.
        path: what answers as soon as it is ready.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number = probe.getsockname()[1]
    address = f"http://127.0.0.1:{number}"
    arguments = [sys.executable, "-m", *command, f"{port}={number}"]
    with log.open("w") as out, subprocess.Popen(arguments, stdout=out, stderr=out, cwd=log.parent) as process:
        try:
            _wait_for(address + path, process, log)
            yield address
        finally:
            process.terminate()


def _wait_for(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + STARTING
    while time.monotonic() < until and process.poll() is None:
        try:
            urllib.request.urlopen(address, timeout=2).close()
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"the server did not start:\n{log.read_text(encoding='utf-8')[-2000:]}")
