"""A disk that takes no more: the error says so, hooks run, the report stands, and what was kept is there."""

import errno
import os
import subprocess
import sys
from contextlib import contextmanager

import pytest

from framework.archive import Workspace
from framework.archive.engine.options import _meaning
from framework.errors import ArchiveError, WorkspaceDamaged

RUN = """
import resource, sys
from framework.core import AbstractProcessor, Event, Pipeline, caching
from framework.errors import ArchiveError

class Big(AbstractProcessor):
    @caching
    def process(self, context, event):
        match event:
            case Event(name="in", value=value):
                context.submit(Event(name="out", value=bytes([value]) * 100_000))

class Sink(AbstractProcessor):
    ended = False
    def process(self, context, event):
        match event:
            case Event(name="__POISON__"):
                Sink.ended = True

if sys.argv[2:]:
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), -1))
pipeline = Pipeline([Big(), Sink()], workspace=sys.argv[1], on_error="keep")
for value in range(60):
    pipeline.submit(Event(name="in", value=value))
try:
    pipeline.run()
except ArchiveError as error:
    print(type(error).__name__, error)
print(Sink.ended, len(pipeline.report.failures))
print({type(failure.exception).__name__ for failure in pipeline.report.failures})
kept = [record.event.value for record in pipeline.results()["Big"].values()]
assert all(value in kept for value in range(10)), kept
print(60 - len(kept))
"""


@contextmanager
def small_disk(folder):
    """A file system of 3 MB at a folder."""
    mounted = ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(folder)]
    if os.getuid() != 0 or subprocess.run(mounted, capture_output=True, check=False).returncode != 0:
        pytest.skip("no file system can be mounted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """What a run in a workspace prints, which may have no file larger than so many bytes."""
    script = tmp_path_factory.mktemp("script") / "run.py"
    script.write_text(RUN)

    def run(*arguments):
        command = [sys.executable, script, *map(str, arguments)]
        return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines()

    return run


def judged(lines, reason):
    error, ended, kinds, missing = lines
    assert error.startswith("ArchiveError")
    assert reason in error
    assert "damaged" not in error
    done, failed = ended.split()
    assert (done, kinds) == ("True", "{'ArchiveError'}")
    assert int(failed) == int(missing) > 0


def test_a_file_that_may_not_grow_is_an_error_of_the_system_and_loses_nothing_that_was_kept(told, tmp_path):
    path = tmp_path / "workspace"
    judged(told(path, 3_000_000), "File too large")
    with Workspace(path) as workspace:
        kept = len(workspace.archive("Big", readonly=True))
        assert workspace.verify() == kept >= 10
    assert told(path)[0] == "True 0"  # with room again, the others are computed


def test_a_full_disk_is_an_error_of_the_system_and_loses_nothing_that_was_kept(told, tmp_path):
    with small_disk(tmp_path):
        judged(told(tmp_path / "workspace"), "No space left on device")
        with Workspace(tmp_path / "workspace") as workspace:
            assert workspace.verify() >= 10


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.ESTALE, errno.ENOTCONN])
def test_what_the_system_refuses_is_told_from_damage(tmp_path, code):
    error = _meaning(tmp_path / "store", f"IO error: While appending to file: 4.log: {os.strerror(code)}")
    assert type(error) is ArchiveError
    assert os.strerror(code) in str(error)


def test_a_wrong_checksum_is_damage(tmp_path):
    assert isinstance(_meaning(tmp_path / "store", "Corruption: block checksum mismatch"), WorkspaceDamaged)
