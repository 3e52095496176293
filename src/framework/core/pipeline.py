"""`Pipeline`: the facade of the event runtime. It wires the rooms together and has no logic of its own."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from framework.core.archives import ArchiveRoom
from framework.core.driving.phases import PhaseSequence
from framework.core.driving.run import Run
from framework.core.driving.runner import OnError, PhaseRunner
from framework.core.driving.wiring import provided_by
from framework.core.event import Event
from framework.core.inspection.diagnosing import RunDiagnosis
from framework.core.inspection.directory import open_inboxes, recreate, with_replacements
from framework.core.inspection.methods import InspectionMethods
from framework.core.mailboxes.observation import Observation
from framework.core.mailboxes.routing import RoutingTable
from framework.core.matching.interests import interests_of
from framework.core.options import Options
from framework.core.processor import AbstractProcessor
from framework.core.results.generations import Artifacts
from framework.core.results.methods import ValueMethods
from framework.core.scheduling.failures import FailureLedger
from framework.core.scheduling.intake import EventIntake
from framework.core.scheduling.scheduler import Scheduler
from framework.core.scheduling.simulation import SeededScheduler
from framework.core.scheduling.threads import ThreadScheduler
from framework.errors import PipelineRunning
from framework.observe.findings import times

if TYPE_CHECKING:
    from framework.core.results.comparing import Comparison

logger = logging.getLogger(__name__)


class Pipeline(ValueMethods, InspectionMethods):
    """Connects processors and runs them phase by phase.

    Example::

        pipeline = Pipeline([Greeter()], strict_interest_inference=True)
        pipeline.submit(Event(name="start", who="world"))
        report = pipeline.run()

    `run` goes to the end, `step` does one phase, `deliver` one delivery, `start` runs in the background. Watch with
    `graph()`, `snapshot()`, `observe(callback)`; ask with `explain(event)` and `why_waiting()`.
    """

    def __init__(  # noqa: PLR0913 - the options are promised; each has a default
        self,
        processors: Iterable[AbstractProcessor],
        strict_interest_inference: bool = False,  # noqa: FBT001, FBT002 - the order of these is promised
        workspace: Path | str | None = None,
        max_workers: int | None = None,
        config: Any = None,
        *,
        name: str | None = None,
        on_error: OnError = "raise",
        max_phases: int | None = None,
        deadline: float | None = None,
        grace: float = 5.0,
        slow_after: float | None = None,
        max_pending: int | None = None,
        seed: int | None = None,
        trust: bool = False,
        history: bool | float | None = None,
    ) -> None:
        """Wire the processors; nothing runs yet.

        Args:
            processors: instances, each with its own mailbox.
            strict_interest_inference: route only what a `match` asks for; otherwise a processor whose interests
                cannot be recognised, or that has a `case _`, receives everything.
            workspace: the folder where archives are kept; in memory without one.
            max_workers: how many threads there may be; as many as processors and at most 32 by default.
            config: any value for processors and readers; kept as `pipeline.config`.
            name: for graphs, logs and threads.
            on_error: "raise" has `run` raise `RunFailed` at the end, "keep" only reports failures.
            max_phases: end a run after so many phases, with `PhaseLimitReached`, whatever `on_error` says.
            deadline: end a run after so many seconds, with `DeadlineExceeded`, whatever `on_error` says.
            grace: seconds that running deliveries get after a stop or Ctrl-C.
            slow_after: log a delivery that takes longer, in seconds, with its stack.
            max_pending: let `submit` from outside wait while so many deliveries wait.
            seed: simulate on one thread, in an order that the seed decides.
            trust: read a workspace that another key has signed; only for one you would run code from.
            history: keep what happens, so that every question can be asked after the run; a number bounds its bytes,
                64 MB by default. None keeps one where `framework.notebook` is loaded.

        Raises:
            OptionError: an option is of the wrong type or out of range.
            InterestError: the interests of a processor cannot be inferred.
            TypeError: `processors` holds something else.
        """
        self._options = Options(
            strict_interest_inference=strict_interest_inference,
            workspace=workspace,
            max_workers=max_workers,
            config=config,
            name=name,
            on_error=on_error,
            max_phases=max_phases,
            deadline=deadline,
            grace=grace,
            slow_after=slow_after,
            max_pending=max_pending,
            seed=seed,
            trust=trust,
            history=history,
        )
        self.name = name or "pipeline"
        self.config = config
        self.current_run: Run | None = None
        self._inboxes = open_inboxes(processors)
        self._interests = {inbox: interests_of(inbox.processor, strict_interest_inference) for inbox in self._inboxes}
        for inbox, interests in self._interests.items():
            if not interests:
                logger.warning("%s can receive nothing: no case of its process names an event class", inbox.name)
        self._routes = RoutingTable(
            ((inbox, tuple(wanted)) for inbox, wanted in self._interests.items()),
            {target for inbox in self._interests for target in provided_by(inbox)},
        )
        self._observation = Observation(self._routes.dead_letters.letters)
        if self._options.history_bytes():
            self._observation.keep_history(self._options.history_bytes())
        self._archives = ArchiveRoom(self.name, workspace, trust=trust)
        self._archives.check_distinct(self._inboxes)
        failures = FailureLedger(self.name)
        shared = (tuple(self._inboxes), self._routes, self._observation, self._archives, failures)
        self._scheduler: Scheduler
        if seed is not None:
            self._scheduler = SeededScheduler(*shared, seed=seed)
        else:
            self._scheduler = ThreadScheduler(*shared, name=self.name, max_workers=max_workers, slow_after=slow_after)
        self._intake = EventIntake(self._scheduler, max_pending)
        self._artifacts = Artifacts(self._scheduler)
        phases = PhaseSequence(
            self.name,
            self._scheduler,
            self._archives,
            self._options.bounds(),
            RunDiagnosis(self._interests, self._scheduler),
        )
        self._runner = PhaseRunner(phases, self._scheduler, self._archives, on_error)

    # -- what goes in

    def submit(self, event: Event) -> int:
        """Send an event from outside; before a run it waits for the run.

        Returns:
            The number of recipients.

        Raises:
            NotAnEvent: `event` is no Event.
            PipelineEnded: the run is over.
            MailboxesFull: `max_pending` deliveries wait and the pipeline is not running.
        """
        return self._intake.submit(event)

    def submit_all(self, events: Iterable[Event]) -> int:
        """Send many events from outside, in their order: as `submit` for each, at a quarter of the cost.

        They are accepted together or not at all; with `max_pending` each waits for room in its turn. An object that is
        no event ends it, and those before it were sent. Returns the number of recipients of all; raises as `submit`.
        """
        return self._intake.submit_all(events)

    def _redeliver(self, processor: str, event: Event) -> None:
        """Deliver an event to one processor only, for `failures.retry(pipeline)`.

        Raises:
            UnknownName: there is no such processor.
            PipelineEnded: the run is over.
        """
        retried = self._inboxes.processor(processor)._to_retry(event)
        self._intake.redeliver(retried, self._inboxes[processor])

    # -- editing and going on

    def renew(self, *replacements: AbstractProcessor) -> Self:
        """Return a new pipeline on the same workspace with the same options, after code was edited.

        Each replacement supersedes the processor of its name; the others are made again from their recorded
        constructor arguments. A pipeline that was not run to its end is closed first.

        Raises:
            PipelineRunning: it is running.
            UnknownName: a replacement has a name that is not there.
            OptionError: a processor cannot be made again: give an instance of it.
        """
        if self._scheduler.driver is not None:
            raise PipelineRunning(f"{self.name} is running: wait for it or stop it before renew()")
        processors = with_replacements(self._inboxes.named_processors(), replacements)
        self.close()
        return type(self)(processors, **self._options.arguments())

    def compare(
        self,
        old: str | type[AbstractProcessor],
        new: type[AbstractProcessor] | AbstractProcessor,
        limit: int | None = 100,
    ) -> Comparison:
        """Compare the output of redefined code with what a processor has archived, input by input; writes nothing.

        Args:
            old: the processor of this pipeline, by name or class.
            new: its new class, made with the arguments of the old, or an instance.
            limit: at most so many inputs, None for all.

        Raises:
            UnknownName: this pipeline has no such processor.
            ArchiveError: nothing is archived.
        """
        from framework.core.results.comparing import compare

        inbox = self._inboxes.of(old)
        renewed = recreate(self._inboxes.processor(inbox.name), new) if isinstance(new, type) else new
        return compare(inbox.name, self._archives.results(inbox), renewed, limit)

    def forget(self, target: str, value: Any) -> int:
        """Remove the kept results of one input, so that it is computed again when it is asked for again.

        Args:
            target: a target, or the name of a processor.
            value: the event, or what `build` got: the artifact, or a tuple of several.

        Returns:
            The number of records removed.

        Raises:
            UnknownName: nothing of that name keeps results.
            PipelineRunning: it is running.
        """
        from framework.core.results.forgetting import forget

        removed = forget(self._archives, self._inboxes, target, value)
        if removed:
            self._removed(target)
        return removed

    def refresh(self, target: str, *, downstream: bool = False) -> dict[str, int]:
        """Remove all kept results of a target, so that it is built anew when it is asked for again, here or later.

        Args:
            target: a target, or the name of a processor.
            downstream: also of everything that is made from it.

        Returns:
            The number of records removed, by processor.

        Raises:
            UnknownName: nothing of that name keeps results.
            PipelineRunning: it is running.
        """
        from framework.core.results.forgetting import refresh

        removed = refresh(self._archives, [*self._inboxes], self.graph(), target, downstream=downstream)
        if any(removed.values()):
            self._removed(target)
        return removed

    def __repr__(self) -> str:
        now = self.snapshot()
        return f"<Pipeline {self.name}: {now.state}, {times(len(self._inboxes), 'processor')}, {now.waiting:,} waiting>"
