"""A workspace that cannot be written to is replayed, and what would have been written is named."""

import logging
import os
import subprocess
from contextlib import contextmanager

import pytest

from framework.archive import Workspace
from framework.archive.archive import records
from framework.archive.memory import InMemCache
from framework.archive.overlay import Overlay
from framework.core import AbstractProcessor, Event, Pipeline, caching
from framework.errors import ArchiveError, ReadOnlyWorkspace

calls = []


class Square(AbstractProcessor):
    @caching
    def process(self, context, event):
        match event:
            case Event(name="in", value=value):
                calls.append(value)
                context.submit(Event("out", value=value**2))


def run(path, *values):
    calls.clear()
    pipeline = Pipeline([Square()], workspace=path, name="Imports")
    for value in values:
        pipeline.submit(Event("in", value=value))
    pipeline.run()
    return pipeline


@contextmanager
def read_only(folder):
    """Nothing in a folder can be written, also not by root, who mounts it so."""
    if os.getuid() == 0:
        mounts = [["mount", "--bind", folder, folder], ["mount", "-o", "remount,ro,bind", folder]]
        if any(subprocess.run(mount, capture_output=True, check=False).returncode for mount in mounts):
            pytest.skip("nothing can be mounted here")
        try:
            yield
        finally:
            subprocess.run(["umount", "-l", folder], check=True)
    else:
        modes = {path: path.stat().st_mode for path in [folder, *folder.rglob("*")]}
        for path, mode in modes.items():
            path.chmod(mode & ~0o222)
        try:
            yield
        finally:
            for path, mode in modes.items():
                path.chmod(mode)


def test_kept_results_are_replayed_and_new_ones_named(tmp_path, caplog):
    path = tmp_path / "workspace"
    run(path, 1, 2)
    with read_only(path), caplog.at_level(logging.WARNING):
        pipeline = run(path, 1, 2, 3, 3)
        assert calls == [3]
        assert [record.event.value for record in pipeline.results()["Square"].values()] == [1, 2, 3]
        first, last = (record.message for record in caplog.records if record.name == "framework.core.archives")
        assert "none is kept" in first
        assert "1 of Square" in last
        with pytest.raises(ReadOnlyWorkspace):
            Workspace(path).archive("Square")["x"] = 1
    assert run(path, 3).report.failures == ()
    assert calls == [3]


def test_there_must_be_a_workspace_to_read(tmp_path):
    with read_only(tmp_path), pytest.raises(ArchiveError):
        run(tmp_path / "workspace", 1)


def test_an_overlay_shows_what_is_below_and_what_was_written_over_it():
    below = InMemCache()
    below.update(a=1, b=2)
    overlay = Overlay("n", below)
    overlay["b"] = 3
    overlay["c"] = 4
    assert dict(overlay) == dict(overlay.pairs()) == {"a": 1, "b": 3, "c": 4}
    assert (len(overlay), "c" in overlay, [*records(overlay, int)]) == (3, True, [("a", 1), ("b", 3), ("c", 4)])
    del overlay["c"]
    with pytest.raises(ArchiveError, match="read-only"):
        del overlay["a"]
    assert dict(below) == {"a": 1, "b": 2}
