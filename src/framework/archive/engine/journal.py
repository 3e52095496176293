"""`Journal`: rows that have not reached RocksDB yet, in a mapped file, where they outlive a kill.

A batch of RocksDB costs a system call, whether it holds one record or hundreds; a copy into a mapped page costs none.
Puts are therefore kept here and written together; after a kill, the next process that opens the store finds them here.

The file starts with the number of RocksDB's last write. Entries belong to the store that is in exactly that state:
a store that is further on holds them already, from one batch. Their checksums depend on the number, so that what an
earlier generation left behind is never taken for an entry::

    write | length checksum entry | length checksum entry | ... | 0 0

An entry holds two rows, which appear together or not at all: four lengths, and what they measure.
"""

from __future__ import annotations

import mmap
import struct
from pathlib import Path
from typing import NamedTuple
from zlib import adler32

from framework.errors import WorkspaceDamaged

SIZE = 256 << 10
"""Bytes; some 1,000 small records."""
_WRITE = struct.Struct("<Q")
_HEAD = struct.Struct("<II")
_LENGTHS = struct.Struct("<4I")
_END = bytes(_HEAD.size)


class Journal:
    """The file open for writing, and its rows."""

    def __init__(self, path: Path, write: int) -> None:
        """Make the file anew, for a store whose last write has that number."""
        self._path = path
        with path.open("wb") as file:
            # Written, not only sized: a page for which the disk has no room ends the process when it is stored to.
            file.write(bytes(SIZE))
        self._file = path.open("r+b")
        self._page = mmap.mmap(self._file.fileno(), SIZE)
        self.rows: dict[bytes, bytes] = {}
        self.begin(write)
        self._page.flush()  # what an earlier process left must not come back after a power cut

    def begin(self, write: int) -> None:
        """Forget the rows: the store holds everything up to that write."""
        self._page[_WRITE.size : _WRITE.size + _HEAD.size] = _END
        _WRITE.pack_into(self._page, 0, write)
        self._seed = write & 0xFFFFFFFF
        self._at = _WRITE.size
        self.rows.clear()

    def add(self, place: bytes, position: bytes, key: bytes, record: bytes) -> bool:
        """Keep two rows, `place: position` and `key: record`; False if there is no room for them."""
        lengths = _LENGTHS.pack(len(place), len(position), len(key), len(record))
        entry = b"".join((lengths, place, position, key, record, _END))
        at, size = self._at, len(entry) - _HEAD.size
        end = at + _HEAD.size + len(entry)
        if end > SIZE:
            return False
        # Two thirds of the time of crc32, and the record in it has a signature of its own. A kill during the copy
        # leaves an entry that does not fit its checksum: it does not count.
        self._page[at:end] = _HEAD.pack(size, adler32(entry, self._seed)) + entry
        self._at = at + _HEAD.size + size
        self.rows[place] = position
        self.rows[key] = record
        return True

    def close(self) -> None:
        """Close the file, and remove it if it holds nothing."""
        self._page.close()
        self._file.close()
        if not self.rows:
            self._path.unlink(missing_ok=True)


class JournalRows(NamedTuple):
    """The rows that a journal holds, and the write of RocksDB that they follow."""

    write: int
    rows: dict[bytes, bytes]

    def after(self, write: int) -> dict[bytes, bytes]:
        """Return the rows that a store with that last write lacks."""
        return self.rows if write == self.write else {}


def read_journal(path: Path) -> JournalRows:
    """Return the rows of a journal, also while it is written; none without a file; raises WorkspaceDamaged."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return JournalRows(0, {})
    except OSError as error:
        raise WorkspaceDamaged(
            f"{path} cannot be read ({error.strerror}); restore the workspace from a copy"
        ) from error
    if len(data) < _WRITE.size:
        return JournalRows(0, {})
    (write,) = _WRITE.unpack_from(data)
    rows: dict[bytes, bytes] = {}
    at = _WRITE.size
    while at + _HEAD.size <= len(data):
        size, checksum = _HEAD.unpack_from(data, at)
        at += _HEAD.size
        if not size or adler32(data[at : at + size] + _END, write & 0xFFFFFFFF) != checksum:
            break
        rows |= _rows(data[at : at + size])
        at += size
    return JournalRows(write, rows)


def _rows(entry: bytes) -> dict[bytes, bytes]:
    at, parts = _LENGTHS.size, []
    for length in _LENGTHS.unpack_from(entry):
        parts.append(entry[at : at + length])
        at += length
    return {parts[0]: parts[1], parts[2]: parts[3]}
