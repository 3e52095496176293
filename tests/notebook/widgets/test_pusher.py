import logging
import threading
import time

import pytest

from framework.notebook.widgets.pusher import Pusher

pytestmark = pytest.mark.timeout(20)


class Counted:
    """Counts calls, and lets a test wait for them."""

    def __init__(self):
        self.times = []
        self.called = threading.Condition()

    def __call__(self):
        with self.called:
            self.times.append(time.monotonic())
            self.called.notify_all()

    def wait_for(self, count):
        with self.called:
            return self.called.wait_for(lambda: len(self.times) >= count, 10)


def test_a_poke_is_pushed():
    pushed = Counted()
    pusher = Pusher(pushed)
    pusher.poke()

    assert pushed.wait_for(1)
    pusher.close()


def test_many_pokes_are_at_most_ten_pushes_a_second():
    pushed = Counted()
    pusher = Pusher(pushed)
    while len(pushed.times) < 4:
        pusher.poke()
    pusher.close()
    gaps = [after - before for before, after in zip(pushed.times, pushed.times[1:], strict=False)]

    assert min(gaps) >= 0.095


def test_a_push_that_takes_long_is_followed_by_a_longer_pause():
    pushed = Counted()

    def push():
        time.sleep(0.02)
        pushed()

    pusher = Pusher(push, interval=0.0)
    while len(pushed.times) < 2:
        pusher.poke()
    pusher.close()

    assert pushed.times[1] - pushed.times[0] >= 0.3


def test_without_a_poke_nothing_is_pushed():
    pushed = Counted()
    pusher = Pusher(pushed)
    pusher.close()
    pusher.poke()

    assert pushed.times == []


def test_a_view_that_fails_is_logged_and_left_alone(caplog):
    failed = threading.Event()

    def push():
        failed.set()
        raise ValueError

    with caplog.at_level(logging.ERROR):
        pusher = Pusher(push)
        pusher.poke()
        failed.wait(10)
        deadline = time.monotonic() + 10
        while "could not be updated" not in caplog.text:  # other threads may log as well
            assert time.monotonic() < deadline
    pusher.close()
