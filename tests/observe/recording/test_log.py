"""The log behind a history: bounded, in the order of time, whichever thread writes."""

import threading
from typing import NamedTuple

from framework.core import Event
from framework.observe.recording.log import CHUNK, Log


class Recipient(NamedTuple):
    name: str


def submissions(log):
    return [row[3]["number"] for is_delivery, row in log.rows() if not is_delivery]


def write(log, numbers):
    for number in numbers:
        log.add(Event("a", number=number), None, 0, (Recipient("A"),), 1)
        log.settle()


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
        log.add(Event("a", number=0, text="x" * 4000), None, 0, (), 1)
        log.settle()
    assert log.dropped


def test_shared_attributes_go_with_their_rows():
    log = Log(1)
    events = [Event("a", number=number) for number in range(3 * CHUNK)]
    for event in events:
        log.add(event, None, 0, (Recipient("A"), Recipient("B")), 1)
        log.settle()
    assert log.shared.keys() == {id(event) for event in events[2 * CHUNK :]}


def test_an_id_that_is_used_again_is_shared_no_more():
    log, event = Log(1_000_000), Event("a", number=0)
    log.add(event, None, 0, (Recipient("A"), Recipient("B")), 1)
    log.add(event, None, 0, (Recipient("A"),), 1)
    assert log.shared == {}


def test_threads_write_without_losing_rows():
    log = Log(100_000_000)
    threads = [threading.Thread(target=write, args=(log, range(5_000))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(submissions(log)) == 20_000
