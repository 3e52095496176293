"""`StoredArchive`: the mapping over one archive of a workspace."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, SupportsIndex

from framework.archive.archive import Archive
from framework.archive.engine.refusals import lost
from framework.archive.engine.rows import Rows
from framework.archive.reader import StoreReader, StoreView
from framework.archive.records.catalog import records_of
from framework.archive.records.keys import index_key, index_of, keys_of, stored_key
from framework.archive.records.records import Record, RecordCounts, Records, RecordSpan, unpack_position
from framework.archive.records.serialize import dumps, loads, loads_all, loads_each
from framework.archive.records.writer import WRITTEN_TOGETHER, ArchiveWriter
from framework.errors import ArchiveError, Unloadable, Unpicklable
from framework.observe.findings import times

Writers = Callable[[], ArchiveWriter]


class StoredArchive(Archive):
    """Obtained from `Workspace.archive`, `Session.archive` or `pipeline.archive`.

    Reads need no writer: they find the archive's records wherever the workspace is open, also after the run.
    """

    def __init__(  # noqa: PLR0913 - internal: what Workspace and Session know
        self,
        reader: StoreReader,
        name: str,
        identity: str | None,
        writers: Writers | None,
        writer: ArchiveWriter | None = None,
        *,
        placeholders: bool = False,
    ) -> None:
        self.name = name
        self._reader = reader
        self._identity = identity
        self._writers = writers
        self._writer = writer
        self._placeholders = placeholders
        self._found: tuple[bytes, Records] | None = None

    def _beside(self, name: str, identity: str | None = None) -> StoredArchive:
        """Return another archive of the same workspace, to read; an empty one where there is none of that name."""
        return StoredArchive(self._reader, name, identity, None)

    @property
    def identity(self) -> str | None:
        """Return the identity of the processor that fills it; None for an archive that is known by name only."""
        return self._identity

    @property
    def readonly(self) -> bool:
        """Return whether writing is refused."""
        return self._writers is None

    def __getitem__(self, key: Any) -> Any:
        index = index_key(key)
        record = self._ask(lambda rows, records: records.find(rows, index))
        return loads(self._value(key, index, record), placeholders=self._placeholders)

    def _recalled(self, key: Any) -> Any:
        writer = self._writer
        if writer is None or not writer.usable:
            return self[key]
        index, ahead = index_key(key), writer.ahead[self._reader.trust]
        value = ahead.values.pop(index, None)
        if value is None:

            def question(rows: Rows, records: Records) -> Record | None:
                record = records.find(rows, index)
                if record is not None:
                    ahead.follow(rows, records, record.position)
                return record

            value = self._value(key, index, self._ask_directly(writer, question))
        return loads(value)

    def _value(self, key: Any, index: bytes, record: Record | None) -> bytes:
        if record is None:
            raise KeyError(key)
        if index_of(record.key) != index:
            raise lost(f"the index of archive {self.name!r} names a record of another key")
        return record.value

    def __setitem__(self, key: Any, value: Any) -> None:
        index, stored, data = _entry(key, value)
        writer = self._writer
        if writer is None or not writer.usable or self._writers is None:
            writer = self._for_writing()
        writer.put(index, stored, data)

    def __delitem__(self, key: Any) -> None:
        if not self._for_writing().delete(index_key(key)):
            raise KeyError(key)

    def __contains__(self, key: object) -> bool:
        return self._position(index_key(key)) is not None

    def __len__(self) -> int:
        return self._counts().records

    def __iter__(self) -> Iterator[Any]:
        """Return the keys in the order of first writing."""
        for run in self._runs():
            yield from keys_of(run.keys)

    def batches(self) -> Iterator[tuple[list[Any], list[Any]]]:
        """Return all keys and their values in one pass, in the order of first writing; raises WorkspaceDamaged."""
        for run in self._runs():
            yield keys_of(run.keys), loads_all(run.values, placeholders=self._placeholders)

    def _loadable(self) -> Iterator[tuple[Any, Any]]:
        for span in self._runs():
            yield from zip(_keys(span.keys), loads_each(span.values), strict=True)

    def update(self, other: Any = (), /, **entries: Any) -> None:
        """Write many records, 512 of them in one batch, all or nothing."""
        items = other.items() if isinstance(other, Mapping) else iter(other)
        for source in (items, entries.items()):
            rest = (_entry(key, value) for key, value in source)
            while batch := [*islice(rest, WRITTEN_TOGETHER)]:
                self._for_writing().put_all(batch)

    def clear(self) -> None:
        """Delete all records."""
        self._for_writing().clear()

    def verify(self) -> int:
        """Read every record without making its value, and return their number; raises WorkspaceDamaged.

        What is written or deleted meanwhile is no damage; the number may be that of before or of after.
        """
        before = self._counts()
        total = start = unnamed = 0
        while records := self._scan(start):
            unnamed += sum(self._position(index_of(record.key)) != record.position for record in records)
            total += len(records)
            start = unpack_position(records[-1].position) + 1
        if before == self._counts():
            if unnamed:
                raise lost(f"the index of archive {self.name!r} does not name a record that is there")
            if total != before.records:
                raise lost(f"archive {self.name!r} has {total} of {before.records} records")
        return total

    def size(self) -> int:
        """Return the bytes of all keys and values; reads them, but makes none of them."""
        return sum(sum(map(len, run.keys)) + sum(map(len, run.values)) for run in self._runs())

    def __repr__(self) -> str:
        return f"<archive {self.name!r} of {self._reader.layout.path}: {times(len(self), 'record')}>"

    def __reduce_ex__(self, protocol: SupportsIndex, /) -> Any:
        """Raise: an archive stays where it is."""
        raise Unpicklable("an archive cannot be pickled; send the workspace's path and open it there")

    def _counts(self) -> RecordCounts:
        before, counts = None, self._ask(lambda rows, records: records.counts(rows))
        while before != counts:  # what is read twice is of one moment
            before, counts = counts, self._ask(lambda rows, records: records.counts(rows))
        return counts or RecordCounts(0, 0)

    def _position(self, index: bytes) -> bytes | None:
        position: bytes | None = self._ask(lambda rows, records: rows.get(records.place(index)))
        return position

    def _for_writing(self) -> ArchiveWriter:
        if self._writers is None:
            path = str(self._reader.layout.path)
            raise ArchiveError(
                f"archive {self.name!r} was opened with readonly=True or placeholders=True, or its pipeline has ended; "
                f"to write to it: Workspace({path!r}).archive({self.name!r})"
            )
        writer = self._writer
        if writer is None or not writer.usable:
            writer = self._writer = self._writers()
        return writer

    def _ask(self, question: Callable[[Rows, Records], Any]) -> Any:
        writer = self._writer
        if writer is not None and writer.usable:  # of a running pipeline: the registry need not be asked
            return self._ask_directly(writer, question)
        with self._reader.reading() as view:
            records = self._located(view)
            return None if view is None or records is None else question(view.rows, records)

    def _ask_directly(self, writer: ArchiveWriter, question: Callable[[Rows, Records], Any]) -> Any:
        if self._found is None or self._found[0] != writer.uid:
            self._found = writer.uid, records_of(writer.uid, self._reader.keyring, trust=self._reader.trust)
        database, records = writer.database, self._found[1]
        rows = database.rows
        try:
            with database.translated:
                return question(rows, records)
        except ArchiveError:
            with database.lock:  # which is held while RocksDB is opened again
                if rows is database.rows:
                    raise
            return self._ask_directly(writer, question)

    def _located(self, view: StoreView | None) -> Records | None:
        if view is None:
            return None
        uid = view.catalog.find(self.name, self._identity)
        if uid is None:
            return None
        if self._found is None or self._found[0] != uid:
            self._found = uid, records_of(uid, self._reader.keyring, trust=self._reader.trust)
        return self._found[1]

    def _runs(self) -> Iterator[RecordSpan]:
        before = self._counts()
        start = seen = 0
        while (run := self._run(start)).keys:
            yield run
            start = run.end
            seen += len(run.keys)
        if seen < before.records and before == self._counts():
            raise lost(f"archive {self.name!r} has {seen} of {before.records} records")

    def _scan(self, start: int) -> list[Record]:
        return self._ask(lambda rows, records: records.scan(rows, start)) or []

    def _run(self, start: int) -> RecordSpan:
        return self._ask(lambda rows, records: records.run(rows, start)) or RecordSpan((), (), start)


def _keys(data: Sequence[bytes]) -> list[Any]:
    try:
        return keys_of(data)
    except Unloadable:
        return [repr(key) for key in data]


def _entry(key: Any, value: Any) -> tuple[bytes, bytes, bytes]:
    index = index_key(key)
    return index, index if index[:1] == b"s" else stored_key(key, index), dumps(value)
