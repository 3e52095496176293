"""The log behind a history: bounded, in the order of time, whichever thread writes."""

import math
import threading
import tracemalloc
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from framework.core import Event
from framework.observe.recording.forgotten import Forgotten
from framework.observe.recording.log import CHUNK, Log, ordered


class Recipient(NamedTuple):
    name: str


def submissions(log):
    return [row[3]["number"] for is_delivery, row in log.rows() if not is_delivery]


def write(log, numbers):
    for number in numbers:
        log.writer().add(Event("a", number=number), None, 0, (Recipient("A"),), 1)


@st.composite
def batches(draw):
    """Events of equal and of differing shapes, some with values that can change or are long."""
    plain = st.one_of(
        st.integers(), st.text(max_size=5), st.none(), st.just("x" * 100), st.lists(st.integers(), max_size=2)
    )
    attributes = st.dictionaries(st.sampled_from(["a", "b"]), plain, max_size=2)
    alike = draw(st.booleans())
    values = (
        [draw(attributes)] * draw(st.integers(1, 20)) if alike else draw(st.lists(attributes, min_size=1, max_size=18))
    )
    return [Event("e", **one) for one in values], [(Recipient("A"),) * draw(st.integers(0, 2)) for _ in values]


@given(batches())
def test_a_batch_is_written_as_its_events_one_by_one(batch):
    events, recipients = batch
    together, apart = Log(1_000_000), Log(1_000_000)
    together.writer().add_all(events, recipients, 1)
    for event, to in zip(events, recipients, strict=True):
        apart.writer().add(event, None, 0, to, 1)
    assert [row[1:] for _, row in together.rows()] == [row[1:] for _, row in apart.rows()]
    assert (together.shared, together.counts()) == (apart.shared, apart.counts())
    for event in events:
        assert together.latest(id(event), math.inf)[1:] == apart.latest(id(event), math.inf)[1:]


def test_rows_of_a_batch_are_dropped_and_counted():
    log, events = Log(1), [Event("a", number=number) for number in range(CHUNK)]
    for _ in range(3):
        log.writer().add_all(events, [(Recipient("A"),)] * CHUNK, 1)
    assert (log.counts(), log.dropped) == ((CHUNK, 0), 2 * CHUNK)


def test_a_delivery_that_goes_on_over_a_chunk_keeps_its_time_and_its_emissions():
    log, drain = Log(1_000_000), ("A", 1, 10.0, 0)
    writer = log.writer()
    writer.delivered((11.0, 1, drain, 2, True))
    writer.close()
    writer.delivered((14.0, 2, drain, 5, True))
    assert [row[4:6] for _, row in log.rows()] == [(1.0, 2), (3.0, 3)]


def test_the_rows_of_threads_that_have_ended_are_kept():
    log = Log(100_000_000)
    for number in range(200):
        thread = threading.Thread(target=write, args=(log, [number]))
        thread.start()
        thread.join()
    assert submissions(log) == list(range(200))


def test_rows_come_in_the_order_of_time():
    log = Log(10_000_000)
    write(log, range(3 * CHUNK))
    assert submissions(log) == list(range(3 * CHUNK))


def test_the_oldest_rows_are_dropped_and_counted():
    log = Log(100_000)
    write(log, range(10 * CHUNK))
    kept = submissions(log)
    assert kept == list(range(10 * CHUNK - len(kept), 10 * CHUNK))
    assert log.dropped == 10 * CHUNK - len(kept)


def test_large_texts_count_into_the_bound():
    log = Log(1_000_000)
    for _ in range(2 * CHUNK):
        log.writer().add(Event("a", number=0, text="x" * 4000), None, 0, (), 1)
    assert log.dropped


def test_shared_attributes_go_with_their_rows():
    log = Log(1)
    events = [Event("a", number=number) for number in range(3 * CHUNK)]
    for event in events:
        log.writer().add(event, None, 0, (Recipient("A"), Recipient("B")), 1)
    assert log.shared.keys() == {id(event) for event in events[2 * CHUNK :]}


def test_an_id_that_is_used_again_is_shared_no_more():
    log, event = Log(1_000_000), Event("a", number=0)
    log.writer().add(event, None, 0, (Recipient("A"), Recipient("B")), 1)
    log.writer().add(event, None, 0, (Recipient("A"),), 1)
    assert log.shared == {}


def test_threads_write_without_losing_rows():
    log = Log(100_000_000)
    threads = [threading.Thread(target=write, args=(log, range(5_000))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(submissions(log)) == 20_000


def test_a_reader_finds_every_row_while_it_is_handed_over():
    found = []

    class Asked(Log):
        def append(self, *handed):
            found.append(submissions(self))
            super().append(*handed)
            found.append(submissions(self))

    write(Asked(1e9), range(3 * CHUNK))
    assert found == [list(range(count * CHUNK)) for count in (1, 1, 2, 2, 3, 3)]


def test_a_reader_finds_every_row_while_it_is_dropped():
    found = []

    class Asked(Forgotten):
        def counted(self, *dropped):
            look()
            more = super().counted(*dropped)
            look()
            return more

    def look():
        kept = log.kept()
        rows = [row[3]["number"] for is_delivery, row in ordered(kept.chunks) if not is_delivery]
        assert sum(kept.forgotten.sent.values()) == rows[0]  # all that came before are counted
        found.append(rows == list(range(rows[0], rows[-1] + 1)))

    log = Log(1000 * CHUNK)
    log.forgotten = Asked()
    write(log, range(10 * CHUNK))
    assert len(found) >= 10
    assert all(found)


def test_a_few_events_at_a_time_take_no_more_than_their_estimate():
    log = Log(1_000_000)
    tracemalloc.start()
    try:
        for number in range(0, 20_000, 2):
            events = [Event("a", number=number), Event("a", number=number + 1)]
            log.writer().add_all(events, [(Recipient("A"),)] * 2, 1)
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert taken < 1.3 * log.max_bytes + 500_000  # and a chunk that is being written
