"""Archives: puts and gets, beside raw stores.

Every contestant keeps the same small rows under 32-digit keys. A put of ours survives a kill when it returns, and a
power cut after the end of the phase; the raw store closest to that is one RocksDB batch per put with the same two rows
(value and index) and one sync. What syncs each put shows what that costs. Ours are looked up and signed besides.
"""

import itertools
import pickle
import shutil
import sqlite3
import sys
import tempfile
import time
from pathlib import Path

import diskcache
import joblib
import lmdb
from interleaved import measure, table
from promises import beaten, finish, promise
from rocksdict import Options, Rdict, WriteBatch, WriteOptions

from framework.archive import Description, InMemCache, Session, Workspace

COUNT = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
SYNCED = 300
"""Puts that are synced one by one, or nearly: a disk takes its time."""
KEYS = [f"{n:032x}" for n in range(COUNT)]
RAW_PUT = "raw rocksdict, a batch per put"
BARE = "the bare pickle under the bare key: no index in the order of writing, no signature, no locks for threads"
TOGETHER = "many puts become one: they are lost together, where each of ours survives a kill as it returns"
ROOT = Path(tempfile.mkdtemp())
_numbers = itertools.count()


def row(n):
    return n, f"name{n}", n * 0.5, n % 7, n % 2 == 0


def place():
    return ROOT / str(next(_numbers))


def per_put(count, seconds):
    """As if it were COUNT puts."""
    return seconds / count * COUNT


def ours(path=None):
    with Session(path or place(), "the benchmark") as session:
        archive = session.archive("rows")
        started = time.perf_counter()
        for n in range(COUNT):
            archive[KEYS[n]] = row(n)
        session.sync()
        return time.perf_counter() - started


def ours_in_bulk():
    with Session(place(), "the benchmark") as session:
        archive = session.archive("rows")
        started = time.perf_counter()
        archive.update((KEYS[n], row(n)) for n in range(COUNT))
        session.sync()
        return time.perf_counter() - started


def ours_in_memory():
    archive = InMemCache()
    started = time.perf_counter()
    for n in range(COUNT):
        archive[KEYS[n]] = row(n)
    return time.perf_counter() - started


def raw(batch, *, count=COUNT, sync=False):
    def run():
        db = Rdict(str(place()), options=Options(raw_mode=True))
        options = WriteOptions()
        options.sync = sync
        started = time.perf_counter()
        for first in range(0, count, batch):
            rows = WriteBatch(raw_mode=True)
            for n in range(first, first + batch):
                position = n.to_bytes(8, "big")
                rows.put(b"I" + KEYS[n].encode(), position)
                rows.put(b"R" + position, pickle.dumps((KEYS[n], row(n)), 5))
            db.write(rows, options)
        db.flush_wal(sync=True)
        took = time.perf_counter() - started
        db.close()
        return per_put(count, took)

    return run


def with_sqlite(per_commit, synchronous, count):
    def run():
        db = sqlite3.connect(place(), isolation_level=None)
        db.execute("pragma journal_mode=wal")
        db.execute(f"pragma synchronous={synchronous}")
        db.execute("create table rows (key text primary key, value blob) without rowid")
        started = time.perf_counter()
        for first in range(0, count, per_commit):
            db.execute("begin")
            rows = [(KEYS[n], pickle.dumps(row(n), 5)) for n in range(first, first + per_commit)]
            db.executemany("insert or replace into rows values (?, ?)", rows)
            db.execute("commit")
        took = time.perf_counter() - started
        db.close()
        return per_put(count, took)

    return run


def with_lmdb(per_commit, count):
    def run():
        with lmdb.open(str(place()), map_size=1 << 28) as db:
            started = time.perf_counter()
            for first in range(0, count, per_commit):
                with db.begin(write=True) as transaction:
                    for n in range(first, first + per_commit):
                        transaction.put(KEYS[n].encode(), pickle.dumps(row(n), 5))
            return per_put(count, time.perf_counter() - started)

    return run


def with_diskcache():
    with diskcache.Cache(place()) as cache:
        started = time.perf_counter()
        for n in range(SYNCED * 5):
            cache[KEYS[n]] = row(n)
        return per_put(SYNCED * 5, time.perf_counter() - started)


def with_joblib():
    cached = joblib.Memory(place(), verbose=0).cache(row)
    started = time.perf_counter()
    for n in range(SYNCED):
        cached(n)
    return per_put(SYNCED, time.perf_counter() - started)


def puts():
    times = measure(
        {
            "framework": ours,
            "framework, update()": ours_in_bulk,
            "framework, in memory": ours_in_memory,
            RAW_PUT: raw(1),
            "raw rocksdict, 1,000 per batch": raw(1000),
            "raw rocksdict, each put synced": raw(1, count=SYNCED, sync=True),
            "sqlite3, 1,000 per commit": with_sqlite(1000, "full", COUNT),
            "sqlite3, each put committed": with_sqlite(1, "normal", COUNT // 10),
            "sqlite3, each put synced": with_sqlite(1, "full", SYNCED),
            "lmdb, 1,000 per transaction": with_lmdb(1000, COUNT),
            "lmdb, each put synced": with_lmdb(1, SYNCED),
            "diskcache": with_diskcache,
            "joblib.Memory": with_joblib,
        },
        rounds=5,
    )
    table("Puts", times, "framework", COUNT)
    peers = list(times)[3:]
    beaten("puts", times.against("framework", peers), dict.fromkeys(peers, TOGETHER) | {RAW_PUT: BARE})
    synced = times.ratio("raw rocksdict, each put synced", "framework")
    promise("times as fast as a synced put each", synced, at_least=20)
    share = times.ratio(RAW_PUT, "framework")
    promise("share of the speed of raw rocksdict batches, put by put", share, at_least=0.8)
    share = times.ratio("raw rocksdict, 1,000 per batch", "framework, update()")
    promise("share of the speed of raw rocksdict batches, in bulk", share, at_least=0.35)


def gets():
    path, plain = place(), place()
    ours(path)
    session = Session(path, "the benchmark")
    archive, other = session.archive("rows"), Workspace(path).archive("rows")
    db = Rdict(str(plain), options=Options(raw_mode=True))
    cache = diskcache.Cache(place())
    base = sqlite3.connect(place(), isolation_level=None)
    base.execute("create table rows (key text primary key, value blob) without rowid")
    for n in range(COUNT):
        db[KEYS[n].encode()] = pickle.dumps(row(n), 5)
    base.executemany("insert into rows values (?, ?)", ((KEYS[n], pickle.dumps(row(n), 5)) for n in range(COUNT)))
    for n in range(SYNCED):
        cache[KEYS[n]] = row(n)
    lightning = lmdb.open(str(place()), map_size=1 << 28)
    with lightning.begin(write=True) as transaction:
        for n in range(COUNT):
            transaction.put(KEYS[n].encode(), pickle.dumps(row(n), 5))
    memory = joblib.Memory(place(), verbose=0).cache(row)
    for n in range(SYNCED):
        memory(n)

    def from_lmdb(key):
        with lightning.begin() as reading:
            return pickle.loads(reading.get(key.encode()))

    def each(get, count=COUNT):
        def run():
            started = time.perf_counter()
            for n in range(count):
                get(KEYS[n])
            return per_put(count, time.perf_counter() - started)

        return run

    query = "select value from rows where key = ?"
    contestants = {
        "framework, in a run": each(archive.__getitem__),
        "framework, a reader beside it": each(other.__getitem__, COUNT // 4),
        "raw rocksdict": each(lambda key: pickle.loads(db[key.encode()])),
        "sqlite3": each(lambda key: pickle.loads(base.execute(query, (key,)).fetchone()[0])),
        "lmdb": each(from_lmdb),
        "diskcache": each(cache.__getitem__, SYNCED),
        "joblib.Memory": each(lambda key: memory(int(key, 16)), SYNCED),
    }
    times = measure(contestants, rounds=5)
    table("Gets", times, "framework, in a run", COUNT)
    peers = list(contestants)[2:]
    beaten("gets", times.against("framework, in a run", peers), dict.fromkeys(peers, BARE))
    for store in (session, db, cache, base, lightning):
        store.close()


def opening():
    path = place()
    with Session(path, "the benchmark") as session:
        for n in range(1000):
            session.archive(Description(name=f"builder {n}", identity="i"))["k"] = n

    def run():
        started = time.perf_counter()
        with Session(path, "the benchmark") as session:
            for n in range(1000):
                assert session.archive(Description(name=f"builder {n}", identity="i"))["k"] == n
            return time.perf_counter() - started

    def bare():
        """The same store without us, and the record of each archive."""
        started = time.perf_counter()
        db = Rdict(str(path / "store"), options=Options(raw_mode=True))
        found = [value for key, value in db.items() if key.startswith(b"R")]
        took = time.perf_counter() - started
        db.close()
        assert len(found) == 1000
        return took

    opened, store = "1,000 archives", "the raw store and its rows"
    times = measure({opened: run, store: bare}, rounds=9)
    table("Opening a workspace and every archive in it", times, store, 1, "ms")
    promise("opening 1,000 archives, times opening the store", times.ratio(opened, store), at_most=15)


try:
    puts()
    gets()
    opening()
finally:
    shutil.rmtree(ROOT, ignore_errors=True)
finish()
