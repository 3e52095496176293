"""`FailureLedger`: keeps and logs what deliveries raised."""

from __future__ import annotations

import functools
import logging
from dataclasses import replace

from framework.core.context import process_detached
from framework.core.event import Event
from framework.core.mailboxes.inbox import Inbox
from framework.observe import Failure, Failures
from framework.observe.recording.history import History
from framework.observe.reports import kind_of, without_frames

logger = logging.getLogger(__name__)

LOGGED_FAILURES = 10


class FailureLedger:
    """The failures of one pipeline, in the order they happened."""

    def __init__(self, name: str) -> None:
        """Start empty; `name` is the pipeline's, for the log."""
        self._name = name
        self._failures: list[Failure] = []
        self._kinds: set[object] = set()  # those of which a failure with its frames is kept

    def __len__(self) -> int:
        return len(self._failures)

    def keep(
        self, inbox: Inbox, event: Event, phase: int, error: BaseException, history: History | None = None
    ) -> Failure:
        """Keep what a delivery raised; called by the owner of the inbox's token, from any thread."""
        failure = Failure(
            inbox.name, event, phase, error, functools.partial(process_detached, inbox.name, inbox.process, event)
        )
        inbox.failed += 1
        kind = kind_of(failure)
        first = kind not in self._kinds
        if not first:
            failure = without_frames(failure)  # else ten thousand failures keep all that their frames hold
        if history is not None:
            # Those of the first of a kind are looked up at once, before their rows are dropped; others when asked for.
            chain = tuple(history.causes(event)) if first else None
            causes = functools.partial(history.causes, event) if chain is None else lambda: chain
            failure = replace(failure, _causes=causes)
        self._kinds.add(kind)
        self._failures.append(failure)
        # The first few are shown whole; ten thousand tracebacks would bury them. Ctrl-C tells nothing by where it came.
        if len(self._failures) <= LOGGED_FAILURES:
            traced = first and not isinstance(error, KeyboardInterrupt)
            logger.error("%s: %s", self._name, failure.summary, exc_info=error if traced else None)
        elif len(self._failures) == LOGGED_FAILURES + 1:
            logger.error("%s: further failures are kept in report.failures and not logged", self._name)
        return failure

    def since(self, start: int) -> Failures:
        """Return the failures from number `start` on, counted from 0."""
        return Failures(self._failures[start:])
