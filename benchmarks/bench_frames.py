"""100,000 archived rows as a DataFrame, beside the same rows in raw stores.

Row by row is the way to read an archive without `archive_frame`: the value of each key, which is found, verified
and unpickled by itself. The raw stores hold the bare pickles, are read in one pass or key by key, and verify nothing.
"""

import pickle
import shutil
import sqlite3
import sys
import tempfile
import time
from pathlib import Path

import diskcache
import lmdb
import pandas as pd
from interleaved import measure, table
from promises import beaten, finish, promise
from rocksdict import Options, Rdict

from framework.archive import Session, Workspace
from framework.notebook import archive_frame

ROWS = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
FEW = ROWS // 50
"""Rows in stores that take their time to write them; the time is given as if it were all."""
ROW_BY_ROW = "framework, row by row"
UNVERIFIED = "it unpickles whatever lies there; ours are looked at by their signature, and come with their facts"


def row(number):
    return {"number": number, "name": f"n{number}", "share": number / 7}


def filled(root):
    """The same rows in every store, and how each of them becomes a frame."""
    pickles = {f"row-{number}": pickle.dumps(row(number), 5) for number in range(ROWS)}
    with Session(root / "ours", "the benchmark") as session:
        archive = session.archive("rows")
        for number in range(ROWS):
            archive[f"row-{number}"] = row(number)
    raw = Rdict(str(root / "rocksdict"), options=Options(raw_mode=True))
    for key, value in pickles.items():
        raw[key.encode()] = value
    database = sqlite3.connect(root / "sqlite3", isolation_level=None)
    database.execute("create table rows (key text primary key, value blob) without rowid")
    database.execute("begin")
    database.executemany("insert into rows values (?, ?)", pickles.items())
    database.execute("commit")
    lightning = lmdb.open(str(root / "lmdb"), map_size=1 << 28)
    with lightning.begin(write=True) as transaction:
        for key, value in pickles.items():
            transaction.put(key.encode(), value)
    cache = diskcache.Cache(root / "diskcache", sqlite_synchronous=0)
    for number in range(FEW):
        cache[number] = row(number)
    return {
        "framework, archive_frame": lambda: archive_frame(root / "ours"),
        ROW_BY_ROW: lambda: _key_by_key(root / "ours"),
        "rocksdict, one pass": lambda: pd.DataFrame([*map(pickle.loads, raw.values())]),
        "rocksdict, key by key": lambda: pd.DataFrame([pickle.loads(raw[key.encode()]) for key in pickles]),
        "sqlite3, one pass": lambda: pd.DataFrame(
            [pickle.loads(value) for (value,) in database.execute("select value from rows")]
        ),
        "lmdb, one pass": lambda: _with_lmdb(lightning),
        "diskcache, key by key": lambda: _some_of(cache),
    }


def _key_by_key(path):
    with Workspace(path) as workspace:
        archive = workspace.archive("rows")
        return pd.DataFrame([archive[key] for key in archive])


def _with_lmdb(lightning):
    with lightning.begin() as transaction:
        return pd.DataFrame([pickle.loads(value) for _, value in transaction.cursor()])


def _some_of(cache):
    started = time.perf_counter()
    pd.DataFrame([cache[number] for number in range(FEW)])
    return (time.perf_counter() - started) * ROWS / FEW


def main():
    root = Path(tempfile.mkdtemp())
    try:
        contestants = filled(root)
        ours = next(iter(contestants))
        times = measure({name: lambda run=run: _discarded(run) for name, run in contestants.items()}, rounds=5)
        table(f"{ROWS:,} rows to a DataFrame", times, ours, ROWS)
        promise("times as fast as row by row", times.ratio(ROW_BY_ROW, ours), at_least=10)
        peers = [name for name in contestants if not name.startswith("framework")]
        beaten("rows to a DataFrame", times.against(ours, peers), dict.fromkeys(peers, UNVERIFIED))
    finally:
        shutil.rmtree(root, ignore_errors=True)
    finish()


def _discarded(run):
    """What the contestant measured itself; a frame is let go within the measurement."""
    result = run()
    return result if isinstance(result, float) else None


if __name__ == "__main__":
    main()
