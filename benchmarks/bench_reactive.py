"""The reactive layer: the cost of a build, beside the same chain of plain processors, and of a replay.

One worker runs them, so that only the work is compared and not the threads, and what counts is the time of the
processor, so that other processes do not.

A replay does what a build does but for calling it: its input arrives as an event, waits for its turn, gets a digest, a
record is found by it, and its artifact is announced with where it comes from. The raw reads find as many records one by
one, without a pipeline; a replay finds those that were written together in one read.
"""

import pickle
import sys
import tempfile
import time
from collections import Counter

from interleaved import measure, table
from promises import finish, promise
from rocksdict import Options, Rdict

from framework.archive import Session
from framework.core import AbstractProcessor, Event, Pipeline
from framework.reactive import ReactiveBuilder, ReactiveEvent

SCALE = float(sys.argv[1]) if len(sys.argv) > 1 else 1.0
BUILDS = int(40_000 * SCALE)
ARTIFACTS = int(20_000 * SCALE)
SHORT, LONG, BARE = "chain of 2", "chain of 20", "events, chain of 20"
ONE_RECORD, RECORD_EACH = "one record", "a record each, and its inputs"
READS, RAW = "a record read, without a pipeline", "its two rows read from RocksDB, and unpickled"
BUILT = "the same builders, nothing kept"
SIGNATURE, HEAD = 16, 20  # of a record: bytes of its signature, and with the length of the key behind it
SHARES = {ONE_RECORD: 1, RECORD_EACH: 0.5}


class Source(ReactiveBuilder):
    def __init__(self, count, *, persist=False):
        super().__init__("t0", [], persist)
        self.count = count

    def build(self, context):
        yield from range(self.count)


class Step(ReactiveBuilder):
    def __init__(self, number, *, persist=False):
        super().__init__(f"t{number + 1}", [f"t{number}"], persist, name=f"step {number}")

    def build(self, context, value):
        yield value + 1


class Stage(AbstractProcessor):
    """A builder's work without the builder: a name instead of a target."""

    def __init__(self, number):
        super().__init__(f"stage {number}")
        self.interests = [(Event, f"t{number}")]
        self.following = f"t{number + 1}"

    def process(self, context, event):
        match event:
            case Event(value=value):
                context.submit(Event(self.following, value=value + 1))


class End(AbstractProcessor):
    """Receives what the last stage submits."""

    def __init__(self, number):
        super().__init__()
        self.interests = [(Event, f"t{number}")]

    def process(self, context, event):
        match event:
            case Event(value=value):
                self.last = value


class Feed(AbstractProcessor):
    """Submits in slices, as a source does."""

    def __init__(self, count):
        super().__init__()
        self.left = count

    def process(self, context, event):
        match event:
            case Event(name="start"):
                for _ in range(min(256, self.left)):
                    self.left -= 1
                    context.submit(Event("t0", value=self.left))
                if self.left:
                    context._defer(event, room_for=Event("t0"))


class Count(AbstractProcessor):
    def __init__(self, target):
        super().__init__()
        self.interests = [(ReactiveEvent, "built", target)]
        self.total = 0

    def process(self, context, event):
        match event:
            case ReactiveEvent(name="built"):
                self.total += 1


def timed(pipeline):
    started = time.process_time()
    pipeline.run()
    return time.process_time() - started


def chain(length):
    """Seconds per build."""
    count = BUILDS // length
    pipeline = Pipeline([Source(count), *map(Step, range(length))], max_workers=1)
    pipeline.resolve(f"t{length}")
    return timed(pipeline) / (count * length)


def bare(length):
    """Seconds per event."""
    count = BUILDS // length
    pipeline = Pipeline([Feed(count), *map(Stage, range(length)), End(length)], max_workers=1)
    pipeline.submit(Event("start"))
    return timed(pipeline) / (count * (length + 1))


def builds():
    times = measure({SHORT: lambda: chain(2), LONG: lambda: chain(20), BARE: lambda: bare(20)})
    table("One build", times, BARE)
    promise("a build in a chain of 20, times the bare runtime", times.ratio(LONG, BARE), at_most=4)


def replays():
    with tempfile.TemporaryDirectory() as folder:

        def one_record():
            return replay([Source(ARTIFACTS, persist=True)], "t0", folder)

        def a_record_each():
            return replay([Source(ARTIFACTS, persist=True), Step(0, persist=True)], "t1", folder)

        one_record(), a_record_each()  # builds them

        def built():
            return replay([Source(ARTIFACTS), Step(0)], "t1", None)

        replayed = {ONE_RECORD: one_record, RECORD_EACH: a_record_each}
        times = measure(replayed | {READS: lambda: reads(folder), RAW: lambda: raw_reads(folder), BUILT: built})
    table("One replayed artifact", times, READS, ARTIFACTS)
    for name in replayed:
        promise(f"share of the speed of reading records, {name}", times.ratio(READS, name), at_least=SHARES[name])
    share = times.ratio(RAW, RECORD_EACH)
    promise("share of the speed of reading and unpickling raw rows, a record each", share, at_least=0.4)
    share = times.ratio(READS, RECORD_EACH) + times.ratio(BUILT, RECORD_EACH)
    promise("reading records and running without them, share of a replay with a record each", share, at_least=0.9)


def reads(folder):
    """Seconds to read as many records one by one, without a pipeline."""
    with Session(folder, "the benchmark") as session:
        archive = session.archive("step 0")
        keys = list(archive)
        started = time.process_time()
        for key in keys:
            archive[key]
        elapsed = time.process_time() - started
    assert len(keys) == ARTIFACTS
    return elapsed


def raw_reads(folder):
    """Seconds to find, read and unpickle as many records with RocksDB alone, no signature verified."""
    database = Rdict(f"{folder}/store", options=Options(raw_mode=True))
    rows = {bytes(key): bytes(row) for key, row in database.items()}
    indexed = [key for key in rows if key[:1] == b"I"]
    archives = Counter(key[:9] for key in indexed)  # one letter, eight bytes of an id
    ((archive, _),) = archives.most_common(1)
    keys, records = [key for key in indexed if key[:9] == archive], b"R" + archive[1:]
    started = time.process_time()
    for key in keys:
        row = database[records + database[key]]
        start = HEAD + int.from_bytes(row[SIGNATURE:HEAD], "little")
        pickle.loads(row[start:])
    elapsed = time.process_time() - started
    database.close()
    assert len(keys) == ARTIFACTS
    return elapsed


def replay(builders, target, folder):
    count = Count(target)
    pipeline = Pipeline([*builders, count], workspace=folder, max_workers=1)
    pipeline.resolve(target)
    seconds = timed(pipeline)
    assert count.total == ARTIFACTS
    return seconds


if __name__ == "__main__":
    builds()
    replays()
    finish()
