# ruff: noqa: E501 - a case is a line
"""Malformed inputs to digests, archives, workspaces and keys."""

import os
import pickle
import shutil
import subprocess
import sys
import threading
from types import ModuleType

import pytest
from malformed import Case, each

from framework.archive import InMemCache, Session, Workspace, digest, rotate_key
from framework.errors import (
    ArchiveError,
    KeyUnavailable,
    NotAWorkspace,
    OptionError,
    Undigestable,
    UnknownName,
    Unloadable,
    Unpicklable,
    UntrustedWorkspace,
    WorkspaceDamaged,
    WorkspaceInUse,
)
from framework.notebook import archive_frame, catalog_frame

LOCK = threading.Lock()
ELSEWHERE = """
import sys
from framework.archive import Session
with Session(sys.argv[1], "another one") as session:
    session.archive("a")["k"] = 1
    print("open", flush=True)
    sys.stdin.read()
"""


class Refusing:
    """Is stored, and not made again."""

    def __init__(self):
        self.state = 1

    def __setstate__(self, state):
        raise RuntimeError("no state of that kind")


class Unreduced:
    """Cannot be told as data."""

    def __reduce__(self):
        raise RuntimeError("not me")


class Holder:
    """Has a part that cannot be stored."""

    def __init__(self):
        self.rows = [1, {"lock": LOCK}]


def numbers():
    yield 1


async def later():
    pass


def coroutine():
    made = later()
    made.close()
    return made


def with_lock():
    return LOCK


def deep():
    value = []
    for _ in range(100_000):
        value = [value]
    return value


def keyed(key):
    InMemCache()[key] = 1


def valued(value):
    InMemCache()["k"] = value


def looked_into(world, change):
    """A workspace that was changed by another user."""
    path = world.place()
    with Workspace(path) as workspace:
        workspace.archive("a")["k"] = 1
    change(path)
    Workspace(path).names()


def garbled(name, content=b"garbage"):
    return lambda world: looked_into(world, lambda path: (path / name).write_bytes(content))


def gone(name):
    def remove(path):
        shutil.rmtree(path / name) if (path / name).is_dir() else (path / name).unlink()

    return lambda world: looked_into(world, remove)


def foreign(path):
    """A folder that holds something else."""
    path.mkdir()
    (path / "notes.txt").write_text("mine")
    return path


def with_key(file, use):
    """What a call raises where that file is to hold the keys."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FRAMEWORK_KEY_FILE", str(file))
        use()


def read_with_key(content):
    return lambda world: with_key(world.place(content), Workspace(world.path).names)


def from_elsewhere(world):
    path = world.place()
    with_key(world.place(), lambda: looked_at(path))
    Workspace(path).names()


def looked_at(path):
    with Workspace(path) as workspace:
        workspace.archive("a")["k"] = 1


def in_another_process(world):
    path = world.place()
    other = subprocess.Popen(
        [sys.executable, "-c", ELSEWHERE, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        other.stdout.readline()
        Session(path, "a test")
    finally:
        other.communicate(timeout=60)


def busy(world):
    path = world.place()
    with Session(path, "pipeline 'first'") as first, Session(path, "second") as second:
        first.archive("a")["k"] = 1
        second.archive("a")["k"] = 2


def closed(use):
    def do(world):
        session = world.session()
        archive = session.archive("a")
        session.close()
        use(session, archive)

    return do


def of_a_class_that_is_gone(_):
    module = sys.modules["gone_module"] = ModuleType("gone_module")
    exec("class Gone: pass", vars(module))
    cache = InMemCache()
    cache["k"] = module.Gone()
    del sys.modules["gone_module"]
    cache["k"]


def refused_again(_):
    cache = InMemCache()
    cache["k"] = Refusing()
    cache["k"]


PLAIN = "plain data instead"
FLATTEN = "flatten it"
LIST = "pass a list or a tuple"
MOVE = "move the workspace away"
FOLDER = "name a folder, which need not exist"
FIRST = "run a pipeline with workspace="
REOPEN = "open it again: Workspace("
WRITE = "to write to it: Workspace("
KEY = "FRAMEWORK_KEY_FILE"
SOURCES = "archives are read from a workspace, its path"

# fmt: off
CASES = [
    *each("a key", (LOCK, [1, LOCK], {"a": LOCK}), lambda _, v: keyed(v), Unpicklable, "key", PLAIN),
    Case("a generator for a key", lambda _: keyed(numbers()), Unpicklable, "key: a generator", PLAIN),
    Case("an iterator for a key", lambda _: keyed(iter([1])), Undigestable, "key: an iterator (list_iterator)", LIST),
    Case("a deep key", lambda _: keyed(deep()), Unpicklable, "key: nested too deeply", FLATTEN),
    Case("a view of memory for a key", lambda _: keyed(memoryview(b"x")), Undigestable, "key: a memoryview", PLAIN),
    Case("a thread for a key", lambda _: keyed(threading.current_thread()), Unpicklable, "key.", PLAIN),
    Case("a lock for a value", lambda _: valued(LOCK), Unpicklable, "value: a lock", PLAIN),
    Case("a generator for a value", lambda _: valued(numbers()), Unpicklable, "value: a generator", PLAIN),
    Case("a lock in a value", lambda _: valued({"rows": [1, {"lock": LOCK}]}), Unpicklable, "value['rows'][1]['lock']: a lock", PLAIN),
    Case("a lock in an attribute", lambda _: valued(Holder()), Unpicklable, "value.rows[1]['lock']: a lock", PLAIN),
    Case("a value that refuses", lambda _: valued(Unreduced()), Unpicklable, "value: a Unreduced cannot be stored (not me)", PLAIN),
    Case("a deep value", lambda _: valued(deep()), Unpicklable, "value: nested too deeply", FLATTEN),
    Case("an archive in an archive", lambda _: valued(InMemCache()), Unpicklable, "a lock", PLAIN),
    Case("a stored lock", lambda w: w.archive().__setitem__("k", LOCK), Unpicklable, "value: a lock", PLAIN),
    Case("a lock among many", lambda w: w.archive().update(a=1, b=LOCK), Unpicklable, "value: a lock", PLAIN),
    *each("a stored key", (LOCK,), lambda w, v: w.archive().__setitem__(v, 1), Undigestable, "key: a lock", PLAIN),
    *each("look for", (LOCK,), lambda w, v: v in w.archive(), Undigestable, "key: a lock", PLAIN),
    *each("look up", (LOCK,), lambda w, v: w.archive()[v], Undigestable, "key: a lock", PLAIN),
    *each("delete", (iter([]),), lambda w, v: w.archive().__delitem__(v), Undigestable, "key: an iterator", LIST),
    Case("the digest of a lock", lambda _: digest(LOCK), Undigestable, "value: a lock", PLAIN),
    Case("the digest of a generator", lambda _: digest(numbers()), Undigestable, "value: an iterator (generator)", LIST),
    Case("the digest of a coroutine", lambda _: digest(coroutine()), Undigestable, "(coroutine)", LIST),
    Case("the digest of what is deep", lambda _: digest(deep()), Undigestable, "value: nested too deeply", FLATTEN),
    Case("the digest of what refuses", lambda _: digest([Unreduced()]), Undigestable, "value[0]: a Unreduced has no digest (not me)", PLAIN),
    Case("the digest of a function with a lock", lambda _: digest(with_lock), Undigestable, "global .LOCK: a lock", PLAIN),
    Case("a digest with a name", lambda _: digest({"f": LOCK}, name="event"), Undigestable, "event['f']: a lock", PLAIN),
    Case("a file for a workspace", lambda w: Workspace(w.place(b"x")), NotAWorkspace, "is a file", FOLDER),
    Case("a place below a file", lambda w: Workspace(w.place(b"x") / "below"), NotAWorkspace, "lies below one", FOLDER),
    Case("a file to write to", lambda w: Session(w.place(b"x"), "a test"), NotAWorkspace, "is a file", FOLDER),
    Case("a device to write to", lambda _: Session(os.devnull, "a test"), NotAWorkspace, "/dev/null is a file", FOLDER),
    Case("a folder of other things", lambda w: Workspace(foreign(w.place())), NotAWorkspace, "holds other things (notes.txt)", "name a new or an empty folder"),
    Case("other things to write to", lambda w: Session(foreign(w.place()), "a test"), NotAWorkspace, "holds other things", "name a new or an empty folder"),
    *each("nothing there", ("names", "catalog", "verify", "prune"), lambda w, v: getattr(Workspace(w.place()), v)(), NotAWorkspace, "nothing is at", FIRST),
    *each("a path", (None, 5, b"x", "a\0b", "a\ud800", "~no-such-user/x"), lambda _, v: Workspace(v), NotAWorkspace, "* names no folder", "Workspace('results')"),
    Case("a path that is too long", lambda w: Workspace(w.folder / ("x" * 300)), ArchiveError, "File name too long", "name another folder"),
    Case("a place that cannot be written to", lambda _: Session("/proc/workspace", "a test"), ArchiveError, "/proc/workspace cannot be made a workspace", "name a folder that can be written to"),
    *each("trust", ("no", None, 1), lambda w, v: Workspace(w.path, v), OptionError, "got *", "trust is True or False"),
    Case("a format of tomorrow", garbled("workspace.json", b'{"format": 99}'), ArchiveError, "has format 99", "update framework, or use another workspace"),
    *each("a format", (b"garbage", b"[]", b"{}", b"", b"[" * 100_000), lambda w, v: garbled("workspace.json", v)(w), WorkspaceDamaged, "workspace.json is garbled", MOVE),
    *each("a format", (b'{"format": -1}', b'{"format": "1"}', b'{"format": null}'), lambda w, v: garbled("workspace.json", v)(w), WorkspaceDamaged, "no format", MOVE),
    Case("no format", gone("workspace.json"), WorkspaceDamaged, "workspace.json is missing", "restore the workspace from a copy"),
    Case("a garbled mark", garbled("mark"), WorkspaceDamaged, "mark is garbled", "restore the workspace from a copy"),
    Case("no mark", gone("mark"), WorkspaceDamaged, "mark cannot be read", "Restore the workspace from a copy"),
    Case("no store", gone("store"), WorkspaceDamaged, "store cannot be read", "Restore the workspace from a copy"),
    Case("no current file", gone("store/CURRENT"), WorkspaceDamaged, "CURRENT", "move it away to compute everything again"),
    Case("a garbled current file", garbled("store/CURRENT"), WorkspaceDamaged, "is damaged", "move it away to compute everything again"),
    *each("an archive's name", (5, None, b"kept", ["a"]), lambda w, v: Workspace(w.path).archive(v), OptionError, "a string, got *", "archive('results')"),
    *each("a session's archive", (5, None), lambda w, v: w.session().archive(v), OptionError, "a string, got *", "archive('results')"),
    Case("an archive that is not there", lambda w: Workspace(w.path).archive("keptt", readonly=True), UnknownName, "'keptt'", "did you mean 'kept'?"),
    Case("an archive for stand-ins that is not there", lambda w: Workspace(w.path).archive("x", placeholders=True), UnknownName, "'x'", "there are: kept"),
    Case("an identity that is not there", lambda w: Workspace(w.path).archive("kept", readonly=True, identity="abc"), UnknownName, "identity of archive 'kept'", "there are: none"),
    *each("only to be read", ("clear", "popitem"), lambda w, v: getattr(Workspace(w.path).archive("kept", readonly=True), v)(), ArchiveError, "'kept' was opened with readonly=True", WRITE),
    Case("put into what is only read", lambda w: Workspace(w.path).archive("kept", readonly=True).update(a=1), ArchiveError, "readonly=True", WRITE),
    Case("delete from what is only read", lambda w: Workspace(w.path).archive("kept", readonly=True).pop("k"), ArchiveError, "readonly=True", WRITE),
    Case("put among stand-ins", lambda w: Workspace(w.path).archive("kept", placeholders=True).update(a=1), ArchiveError, "placeholders=True", WRITE),
    Case("send an archive", lambda w: pickle.dumps(Workspace(w.path).archive("kept")), Unpicklable, "an archive cannot be pickled", "send the workspace's path"),
    Case("put into a closed session", closed(lambda _, archive: archive.update(k=1)), ArchiveError, "is closed for a user", REOPEN),
    Case("an archive of a closed session", closed(lambda session, _: session.archive("b")), ArchiveError, "is closed for a user", REOPEN),
    Case("sync a closed session", closed(lambda session, _: session.sync()), ArchiveError, "is closed for a user", REOPEN),
    Case("a workspace that another process writes", in_another_process, WorkspaceInUse, "is open for writing in process", "or only read: Workspace(path)"),
    Case("an archive that another session writes", busy, WorkspaceInUse, "pipeline 'first'", "wait for it or stop it"),
    Case("a workspace from elsewhere", from_elsewhere, UntrustedWorkspace, "signed with a key that is not yours", "trust=True"),
    Case("a value of a class that is gone", of_a_class_that_is_gone, Unloadable, "gone_module", "placeholders=True"),
    Case("a value that is not made again", refused_again, Unloadable, "RuntimeError: no state of that kind", "define its class as it was"),
    Case("a folder for a key", lambda w: with_key(foreign(w.place()), Workspace(w.path).names), KeyUnavailable, "cannot be read", KEY),
    *each("a key file", (b"not a key", b"", b"abcd", b"\xff\xfe", b"ab" * 31), lambda w, v: read_with_key(v)(w), KeyUnavailable, "does not hold signing keys", KEY),
    Case("a key of another user", read_with_key(b"ab" * 32), UntrustedWorkspace, "a key that is not yours", "trust=True"),
    Case("a key that cannot be followed by another", lambda w: with_key(w.place(b"x"), rotate_key), KeyUnavailable, "does not hold signing keys", KEY),
    *each("archive_frame limit", (-1, "x", 1.5), lambda w, v: archive_frame(w.path, limit=v), OptionError, "got *", "a number of rows, or None for all"),
    *each("archive_frame since", ("yesterday", [1]), lambda w, v: archive_frame(w.path, since=v), OptionError, "got *", "a datetime, or seconds of Unix time"),
    *each("archive_frame of", (5, None, Workspace), lambda _, v: archive_frame(v), OptionError, "got *", SOURCES),
    Case("the frame of an unknown processor", lambda w: archive_frame(w.path, processor="Missing"), UnknownName, "'Missing'", "there are: kept"),
    *each("nothing to frame", (archive_frame, catalog_frame), lambda w, v: v(w.place()), NotAWorkspace, "nothing is at", FIRST),
    *each("catalog_frame of", (5, None), lambda _, v: catalog_frame(v), OptionError, "got *", SOURCES),
]
# fmt: on
