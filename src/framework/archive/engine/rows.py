"""`Rows` reads a RocksDB; `LiveRows` and `Overlaid` add rows that it does not hold yet."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from framework.errors import ArchiveError, WorkspaceDamaged

if TYPE_CHECKING:
    from rocksdict import Rdict, ReadOptions

StoredRow = tuple[bytes, bytes]
ID_BYTES = 8
"""Of the id of an archive, which stands behind the first letter of the keys of its rows."""
MOST_BYTES = 16 << 20
"""Of a scan with a limit, which ends earlier with larger rows."""


class Rows:
    """The rows of a database, in the order of their keys."""

    def __init__(self, db: Rdict) -> None:
        self._db = db
        self.get: Callable[[bytes], bytes | None] = db.get
        """The value of a key."""

    @property
    def written(self) -> Rows:
        """Return the rows that have reached the database."""
        return self

    def scan(self, first: bytes, prefix: bytes, limit: int | None = None) -> list[StoredRow]:
        """Return the rows from a key on whose keys start so; with a limit, not all of them, but one at least."""
        # rocksdict's iterators point into the options and do not keep them: they must live as long as the iteration.
        options = _until(prefix)
        found: Any = self._db.items(from_key=first, read_opt=options)
        rows: list[StoredRow] = []
        size = 0
        for row in found:
            rows.append(row)
            size += len(row[1])
            if limit is not None and (len(rows) == limit or size > MOST_BYTES):
                break
        else:  # the end, or an iterator that met a damaged block and stopped silently
            walker = self._db.iter(options)
            walker.seek(rows[-1][0] if rows else first)
            if rows and walker.valid():
                walker.next()
            walker.status()  # raises what the iterator met
        del found, options
        return rows

    def last(self, prefix: bytes, until: bytes | None = None) -> bytes | None:
        """Return the last key that starts so, up to a key if one is given."""
        options = _until(prefix)  # kept for as long as the walker, as in scan
        walker = self._db.iter(options)
        walker.seek_for_prev(until or after(prefix))
        walker.status()
        key: bytes = walker.key() if walker.valid() else b""
        del walker, options
        return key if key.startswith(prefix) else None


class LiveRows(Rows):
    """The database that this process writes to, and the rows that are pending."""

    def __init__(self, opened: Callable[[], Rdict], pending: dict[bytes, bytes], flush: Callable[[], None]) -> None:
        super().__init__(opened())
        self._opened = opened
        self._flush = flush
        self._pending = pending
        below = self.get
        # Pending first: what leaves it has reached the database by then.
        self.get = lambda key: pending.get(key) or below(key)

    @property
    def written(self) -> Rows:
        """Return the rows without those that are pending, which are not flushed for it."""
        return Rows(self._opened())

    def scan(self, first: bytes, prefix: bytes, limit: int | None = None) -> list[StoredRow]:
        """Return the rows from a key on whose keys start so."""
        return self._flushed().scan(first, prefix, limit)

    def last(self, prefix: bytes, until: bytes | None = None) -> bytes | None:
        """Return the last key that starts so, up to a key if one is given."""
        return self._flushed().last(prefix, until)

    def _flushed(self) -> Rows:
        """Return the rows in one place, or in both where the disk takes no more: what is there can still be read."""
        try:
            self._flush()
        except WorkspaceDamaged:
            raise
        except ArchiveError:
            return Overlaid(self._opened(), dict(self._pending))
        return Rows(self._opened())  # flushing may have opened it again


class Overlaid(Rows):
    """A database that another process writes to, and the rows of that process's journal."""

    def __init__(self, db: Rdict, rows: dict[bytes, bytes]) -> None:
        super().__init__(db)
        self._rows = rows
        below = self.get
        self.get = lambda key: self._rows.get(key) or below(key)

    def scan(self, first: bytes, prefix: bytes, limit: int | None = None) -> list[StoredRow]:
        """Return the rows of both, each key once."""
        below = super().scan(first, prefix, limit)
        end = below[-1][0] if limit is not None and below else None  # what follows comes with the next scan
        above = {
            key: value
            for key, value in self._rows.items()
            if key >= first and key.startswith(prefix) and (end is None or key <= end)
        }
        return sorted((dict(below) | above).items())[:limit] if above else below

    def last(self, prefix: bytes, until: bytes | None = None) -> bytes | None:
        """Return the last key of both, up to a key if one is given."""
        above = (key for key in self._rows if key.startswith(prefix) and (until is None or key <= until))
        return max(filter(None, (super().last(prefix, until), *above)), default=None)


def after(prefix: bytes) -> bytes:
    """Return the first key behind all that start so."""
    number = int.from_bytes(prefix, "big") + 1
    return number.to_bytes(len(prefix), "big")


def _until(prefix: bytes) -> ReadOptions:
    from rocksdict import ReadOptions

    options = ReadOptions()
    options.set_iterate_upper_bound(after(prefix))
    return options
