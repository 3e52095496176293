"""`TellingWorker`: writes what became of an item into the history, and tells observers. Base of `ItemWorker`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from framework.flow.queues.envelope import Envelope, plain
from framework.flow.signals import NOTHING
from framework.observe import ItemFinished
from framework.observe.recording.items.kept_item import kept
from framework.observe.text import error_line

if TYPE_CHECKING:
    from framework.flow.workers.run_context import RunContext, RunningJob
    from framework.observe.happenings import Outcome
    from framework.observe.recording.items.item_log import ItemLog


class Came(NamedTuple):
    """What came of an item: a value, the job that gets it, or an error."""

    value: Any = None
    to: RunningJob | None = None
    error: BaseException | None = None


NO_RESULT = Came()


class TellingWorker:
    """What a worker says about the items that it has dealt with."""

    __slots__ = ()

    job: RunningJob
    run: RunContext
    now: Callable[[], float]
    log: ItemLog | None
    made: list[Any]

    @property
    def is_left_behind(self) -> bool:
        """Whether its run is over, and with it everything that could be done with its item."""
        return self.run.is_over

    def tell(self, entry: Any, outcome: Outcome, began: float | None, came: Came = NO_RESULT) -> None:
        """Record that an item left this job, and tell observers."""
        if self.log is not None and not self.is_left_behind:
            self._write(self.log, entry, outcome, began, came)
        self.announce(entry, outcome, began)

    def _write(self, log: ItemLog, entry: Any, outcome: Outcome, began: float | None, came: Came) -> None:
        now, item, special = self.now(), plain(entry), None
        attempts = entry.attempt if isinstance(entry, Envelope) else 1
        if attempts > 1 or came.error is not None or self.made:
            special = (attempts, "" if came.error is None else error_line(came.error), tuple(self.made))
            self.made.clear()
        value, name = (kept(came.value), None) if came.to is None else (id(came.value), came.to.name)
        seconds = 0.0 if began is None else now - began
        log.write((now, self.job.name, outcome, id(item), kept(item), value, name, seconds, special))
        log.settle()

    def announce(self, entry: Any, outcome: Outcome, began: float | None) -> None:
        """Tell observers that an item left this job."""
        run = self.run
        if run.observers.watched and not self.is_left_behind:
            now = self.now()
            elapsed = 0.0 if began is None else now - began
            parent, attempts = (entry.parent, entry.attempt) if isinstance(entry, Envelope) else (NOTHING, 1)
            parent = None if parent is NOTHING else parent
            run.observers.notify(ItemFinished(self.job.name, plain(entry), outcome, now, elapsed, parent, attempts))
