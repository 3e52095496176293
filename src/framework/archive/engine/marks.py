"""`Mark`: how far a store has been written, kept beside it: without it, lost records look like never written ones.

RocksDB numbers its writes and finds the last number again when it opens. It takes a log that was cut off for the
torn end that a crash leaves, and an absent log for none, both without a word; this file says what must be there.
"""

from __future__ import annotations

import mmap
import struct
from pathlib import Path
from typing import NamedTuple

from framework.errors import WorkspaceDamaged

_LAYOUT = struct.Struct("<8s36sxxxxQQQQ")
_PAIR = struct.Struct("<QQ")
_MAGIC = b"fwmark01"
_WRITTEN, _SYNCED = 48, 64
EMPTY_MARK = _LAYOUT.pack(_MAGIC, b"", 0, 0, 0, 0)
"""The file of a store that does not exist yet."""


class Marks(NamedTuple):
    """Numbers of writes: how many had reached the operating system, how many the disk, and since which boot."""

    boot: str
    written: int
    synced: int

    @property
    def rebooted(self) -> bool:
        """Return whether the machine may have gone down since the last write."""
        return not self.boot or self.boot != boot()

    @property
    def required(self) -> int:
        """Return what must be there: everything written, or after a reboot everything synced."""
        return self.synced if self.rebooted else self.written


class Mark:
    """The file open for writing. The numbers live in a mapped page: they outlive a kill and cost no system call."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.open("r+b")
        self._page = mmap.mmap(self._file.fileno(), _LAYOUT.size)

    def written(self, number: int) -> None:
        """Record that so many writes have reached the operating system."""
        # Twice: a kill may come between the two stores, and a single garbled copy must not raise the demand.
        _PAIR.pack_into(self._page, _WRITTEN, number, number)

    def synced(self, number: int) -> None:
        """Record that so many writes have reached the disk."""
        _PAIR.pack_into(self._page, _SYNCED, number, number)

    def begin(self, number: int) -> None:
        """Record that the store was opened with so many writes, which count for this boot from here on."""
        self.written(number)
        self._page[8:44] = boot().encode().ljust(36, b"\0")

    def close(self) -> None:
        """Close the file."""
        self._page.close()
        self._file.close()


def read_marks(path: Path) -> Marks:
    """Return the marks of a store, also while a process writes to it; raises WorkspaceDamaged."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise WorkspaceDamaged(
            f"{path} cannot be read ({error.strerror}): without it an incomplete store is not noticed. "
            "Restore the workspace from a copy, or move it away to compute everything again"
        ) from error
    if len(data) != _LAYOUT.size or not data.startswith(_MAGIC):
        raise WorkspaceDamaged(f"{path} is garbled; restore the workspace from a copy, or move it away")
    _, boot_id, written, written_again, synced, synced_again = _LAYOUT.unpack(data)
    return Marks(
        boot_id.rstrip(b"\0").decode("ascii", "replace"), min(written, written_again), min(synced, synced_again)
    )


def boot() -> str:
    """Return an id of the running system's boot; empty where the system does not tell one."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
    except OSError:
        return ""
