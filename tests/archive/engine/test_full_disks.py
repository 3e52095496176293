"""A disk that takes no more: the error says so, hooks run, the report stands, and what was kept is there."""

import errno
import os
import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

from framework.archive import Workspace
from framework.archive.engine.options import _meaning
from framework.errors import ArchiveError, WorkspaceDamaged

RUN = """
import resource, sys
from framework.archive.engine import database
from framework.core import AbstractProcessor, Event, Pipeline, caching
from framework.errors import ArchiveError

database.PAUSE = 3600  # a slow run must not come to a second attempt

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


ROOM_AGAIN = """
import logging, resource, sys
from framework.archive import Workspace
from framework.archive.engine import database
from framework.core import AbstractProcessor, Event, Pipeline, caching
from framework.errors import ArchiveError

class Big(AbstractProcessor):
    @caching
    def process(self, context, event):
        match event:
            case Event(name="in", value=value):
                context.submit(Event(name="out", value=bytes([value]) * 100_000))

def run(values):
    pipeline = Pipeline([Big()], workspace=sys.argv[1], on_error="keep")
    pipeline.submit_all([Event(name="in", value=value) for value in values])
    return len(pipeline.run().failures)

database.PAUSE = 0
logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stdout)
workspace, other = Workspace(sys.argv[1]), Workspace(sys.argv[1])
archive = workspace.archive("big")
archive["first"] = b"first"
resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, -1))
kept = []
try:
    for number in range(100):
        archive[number] = bytes([number]) * 50_000
        kept.append(number)
except ArchiveError as error:
    print(error)
try:
    archive.update({"one": b"x" * 600_000, "two": b"y"})
except ArchiveError as error:
    print(error)
assert [archive[number] for number in kept] == [bytes([number]) * 50_000 for number in kept]
assert other.archive("big")["first"] == b"first"
try:
    run(range(3))
except ArchiveError as error:
    print(error)
resource.setrlimit(resource.RLIMIT_FSIZE, (-1, -1))
archive["again"] = b"again"
assert run(range(5)) == 0
assert len(other.archive("big")) == len(archive) == len(kept) + 2
other.archive("big")["other"] = 1
workspace.close()
other.close()
print(Workspace(sys.argv[1]).verify() == len(kept) + 3 + 5)
"""


FAULT = """
import errno, logging, os, sys
from pathlib import Path
from framework.archive import Workspace
from framework.archive.engine import database
from framework.core import AbstractProcessor, Event, Pipeline, caching
from framework.errors import ArchiveError

fault = Path(os.environ["FAULT_FILE"])

class Big(AbstractProcessor):
    @caching
    def process(self, context, event):
        match event:
            case Event(name="in", value=value):
                if value == 10:
                    fault.write_text(os.environ["FAULT_CODE"])
                context.submit(Event(name="out", value=bytes([value]) * 100_000))

class Sink(AbstractProcessor):
    ended = 0
    def process(self, context, event):
        match event:
            case Event(name="__POISON__"):
                Sink.ended += 1

def run():
    pipeline = Pipeline([Big(), Sink()], workspace=sys.argv[1], on_error="keep")
    pipeline.submit_all([Event(name="in", value=value) for value in range(30)])
    try:
        pipeline.run()
    except ArchiveError as error:
        print(error)
    return pipeline

database.PAUSE = 0
logging.disable()
pipeline = run()
assert Sink.ended == 1
for failure in pipeline.report.failures:
    assert type(failure.exception).__name__ in {"ArchiveError", "ReadOnlyWorkspace"}, failure
    print(failure.exception)
kept = {record.event.value for record in pipeline.results()["Big"].values()}
assert kept >= set(range(10)) and 30 - len(kept) <= len(pipeline.report.failures) <= 20, kept
with Workspace(sys.argv[1]) as looking:
    assert set(range(10)) <= {record.event.value for record in looking.archive("Big").values()}
fault.unlink()
os.environ["FAULT_CODE"] = "0"
assert not run().report.failures and Sink.ended == 2
with Workspace(sys.argv[1]) as looking:
    assert looking.verify() == 30
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


def check_refusals(lines, reason):
    error, ended, kinds, missing = lines
    assert error.startswith("ArchiveError")
    assert reason in error
    assert "damaged" not in error
    done, failed = ended.split()
    assert (done, kinds) == ("True", "{'ArchiveError'}")
    assert int(failed) == int(missing) > 0


def test_a_file_that_may_not_grow_is_an_error_of_the_system_and_loses_nothing_that_was_kept(told, tmp_path):
    path = tmp_path / "workspace"
    check_refusals(told(path, 3_000_000), "File too large")
    with Workspace(path) as workspace:
        kept = len(workspace.archive("Big", readonly=True))
        assert workspace.verify() == kept >= 10
    assert told(path)[0] == "True 0"  # with room again, the others are computed


def test_a_full_disk_is_an_error_of_the_system_and_loses_nothing_that_was_kept(told, tmp_path):
    with small_disk(tmp_path):
        check_refusals(told(tmp_path / "workspace"), "No space left on device")
        with Workspace(tmp_path / "workspace") as workspace:
            assert workspace.verify() >= 10


def test_a_workspace_takes_writes_again_when_there_is_room_again(tmp_path):
    (tmp_path / "run.py").write_text(ROOM_AGAIN)
    command = [sys.executable, tmp_path / "run.py", tmp_path / "workspace"]
    lines = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines()
    assert all("File too large" in line for line in lines[:3])
    assert not any("damaged" in line for line in lines)
    assert f"{tmp_path / 'workspace'} takes writes again" in lines
    assert lines[-1] == "True"


@pytest.fixture(scope="module")
def failing_disk(tmp_path_factory):
    """The library that lets writes fail, made by the C compiler of the machine."""
    if shutil.which("cc") is None:
        pytest.skip("no C compiler is here")
    library = tmp_path_factory.mktemp("faults") / "faults.so"
    source = Path(__file__).with_name("faults.c")
    subprocess.run(["cc", "-O2", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
    return library


@pytest.mark.skipif(sys.platform != "linux", reason="the library is preloaded as Linux does it")
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS, errno.ESTALE, errno.ENODEV])
def test_a_disk_that_fails_during_a_run_is_named_and_the_next_run_makes_up_for_it(tmp_path, failing_disk, code):
    (tmp_path / "run.py").write_text(FAULT)
    workspace = tmp_path / "workspace"
    variables = {
        "LD_PRELOAD": failing_disk,
        "FAULT_FOLDER": workspace,
        "FAULT_FILE": tmp_path / "fault",
        "FAULT_CODE": code,
    }
    done = subprocess.run(
        [sys.executable, tmp_path / "run.py", workspace],
        env=os.environ | {name: str(value) for name, value in variables.items()},
        stdout=subprocess.PIPE, text=True, timeout=100, check=True,
    )  # fmt: skip
    lines = done.stdout.splitlines()
    assert lines
    assert all(os.strerror(code) in line and "damaged" not in line for line in lines)


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.ESTALE, errno.ENOTCONN])
def test_what_the_system_refuses_is_told_from_damage(tmp_path, code):
    error = _meaning(tmp_path / "store", f"IO error: While appending to file: 4.log: {os.strerror(code)}")
    assert type(error) is ArchiveError
    assert os.strerror(code) in str(error)


def test_a_wrong_checksum_is_damage(tmp_path):
    assert isinstance(_meaning(tmp_path / "store", "Corruption: block checksum mismatch"), WorkspaceDamaged)
