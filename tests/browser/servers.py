"""Servers of notebooks on free ports: start one, wait until it answers, end it."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

STARTING = 60.0


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
    pytest.fail(f"the server did not start:\n{log.read_text(encoding='utf-8')[-2000:]}")
