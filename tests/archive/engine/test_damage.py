"""A damaged store gives a named error or the right values: never a wrong one, and never one less without a word."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from framework.archive import Session, Workspace
from framework.archive.engine.layout import StoreLayout
from framework.archive.engine.marks import boot, read_marks
from framework.errors import WorkspaceDamaged

KILLED = """
import os, sys
from framework.archive import Session
with Session(sys.argv[1], "one") as session:
    session.archive("a").update((f"first {n}", n) for n in range(300))
session = Session(sys.argv[1], "two")
archive = session.archive("a")
for n in range(200):
    archive[f"second {n}"] = n
session.sync()
archive.update((f"third {n}", n) for n in range(50))
for n in range(30):
    archive[f"fourth {n}"] = n
os.kill(os.getpid(), 9)
"""
PARTS = {"first": 300, "second": 200, "third": 50, "fourth": 30}
WANTED = {f"{part} {n}": n for part, count in PARTS.items() for n in range(count)}


@pytest.fixture(scope="module")
def killed(tmp_path_factory):
    """A workspace with table files, logs, a journal, synced and unsynced writes, whose writer was killed."""
    path = tmp_path_factory.mktemp("killed") / "workspace"
    key = tmp_path_factory.mktemp("key") / "key"
    environment = os.environ | {"FRAMEWORK_KEY_FILE": str(key)}
    subprocess.run([sys.executable, "-c", KILLED, str(path)], env=environment, check=False)
    return path, key


@pytest.fixture
def damaged(killed, path, monkeypatch):
    source, key = killed
    monkeypatch.setenv("FRAMEWORK_KEY_FILE", str(key))
    shutil.copytree(source, path)
    return path


def read(path):
    with Workspace(path) as workspace:
        archive = workspace.archive("a", readonly=True)
        return {key: archive[key] for key in WANTED}, dict(archive.pairs())


def write(path):
    with Session(path, "a test") as session:
        archive = session.archive("a")
        return {key: archive[key] for key in WANTED}, dict(archive.pairs())


LOOKS = [read, write]


@pytest.mark.parametrize("look", LOOKS)
def test_a_killed_store_has_everything(damaged, look):
    assert look(damaged) == (WANTED, WANTED)


def cut(path, size):
    path.write_bytes(path.read_bytes()[:size])


def flip(path, at):
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)


def hole(path, from_end, size):
    data = bytearray(path.read_bytes())
    data[-from_end : size - from_end] = bytes(size)
    path.write_bytes(data)


def only(path, pattern):
    return max((path / "store").glob(pattern), key=lambda file: file.stat().st_size)


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("pattern", ["*.log", "*.sst", "MANIFEST-*", "CURRENT"])
@pytest.mark.parametrize(
    "damage",
    [
        lambda file: file.unlink(),
        lambda file: cut(file, 0),
        lambda file: cut(file, file.stat().st_size // 2),
        lambda file: flip(file, file.stat().st_size // 2),
    ],
    ids=["gone", "empty", "half", "flipped"],
)
def test_a_damaged_store_says_so(damaged, pattern, damage, look):
    damage(only(damaged, pattern))
    with pytest.raises(WorkspaceDamaged):
        look(damaged)
    with pytest.raises(WorkspaceDamaged):  # the second look is no more lenient
        look(damaged)


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("name", ["mark", "workspace.json"])
@pytest.mark.parametrize("damage", [lambda file: file.unlink(), lambda file: cut(file, 5)], ids=["gone", "cut"])
def test_what_stands_beside_the_store_is_missed(damaged, name, damage, look):
    damage(damaged / name)
    with pytest.raises(WorkspaceDamaged):
        look(damaged)


@pytest.mark.parametrize("look", LOOKS)
def test_a_store_that_is_gone_is_missed(damaged, look):
    shutil.rmtree(damaged / "store")
    with pytest.raises(WorkspaceDamaged):
        look(damaged)
    assert not (damaged / "store" / "CURRENT").exists()


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("lost", [1, 30, 3000])
def test_a_log_that_lost_its_end_says_how_much_is_lost(damaged, lost, look):
    log = only(damaged, "*.log")
    cut(log, log.stat().st_size - lost)
    with pytest.raises(WorkspaceDamaged, match="lost the last"):
        look(damaged)


@pytest.mark.parametrize("look", LOOKS)
def test_half_a_record_at_the_end_of_the_log_is_what_a_kill_leaves(damaged, look):
    with only(damaged, "*.log").open("ab") as log:
        log.write(b"\x01\x02\x03\x04\x50\x00\x01half")
    assert look(damaged) == (WANTED, WANTED)


def after_reboot(path):
    mark = StoreLayout(path).mark
    mark.write_bytes(mark.read_bytes().replace(boot().encode(), b"another boot".ljust(36, b"\0")))


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("damage", [Path.unlink, lambda file: cut(file, 2000), lambda file: flip(file, 2000)])
def test_a_damaged_journal_says_how_much_is_lost(damaged, damage, look):
    damage(damaged / "journal")
    for _ in range(2):
        with pytest.raises(WorkspaceDamaged, match="lost the last"):
            look(damaged)


def test_a_journal_that_was_used_up_is_not_used_again(damaged):
    old = (damaged / "journal").read_bytes()
    with Session(damaged, "a test") as session:
        archive = session.archive("a")
        archive["fourth 0"] = "new"
    (damaged / "journal").write_bytes(old)
    assert read(damaged)[0]["fourth 0"] == write(damaged)[0]["fourth 0"] == "new"


@pytest.mark.skipif(not boot(), reason="the system does not tell one boot from another")
@pytest.mark.parametrize(
    ("damage", "left"),
    [
        (lambda path: cut(only(path, "*.log"), only(path, "*.log").stat().st_size - 1000), range(500, 550)),
        (lambda path: hole(only(path, "*.log"), 1000, 200), range(500, 550)),
        (lambda path: cut(path / "journal", 2000), range(550, 580)),
        (lambda path: (path / "journal").unlink(), [550]),
    ],
    ids=["the log", "a hole in the log", "the journal", "all of the journal"],
)
def test_a_power_cut_may_take_what_was_not_synced(damaged, damage, left, caplog):
    damage(damaged)
    after_reboot(damaged)
    with Workspace(damaged) as workspace:
        kept = dict(workspace.archive("a").pairs())
    assert kept == dict(list(WANTED.items())[: len(kept)])
    assert len(kept) in left
    write_again = Session(damaged, "a test")
    assert len(write_again.archive("a")) == len(kept)
    write_again.close()
    assert "had not been synced were lost" in caplog.text


@pytest.mark.skipif(not boot(), reason="the system does not tell one boot from another")
@pytest.mark.parametrize("look", LOOKS)
def test_a_power_cut_may_not_take_what_was_synced(damaged, look):
    log = only(damaged, "*.log")
    cut(log, log.stat().st_size // 2)
    after_reboot(damaged)
    with pytest.raises(WorkspaceDamaged, match="lost the last"):
        look(damaged)


def test_the_mark_tells_synced_from_written(path):
    with Session(path, "a test") as session:
        archive = session.archive("a")
        archive["k"] = 1
        session.sync()
        synced = read_marks(StoreLayout(path).mark)
        archive["m"] = 2
        written = read_marks(StoreLayout(path).mark)
    assert synced.synced == synced.written
    assert written.synced == synced.synced < written.written


def test_a_record_of_a_kind_that_is_never_written_does_not_hang_rocksdb(damaged):
    manifest = only(damaged, "MANIFEST-*")
    data = bytearray(manifest.read_bytes())
    second = 7 + int.from_bytes(data[4:6], "little")
    data[second + 6] = 7
    manifest.write_bytes(data)
    for look in LOOKS:
        with pytest.raises(WorkspaceDamaged, match="garbled"):
            look(damaged)
