"""Opens RocksDB, whose logs are checked first, and translates its errors."""

from __future__ import annotations

import fcntl
import os
import struct
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from framework.archive.engine.refusals import lost, refusal
from framework.errors import ArchiveError, WorkspaceDamaged, WorkspaceInUse

if TYPE_CHECKING:
    from rocksdict import AccessType, Options, Rdict

_BLOCK = 32_768
_HEADER = struct.Struct("<IHB")  # checksum, length, kind; no header crosses the end of a block
_RECYCLED = frozenset({5, 6, 7, 8, 11})


def open_database(path: Path, access: AccessType, *, create: bool = False, rebooted: bool = False) -> Rdict:
    """Open the RocksDB in a folder; raises WorkspaceInUse or WorkspaceDamaged.

    With `create` it is made where there is none. After the system was `rebooted` what was not synced may have holes:
    the database is then opened as it was before the first of them.
    """
    from rocksdict import Rdict

    check_logs(path)
    with translated(path):
        return Rdict(str(path), options=_options(create=create, rebooted=rebooted), access_type=access)


def _options(*, create: bool, rebooted: bool) -> Options:
    from rocksdict import DBRecoveryMode, Options

    options = Options(raw_mode=True)
    options.create_if_missing(create)
    options.set_paranoid_checks(enabled=True)
    # A kill may leave half a record at the end of the log: that write had not returned. Anything else is damage; the
    # default would quietly open the store as it was before the damaged place. After a power cut that is what is wanted.
    killed, power_cut = DBRecoveryMode.tolerate_corrupted_tail_records(), DBRecoveryMode.point_in_time()
    options.set_wal_recovery_mode(power_cut if rebooted else killed)
    options.set_max_open_files(-1)  # a secondary must keep the files that the writer deletes
    options.set_write_buffer_size(16 << 20)  # the log that opening reads again never grows beyond it
    # A put asks first whether its key is there. Most are not: a filter says so without a search.
    options.set_memtable_prefix_bloom_ratio(0.05)
    options.set_memtable_whole_key_filtering(True)
    options.set_keep_log_file_num(2)
    options.set_max_log_file_size(1 << 20)
    return options


class translated:  # noqa: N801 - used as a function
    """`with translated(store):` raises our errors for those of RocksDB, which are plain `Exception` and Rust panics.

    An object may be entered again and by several threads: a put is short enough for a new context manager to show.
    """

    __slots__ = ("_path",)

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> None:
        """Nothing to do."""

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        # rocksdict raises Exception itself, never a subclass but for these two
        if kind is not None and kind.__name__ == "DbClosedError":
            raise ArchiveError(f"{self._path.parent} was closed meanwhile: read it again") from error
        if kind is Exception or (kind is not None and kind.__name__ == "PanicException"):
            raise _meaning(self._path, str(error)) from error
        # of rocksdict itself, which writes a file of its own; without a code
        if isinstance(error, OSError) and error.errno is None and (refused := refusal(self._path.parent, str(error))):
            raise refused from error


def _meaning(path: Path, text: str) -> ArchiveError:
    if "LOCK" in text and "Resource temporarily unavailable" in text:
        return in_use(path.parent, lock_holder(path / "LOCK"))
    if "lock hold by current process" in text:
        return in_use(path.parent, os.getppid())
    return refusal(path.parent, text) or WorkspaceDamaged(
        f"{path.parent} is damaged: {text}. Restore it from a copy, or move it away to compute everything again"
    )


def in_use(path: Path, pid: int | None) -> WorkspaceInUse:
    """Return the error for a workspace that another process writes to."""
    who = f"process {pid}" if pid else "another process"
    return WorkspaceInUse(
        f"{path} is open for writing in {who}; stop that one (in Jupyter: shut down the other kernel), use another "
        "workspace, or only read: Workspace(path)"
    )


def lock_holder(lock: Path) -> int | None:
    """Return the process that holds a lock file, asked from the system, so that the answer is never out of date.

    Never call it in the process that holds the lock: closing the file would release it.
    """
    # struct flock; both layouts start a lock of the whole file and answer with the holder
    layout = struct.Struct("qqihh") if sys.platform == "darwin" else struct.Struct("hhqqi4x")
    question = (0, 0, 0, fcntl.F_WRLCK, 0) if sys.platform == "darwin" else (fcntl.F_WRLCK, 0, 0, 0, 0)
    try:
        with lock.open("r+b") as file:
            answer = layout.unpack(fcntl.fcntl(file, fcntl.F_GETLK, layout.pack(*question)))
    except OSError:
        return None
    kind, pid = (answer[3], answer[2]) if sys.platform == "darwin" else (answer[0], answer[4])
    return None if kind == fcntl.F_UNLCK else pid


def check_logs(store: Path) -> None:
    """Look at every log and manifest of a store before RocksDB reads them; raises WorkspaceDamaged.

    Its reader never returns from a record of a recycled log that stands in a log which is not recycled (it reports the
    record as bad without stepping over it, RocksDB 10.4). We never recycle logs, so that such a kind only comes of
    damage.
    """
    for path in (*store.glob("*.log"), *store.glob("MANIFEST-*")):
        try:
            data = path.read_bytes()
        except FileNotFoundError:  # a writer has just finished with it
            continue
        if _has_recycled_record(data):
            raise lost(f"{path} is garbled")


def _has_recycled_record(data: bytes) -> bool:
    at, size, header = 0, len(data), _HEADER.size
    read = _HEADER.unpack_from
    while at + header <= size:
        rest = _BLOCK - at % _BLOCK
        if rest < header:
            at += rest
            continue
        _, length, kind = read(data, at)
        if kind in _RECYCLED:
            return True
        # At zeros, which a power cut may leave, RocksDB goes on with the next block: what follows is no header.
        at += min(header + length, rest) if kind else rest
    return False
