"""`ThreadScheduler`: worker threads that drain ready mailboxes in place.

There is no dispatcher thread: handing an event from one thread to another costs 6-12 us, draining it where it is
costs less than one. There are no shared counters either: everything is quiet when all workers are parked and no
mailbox is ready.
"""

from __future__ import annotations

import logging
import math
import sys
import threading
import time
import traceback
from contextvars import copy_context
from typing import Any

from framework.core.mailboxes.inbox import Inbox
from framework.core.mailboxes.loop import LoopThread
from framework.core.scheduling.awaiting import Awaiting
from framework.core.scheduling.worker import Worker, WorkSource

logger = logging.getLogger(__name__)

MOST_WORKERS = 32


class ThreadScheduler(WorkSource):
    """Delivers on at most `max_workers` daemon threads, which start when they are needed."""

    has_threads = True

    def __init__(
        self, *args: Any, name: str, max_workers: int | None = None, slow_after: float | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self._name = name
        self._slow_after = slow_after
        self._slow: dict[Worker, tuple[Inbox, int, float]] = {}
        self.size = max_workers or min(len(self.inboxes), MOST_WORKERS) or 1
        self.closed = False
        self.idents: set[int] = set()
        self.drain_context = copy_context()
        self._draining = False
        self.workers = [Worker(self, f"{name}-{number}") for number in range(self.size)]
        self.idle: list[Worker] = list(reversed(self.workers))
        self.loop = LoopThread(name, self.idents)
        self.awaiting = Awaiting(self, self.loop)
        self.await_processes()

    def wake(self) -> None:
        """Wake one worker; at most one is between woken and running."""
        if not self._draining:
            return
        try:
            worker = self.idle.pop()
        except IndexError:
            return
        self.waking = True
        try:
            worker.wake()
        except RuntimeError:  # the system has no more threads: those that there are do the work
            self.waking = False
            self.idle.insert(0, worker)
            if not self.idents:
                raise

    def begin_awaited(self, inbox: Inbox) -> None:
        """Deliver the next event of a mailbox on the event loop; its token goes with it."""
        self.awaiting.begin(inbox, self.drain_context.copy())

    def is_empty(self) -> bool:
        """Whether nothing waits, runs or is held; call it with `quiet` taken."""
        return not self.awaiting and super().is_empty()

    def park(self, worker: Worker) -> bool:
        """List a worker as idle; return False when a mailbox became ready meanwhile and it should look again."""
        worker.inbox = None
        self.idle.append(worker)
        # Look again after saying so: a thread that made a mailbox ready before that saw no idle worker to wake.
        if any(self.levels) and self._draining:
            return not self._unlist(worker)  # if it is not listed any more, another thread is waking it already
        if worker.abandoned:
            self._unlist(worker)
        if len(self.idle) == self.size:
            with self.quiet:
                self.quiet.notify_all()
        return True

    def drain(self, until: float | None = None) -> bool:
        """Wake the workers and wait until everything is quiet."""
        self.drain_context = copy_context()
        with self.quiet:
            self._draining = True
            if any(self.levels):
                self.wake()
            while not self._is_quiet():
                left = min(self._give_up_at, math.inf if until is None else until) - time.monotonic()
                if left <= 0:
                    return False
                self._wait_for_change(
                    self._wait_at_most(left), only_holds=len(self.idle) == self.size and not self.awaiting
                )
            self._draining = False
            return not self.halted

    def _is_quiet(self) -> bool:
        if len(self.idle) != self.size or self.awaiting:
            return False
        if self.halted:
            return True
        return not self.holds and not any(self.levels) and not self.force_deferred()

    def _wait_at_most(self, left: float) -> float:
        if self._slow_after is None:
            return left
        self._log_slow(self._slow_after)
        return min(left, self._slow_after / 2)

    def _log_slow(self, slow_after: float) -> None:
        """Log deliveries that last long: the same one is seen at work again and again."""
        now = time.monotonic()
        for name, stack in self.loop.slow(slow_after):
            logger.warning("%s awaits for longer than %g s:\n%s", name, slow_after, stack)
        for worker in self.workers:
            inbox = worker.inbox
            if inbox is None or worker.thread is None:
                self._slow.pop(worker, None)
                continue
            seen = self._slow.get(worker)
            if seen is None or seen[:2] != (inbox, inbox.delivered):
                self._slow[worker] = (inbox, inbox.delivered, now)
            elif 0 < slow_after <= now - seen[2]:
                self._slow[worker] = (inbox, inbox.delivered, float("inf"))  # logged once
                frame = sys._current_frames().get(worker.thread.ident or 0)  # noqa: SLF001 - there is no public way
                stack = "".join(traceback.format_stack(frame)) if frame else "(it has just ended)"
                logger.warning("%s: one delivery takes longer than %g s:\n%s", inbox.name, slow_after, stack)

    def running(self) -> dict[Inbox, float]:
        """Return the mailboxes that are being drained, with the `time.monotonic()` at which that began."""
        # Each is read once: a worker may park while this looks.
        at_work = {inbox: worker.since for worker in self.workers if (inbox := worker.inbox) is not None}
        return super().running() | at_work | self.awaiting.running()

    def is_worker(self) -> bool:
        """Whether this thread is one of the workers."""
        return threading.get_ident() in self.idents

    def abandon_running(self) -> list[str]:
        """Replace the workers whose deliveries still run after a halt; returns the names of the processors."""
        with self.quiet:
            stuck = [worker for worker in self.workers if worker not in self.idle]
            for worker in stuck:
                worker.abandon()
                self._unlist(worker)  # it may have parked just now
                replacement = Worker(self, worker.name)
                self.workers[self.workers.index(worker)] = replacement
                self.idle.insert(0, replacement)
                if worker.inbox is not None:
                    worker.inbox.replace_queue()
            self._draining = False
            left = [worker.inbox.name for worker in stuck if worker.inbox is not None]
            left += self.awaiting.abandon()
        self.loop.wait_for_cancelled()
        return left

    def _unlist(self, worker: Worker) -> bool:
        try:
            self.idle.remove(worker)
        except ValueError:
            return False
        return True

    def close(self, *, at_once: bool = False) -> None:
        """End the threads; abandoned ones end when their delivery returns."""
        with self.quiet:
            self.closed = True
            self._draining = False
            self.awaiting.abandon()
        self.loop.close(at_once=at_once)
        for worker in self.workers:
            worker.abandoned = True
            if worker.thread is not None and self._unlist(worker):
                worker.gate.release()
