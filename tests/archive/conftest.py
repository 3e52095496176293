"""A key of its own for every test, and a way to run code in another process."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap

import pytest


@pytest.fixture(autouse=True)
def key_file(tmp_path_factory, monkeypatch):
    path = tmp_path_factory.mktemp("keys") / "archive.key"
    monkeypatch.setenv("FRAMEWORK_KEY_FILE", str(path))
    return path


@pytest.fixture
def path(tmp_path):
    return tmp_path / "workspace"


@pytest.fixture
def start():
    """Starts Python code in another process; what is still running at the end of the test is killed."""
    running = []

    def start(code, *args, **env):
        process = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(code), *map(str, args)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | env,
        )
        running.append(process)
        return process

    yield start
    for process in running:
        process.kill()
        process.communicate()


@pytest.fixture
def run(start):
    """Runs Python code in another process and returns what it printed."""

    def run(code, *args, **env):
        process = start(code, *args, **env)
        output, errors = process.communicate(timeout=60)
        assert process.returncode == 0, errors
        return output.strip()

    return run
