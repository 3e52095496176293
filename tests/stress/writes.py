"""What writers do to their archives. A seed decides it, so that the number of reported acts tells what must be there.

An act is done by the same call to an archive and to the dict that stands for it: an archive that is not what the dict
is, in contents or in order, is wrong. Threads share one archive and have one each; the first sign of a key names the
thread, so that the records of each can be told apart.
"""

import json
import os
import signal
import sys
import threading
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from framework.archive import Session, Workspace

BATCH = 512  # records that `update` writes at once
LARGE = 300_000  # a few dozen such values fill a table file


class Act(NamedTuple):
    """A call of a method of an archive."""

    archive: str
    method: str
    arguments: tuple[Any, ...] = ()

    def do(self, archive):
        getattr(archive, self.method)(*self.arguments)

    def stages(self, records):
        """What may be there when it is cut short: it happens at once, but batch by batch when it is an update."""
        yield records
        parts = [self]
        if self.method == "update":
            pairs = iter(self.arguments[0].items())
            parts = [Act(self.archive, "update", (dict(part),)) for part in iter(lambda: [*islice(pairs, BATCH)], [])]
        for part in parts:
            records = records.copy()
            part.do(records)
            yield records


def archives_of(thread):
    """The shared archive and the thread's own."""
    return "shared", f"archive of {thread}"


def nothing(thread):
    """The records of a thread that has done nothing."""
    return {name: {} for name in archives_of(thread)}


def acts(seed, thread, records, lengths=(10, 1000, LARGE)):
    """The acts of a thread without end; `records` holds what it has in each archive, and is kept up to date."""
    random = Random(f"{seed} {thread}")
    longest = random.choice(lengths)
    while True:
        name = random.choice(archives_of(thread))
        act = _act(random, name, thread, [*records[name]], longest)
        yield act
        act.do(records[name])


def _act(random, name, thread, keys, longest):
    kind = random.choices(
        ("put", "overwrite", "delete", "update", "clear"), (40, 20 * bool(keys), 15 * bool(keys), 5, name != "shared")
    )[0]
    match kind:
        case "put":
            return Act(name, "__setitem__", (_key(random, thread), _value(random, longest)))
        case "overwrite":
            return Act(name, "__setitem__", (random.choice(keys), _value(random, longest)))
        case "delete":
            return Act(name, "__delitem__", (random.choice(keys),))
        case "update":
            count = random.choice((2, 20, 20, 20, 600)) if longest < LARGE else 5
            again = random.sample(keys, min(len(keys), count // 2))
            chosen = random.sample(again + [_key(random, thread) for _ in range(count)], count)
            return Act(name, "update", ({key: _value(random, longest) for key in chosen},))
        case "clear":
            return Act(name, "clear")


def _key(random, thread):
    number = random.randrange(10**9)
    return random.choice((f"{thread}{number}", (str(thread), number)))


def _value(random, longest):
    return random.choice((random.random(), [None, "x" * random.randrange(longest)]))


def mine(pairs, thread):
    """The records of a thread in an archive."""
    return {key: value for key, value in pairs if key[0] == str(thread)}


def write(report, path, seed, threads):
    """Act in threads until killed; each reports itself after each act, and now and then brings all to the disk."""
    sys.setswitchinterval(1e-4)  # threads that take turns often meet in the middle of more acts
    with Session(path, "a writer") as session:

        def work(thread):
            archives = {name: session.archive(name) for name in archives_of(thread)}
            records = {name: mine(archive.pairs(), thread) for name, archive in archives.items()}
            for number, act in enumerate(acts(seed, thread, records)):
                act.do(archives[act.archive])
                os.write(report, bytes([thread]))
                if number % 50 == seed % 50:
                    session.sync()

        workers = [threading.Thread(target=work, args=(thread,)) for thread in range(threads)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()


def keep(report, path, seed, sessions, killed_after=None):
    """Act in one thread, and sync now and then; report each act, and after each sync the sizes of the logs."""
    random, coming = Random(seed), enumerate(acts(seed, 0, nothing(0)), 1)
    for _ in range(sessions):
        session = Session(path, "a writer")
        archives = {name: session.archive(name) for name in archives_of(0)}
        for number, act in islice(coming, random.randrange(30)):
            act.do(archives[act.archive])
            os.write(report, b"act\n")
            if number == killed_after:
                os.kill(os.getpid(), signal.SIGKILL)
            if random.random() < 0.1:
                _synced(report, path, session.sync)
        _synced(report, path, session.close)


def _synced(report, path, sync):
    sync()
    logs = {log.name: log.stat().st_size for log in Path(path).glob("store/*.log")}
    os.write(report, json.dumps(logs).encode() + b"\n")


def history(seed, length):
    """What the archives of `keep` may hold while it does each act: its stages, from before to after."""
    records, states = nothing(0), []
    for act in islice(acts(seed, 0, records), length):
        before = {name: kept.copy() for name, kept in records.items()}
        states.append([before | {act.archive: stage} for stage in act.stages(before[act.archive])])
    return states


class Ledger:
    """What must be in a workspace that `write` wrote: each acknowledged act, and a stage of the one in between."""

    def __init__(self, path):
        self.path = path
        self._records = {}

    def settle(self, seed, acknowledged):
        """Hold the workspace against the number of acts that each thread has reported; the number of records."""
        found = {}
        if self.path.exists():  # else it was killed before it made anything
            with Workspace(self.path) as workspace:
                found = {name: dict(workspace.archive(name).pairs()) for name in workspace.names()}
                assert sum(map(len, found.values())) == workspace.verify()
        with Session(self.path, "a test") as session:
            assert found == {name: dict(session.archive(name).pairs()) for name in found}
        for thread, count in acknowledged.items():
            self._settle(seed, thread, count, found)
        assert sum(map(len, found.values())) == sum(map(len, self._records.values()))
        return sum(map(len, found.values()))

    def _settle(self, seed, thread, count, found):
        records = {name: self._records.get((name, thread), {}) for name in archives_of(thread)}
        under_way = next(islice(acts(seed, thread, records), count, None))
        for name, kept in records.items():
            seen = mine(found.get(name, {}).items(), thread)
            stages = under_way.stages(kept) if name == under_way.archive else [kept]
            assert any([*seen.items()] == [*stage.items()] for stage in stages), (name, thread, count, under_way)
            self._records[name, thread] = seen
