"""Failures of items: what an error job may ask (`current_failure`), and what is kept of them."""

from __future__ import annotations

import logging
from contextvars import ContextVar
from dataclasses import replace

from framework.errors import LifecycleError
from framework.observe import Failure, Failures
from framework.observe.reports import drop_frames, kind_of, without_frames

logger = logging.getLogger(__name__)

CURRENT: ContextVar[Failure | None] = ContextVar("framework.flow.failure", default=None)


def current_failure() -> Failure:
    """Return why the error job got the item it works on.

    `.exception` is what was raised (a `RouteToErrorQueue` with its message, where the item was rerouted), `.processor`
    the name of the job that raised it, `.event` the item.

    Raises:
        LifecycleError: called outside an error job.
    """
    failure = CURRENT.get()
    if failure is None:
        raise LifecycleError("there is no current failure: ask inside the processor of an error job, flow.error(...)")
    return failure


def log_failure(failure: Failure, *, first: bool) -> None:
    """Log a failure that no error job handles; the first of its kind with its traceback, others for debugging."""
    where = failure.where
    text = f"{failure.summary} [{where}]" if where else failure.summary
    if first:
        logger.error("%s", text, exc_info=failure.exception)
    else:
        logger.debug("%s", text)


KEPT_FAILURES = 1000


class KeptFailures:
    """The failures of a run; only the first of a kind keeps its frames, and with them the locals of the processor.

    A kind is a job, a class of errors and the line that raised.
    """

    def __init__(self) -> None:
        self._failures: list[Failure] = []
        self._places: dict[int, int] = {}
        self._kinds: set[object] = set()
        self._whole: dict[int, BaseException] = {}
        self._latest: Failure | None = None

    @property
    def failures(self) -> Failures:
        """The first `KEPT_FAILURES` of them."""
        return Failures(self._failures)

    def add(self, failure: Failure) -> bool:
        """Keep a failure that is still being handled; return whether it is the first of its kind."""
        kind = kind_of(failure)
        first = kind not in self._kinds
        if first:
            self._kinds.add(kind)
            self._whole[id(failure.exception)] = failure.exception
        elif id(failure.exception) not in self._whole:  # all items of a batch may fail with one exception
            self._places[id(failure)] = len(self._failures) if len(self._failures) < KEPT_FAILURES else -1
        if len(self._failures) < KEPT_FAILURES:
            self._failures.append(failure)
        return first

    def release_frames(self, failure: Failure) -> None:
        """Let the frames of a failure go that has been handled, unless it is the first of its kind."""
        place = self._places.pop(id(failure), None)
        if place is None:
            return
        if place < 0:
            drop_frames(failure.exception)
            return
        if self._latest is None or self._latest.exception is not failure.exception:
            self._latest = without_frames(failure)
        self._failures[place] = replace(failure, _text=self._latest._text)
