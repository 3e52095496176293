"""Folders in which nothing can be kept: each is refused by its name."""

from __future__ import annotations

import contextlib
import gc
import json
import os
import resource
import struct
import sys
from pathlib import Path

import pytest

from framework.archive import Session, Workspace, rotate_key
from framework.archive.engine.layout import StoreLayout
from framework.archive.engine.options import check_logs, lock_holder
from framework.errors import ArchiveError, KeyUnavailable, NotAWorkspace, WorkspaceDamaged


@pytest.mark.parametrize("path", [None, 5, "a\0b", "\ud800"])
def test_something_that_names_no_folder_is_refused(path):
    with pytest.raises(NotAWorkspace, match=r"names no folder .*: Workspace\('results'\)"):
        Workspace(path)


def test_a_folder_that_cannot_be_read_is_named_with_the_reason(tmp_path):
    with pytest.raises(ArchiveError, match=r"cannot be read \(File name too long\); name another folder"):
        Workspace(tmp_path / ("x" * 300)).names()


def test_a_folder_that_cannot_become_a_workspace_is_named_with_the_reason(path):
    layout = StoreLayout(path)
    path.mkdir()
    layout.store.write_text("a file where the store would be")
    with pytest.raises(ArchiveError, match=r"cannot be made a workspace \(File exists\)"):
        layout.create()


@pytest.mark.parametrize("version", ["1", None, 0, -3, [1]])
def test_a_format_that_is_none_is_damage(path, version):
    with Session(path, "a test") as session:
        session.archive("a")["k"] = 1
    (path / "workspace.json").write_text(json.dumps({"format": version}))
    with pytest.raises(WorkspaceDamaged, match=r"workspace\.json is garbled, no format .* exists"):
        Workspace(path).names()


def test_a_workspace_that_was_begun_and_never_written_holds_nothing(path):
    StoreLayout(path).create()
    (path / "mark").unlink()
    (path / "store").rmdir()
    assert Workspace(path).names() == []


@contextlib.contextmanager
def open_files(more):
    """Let this process open only so many files more."""
    gc.collect()  # later it could close files of other tests
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    highest = max(int(entry.name) for entry in Path("/proc/self/fd").iterdir())
    with contextlib.ExitStack() as taken:
        while (descriptor := os.open(os.devnull, os.O_RDONLY)) <= highest:  # those in between that are free
            taken.callback(os.close, descriptor)
        os.close(descriptor)
        resource.setrlimit(resource.RLIMIT_NOFILE, (descriptor + more, before[1]))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, before)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="asks /proc for the open files")
@pytest.mark.parametrize("more", range(4))
def test_a_workspace_of_a_process_that_may_open_no_more_files_is_not_called_damaged(path, more):
    with Session(path, "a test") as session:
        session.archive("a")["k"] = 1
    with Workspace(path) as workspace:
        workspace.names()
    with open_files(more), pytest.raises(ArchiveError, match=r"cannot be used: .*Too many open files") as refused:
        Workspace(path).names()
    assert not isinstance(refused.value, WorkspaceDamaged)
    assert Workspace(path).names() == ["a"]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="asks /proc for the open files")
@pytest.mark.parametrize("more", range(4))
def test_a_workspace_that_cannot_be_opened_for_writing_for_want_of_files_is_not_called_damaged(path, more):
    with Session(path, "a test") as session:
        session.archive("a")["k"] = 1
    with open_files(more), pytest.raises(ArchiveError, match=r"cannot be used: .*Too many open files") as refused:
        Session(path, "a test")
    assert not isinstance(refused.value, WorkspaceDamaged)
    with Session(path, "a test") as session:
        assert session.archive("a")["k"] == 1


def test_reading_needs_the_key_as_well(path, key_file):
    with Session(path, "a test") as session:
        session.archive("a")["k"] = 1
    key_file.write_text("no key")
    with pytest.raises(KeyUnavailable, match=str(key_file)):
        Workspace(path).archive("a", readonly=True)["k"]


def test_a_lock_that_is_not_there_is_not_held(tmp_path):
    assert lock_holder(tmp_path / "LOCK") is None


@pytest.mark.parametrize("kind", [1, 5])
def test_a_log_is_looked_through_beyond_its_first_block(tmp_path, kind):
    header, block = struct.Struct("<IHB"), 32 * 1024
    left = 3  # bytes at the end of a block in which no header fits
    first = header.pack(0, block - header.size - left, 1) + bytes(block - header.size)
    (tmp_path / "000001.log").write_bytes(first + header.pack(0, 2, kind) + b"ab")
    if kind == 1:
        check_logs(tmp_path)
    else:
        with pytest.raises(WorkspaceDamaged, match=r"000001\.log is garbled"):
            check_logs(tmp_path)


def test_a_key_file_where_nothing_can_be_made_says_so(path, monkeypatch):
    monkeypatch.setenv("FRAMEWORK_KEY_FILE", "/proc/none/key")
    with pytest.raises(KeyUnavailable, match="cannot be created"):
        Session(path, "a test")


def test_a_key_that_cannot_be_replaced_stays(tmp_path, monkeypatch):
    key = tmp_path / ("k" * 250)  # the new file beside it would have too long a name
    key.write_text("ab" * 32)
    monkeypatch.setenv("FRAMEWORK_KEY_FILE", str(key))
    with pytest.raises(KeyUnavailable, match="cannot be written"):
        rotate_key()
    assert key.read_text() == "ab" * 32
