"""Several users of one workspace: in one process, in two, after a fork and after a kill."""

from __future__ import annotations

import gc
import os
import shutil
import threading

import pytest

from framework.archive import Session, Workspace
from framework.errors import ArchiveError, WorkspaceInUse

WRITE = """
import sys
from framework.archive import Session
session = Session(sys.argv[1], "the other one")
archive = session.archive("a")
archive["k"] = 1
print("written", flush=True)
for line in sys.stdin:
    exec(line)
    print("done", flush=True)
"""


def do(process, line):
    process.stdin.write(line + "\n")
    process.stdin.flush()
    assert process.stdout.readline() == "done\n"


@pytest.fixture
def other(start, path):
    process = start(WRITE, path)
    assert process.stdout.readline() == "written\n"
    return process


def test_sessions_of_one_process_share_the_store(path):
    with Session(path, "one") as one, Session(path, "two") as two:
        one.archive("a")["k"] = 1
        assert two.archive("a", readonly=True)["k"] == 1
        two.archive("b")["k"] = 2
        assert one.archive("b", readonly=True)["k"] == 2


def test_the_same_folder_by_another_path_is_the_same_store(path, tmp_path):
    link = tmp_path / "link"
    with Session(path, "one") as one:
        one.archive("a")["k"] = 1
        link.symlink_to(path)
        with Session(link, "two") as two:
            assert two.archive("a", readonly=True)["k"] == 1


def test_an_archive_of_a_running_pipeline_is_refused_by_its_name(path):
    with Session(path, "pipeline 'Imports'") as one, Session(path, "two") as two:
        one.archive("a")
        with pytest.raises(WorkspaceInUse, match=r"'a'.*pipeline 'Imports', which is running"):
            two.archive("a")


def test_an_archive_of_a_pipeline_that_does_not_run_can_be_taken_over(path):
    running = True
    with Session(path, "one", busy=lambda: running) as one, Session(path, "two") as two:
        first = one.archive("a")
        first["k"] = 1
        running = False
        second = two.archive("a")
        second["l"] = 2
        first["m"] = 3
        assert list(first) == list(second) == ["k", "l", "m"]


def test_an_abandoned_session_holds_nothing(path):
    session = Session(path, "one")
    session.archive("a")["k"] = 1
    del session
    gc.collect()
    with Session(path, "two") as two:
        assert two.archive("a")["k"] == 1
    shutil.move(path, path.with_name("moved"))


def test_the_last_session_closes_the_store(path, run):
    one, two = Session(path, "one"), Session(path, "two")
    one.close()
    one.close()
    two.archive("a")["k"] = 1
    two.close()
    run(WRITE.replace("for line in sys.stdin:", "for line in ():"), path)


def test_another_process_that_writes_is_named_by_its_pid(path, other):
    with pytest.raises(WorkspaceInUse, match=f"process {other.pid};"):
        Session(path, "a test")


def test_readers_look_while_another_process_writes(path, other):
    with Workspace(path) as workspace:
        archive = workspace.archive("a")
        assert dict(archive) == {"k": 1}
        do(other, "archive['l'] = 2")
        assert dict(archive) == {"k": 1, "l": 2}
        do(other, "session.archive('b')['m'] = 3")
        assert workspace.names() == ["a", "b"]
        do(other, "archive.update((n, 'x' * 1000) for n in range(30_000)); archive.clear(); archive['z'] = 9")
        assert dict(archive) == {"z": 9}
        do(other, "session.close()")
        assert dict(archive) == {"z": 9}
        with Session(path, "a test") as session:
            session.archive("a")["here"] = 1
            assert list(archive) == ["z", "here"]
        assert list(archive) == ["z", "here"]


def test_a_reader_does_not_keep_another_process_from_writing(path, start):
    with Session(path, "a test") as session:
        session.archive("a")["k"] = 1
    with Workspace(path) as workspace:
        pages = workspace.archive("a").pairs()
        next(pages)
        process = start(WRITE, path)
        assert process.stdout.readline() == "written\n"


def test_a_killed_process_leaves_no_lock_behind(path, other):
    other.kill()
    other.wait()
    with Session(path, "a test") as session:
        assert session.archive("a")["k"] == 1


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")  # from Python 3.12 on
def test_a_forked_child_cannot_write_and_harms_nothing(path):
    session = Session(path, "a test")
    archive = session.archive("a")
    archive["k"] = 1
    outcome, answer = os.pipe()
    child = os.fork()
    if child == 0:
        answers = []
        for attempt in (lambda: archive.update(k=2), lambda: Session(path, "the child")):
            try:
                attempt()
                answers.append("nothing was raised")
            except ArchiveError as error:
                answers.append(f"{type(error).__name__} {error}")
        os.write(answer, "\n".join(answers).encode())
        del session, archive
        gc.collect()
        os._exit(0)
    os.close(answer)
    with os.fdopen(outcome) as answers:
        lines = answers.read().splitlines()
    assert os.waitpid(child, 0)[1] == 0
    assert "open it again" in lines[0]
    assert lines[1].startswith("WorkspaceInUse")
    assert f"process {os.getpid()};" in lines[1]
    archive["l"] = 2
    session.close()
    assert dict(Workspace(path).archive("a")) == {"k": 1, "l": 2}


LOOKS = {
    "get": lambda archive: [archive.get(f"k{number}") for number in range(20)],
    "len": lambda archive: 0 <= len(archive) <= 20 or pytest.fail("more records than there were"),
    "contains": lambda archive: [f"k{number}" in archive for number in range(20)],
    "iter": list,
    "batches": lambda archive: list(archive.batches()),
    "verify": lambda archive: archive.verify(),
    "size": lambda archive: archive.size(),
}


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("beside", [True, False], ids=["in the session", "as a reader"])
def test_what_is_deleted_and_written_again_beside_a_look_is_no_damage(path, look, beside):
    failed, ends = [], threading.Event()

    def looks(archive):
        try:
            while not ends.is_set():
                LOOKS[look](archive)
        except BaseException as error:  # noqa: BLE001 - held against none
            failed.append(error)

    with Session(path, "a test") as session:
        archive = session.archive("a")
        reader = archive if beside else Workspace(path).archive("a", readonly=True)
        threads = [threading.Thread(target=looks, args=[reader]) for _ in range(2)]
        for thread in threads:
            thread.start()
        for turn in range(40):
            archive.update({f"k{number}": turn for number in range(20)})
            del archive[f"k{turn % 20}"]
            archive[f"k{turn % 20}"] = "again"
            archive.clear()
        ends.set()
        for thread in threads:
            thread.join()
    assert failed == []
