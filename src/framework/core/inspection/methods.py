"""The methods of `Pipeline` that ask: what it is, how it is now, what happened, and what it keeps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from framework.core.archives import ArchiveRoom
from framework.core.driving.runner import PhaseRunner
from framework.core.driving.status import snapshot
from framework.core.event import Event
from framework.core.inspection.directory import Directory
from framework.core.inspection.inbox_view import InboxView
from framework.core.mailboxes.inbox import Inbox
from framework.core.mailboxes.observation import Observation
from framework.core.mailboxes.routing import RoutingTable
from framework.core.matching.interests import Interests
from framework.core.processor import AbstractProcessor
from framework.core.scheduling.scheduler import Scheduler
from framework.errors import OptionError
from framework.observe import RunReport, Subscription
from framework.observe.findings import Findings
from framework.observe.observers import Observer
from framework.observe.recording.history import History

if TYPE_CHECKING:
    import pandas as pd

    from framework.archive import Archive, CatalogEntry
    from framework.core.identity.identity import Identity
    from framework.core.inspection.explanation import Explanation
    from framework.notebook.monitor.monitor import ScalingMonitor
    from framework.notebook.stepper.stepper import PhaseStepper
    from framework.observe import Graph, Snapshot
    from framework.observe.snapshot import RunState


class InspectionMethods:
    """The part of `Pipeline` that changes nothing."""

    name: str
    _archives: ArchiveRoom
    _inboxes: Directory
    _interests: dict[Inbox, Interests]
    _observation: Observation
    _routes: RoutingTable
    _runner: PhaseRunner
    _scheduler: Scheduler

    # -- watching

    @property
    def report(self) -> RunReport | None:
        """The report of the run, of one that is paused between two steps until now; None before and while it runs."""
        return self._runner.report_until_now

    @property
    def state(self) -> RunState:
        """Where the run is: "not started", "running", "paused" between two steps, or "finished"."""
        return self._runner.state

    @property
    def history(self) -> History:
        """What happened, from the first event on.

        Raises:
            OptionError: none is kept.
        """
        if self._observation.history is None:
            raise OptionError(
                f"{self.name} keeps no history: make it with Pipeline(..., history=True), or import framework.notebook"
            )
        return self._observation.history

    def graph(self) -> Graph:
        """Return processors and the events that they receive (from `match`) and emit (from the source, or as seen)."""
        from framework.core.inspection.topology import routing  # reads sources, which takes milliseconds

        return routing(self.name, self._interests, tuple(self._observation.emissions.copy()))  # workers add to them

    def snapshot(self) -> Snapshot:
        """Return how every processor is now; takes no lock."""
        return snapshot(self.name, self._runner.state, self._scheduler)

    def observe(self, callback: Observer) -> Subscription:
        """Call `callback` with every happening, on the thread where it happens, until the subscription is closed.

        Those threads wait for the callback, and so may a submit from outside: it must not wait for them.
        """
        return self._observation.attach(callback)

    def explain(self, event: Event, *, guards: bool = False) -> Explanation:
        """Return for every processor whether it receives the event, and why; delivers nothing.

        Args:
            event: it is not submitted.
            guards: evaluate the guards of the cases whose patterns fit, and show the values of their operands; without
                that, none is executed and the row says which guard decides.
        """
        from framework.core.inspection.explain import explain  # reads sources, which takes milliseconds

        return explain(event, self._interests, self._routes, guards=guards)

    def diagnose(self) -> Findings:
        """Return what is odd and is not an error, the most serious first; also while it runs or hangs.

        With a history (`framework.notebook` loaded, or `Pipeline(history=True)`) there are more kinds.
        """
        return self._runner.phases.diagnose()

    def why_waiting(self) -> str:
        """Return what keeps the pipeline from being finished, a line each; empty when nothing does."""
        return self._runner.phases.why_waiting()

    # -- its parts

    @property
    def processors(self) -> tuple[AbstractProcessor, ...]:
        """The processors, in the order they were given."""
        return self._inboxes.processors

    def __getitem__(self, name: str) -> AbstractProcessor:
        """Return the processor of that name, as graphs and reports show it.

        Raises:
            UnknownName: there is none; the message suggests the nearest.
        """
        return self._inboxes.processor(name)

    def archive(self, name: str, readonly: bool = False) -> Archive:  # noqa: FBT001, FBT002 - promised so
        """Return the archive of that name: a mapping that iterates in the order of first writing.

        Args:
            name: any text; it never leaves the workspace.
            readonly: writing raises.
        """
        return self._archives.named(name, readonly=readonly)

    def results(self) -> Mapping[str, Archive]:
        """Return the archives of the processors that keep their results, read-only, by name of the processor."""
        return self._archives.kept(self._inboxes)

    def catalog(self) -> list[CatalogEntry]:
        """Return the archives of the workspace, former results too; empty without a workspace."""
        return self._archives.catalog()

    def identity(self, name: str) -> Identity:
        """Return what the results of a processor depend on, as a tree with file and line; raises UnknownName."""
        return self._archives.identity(self._inboxes[name])

    def inbox(self, name: str) -> InboxView:
        """Return what waits for the processor of that name, read-only; raises UnknownName."""
        return InboxView(self._inboxes[name])

    # -- in a notebook; each imports `framework.notebook` when it is called

    def stepper(self) -> PhaseStepper:
        """Step the pipeline with buttons, or by methods, and look back; nothing runs yet."""
        from framework.notebook.stepper.stepper import PhaseStepper

        return PhaseStepper(self)

    def watch(self) -> ScalingMonitor:
        """Watch the pipeline run: charts in a notebook, a progress line in a terminal."""
        from framework.notebook.monitor.progress import watch

        return watch(self)

    def frame(self, name: str, limit: int | None = 1000) -> pd.DataFrame:
        """Return what was archived under the name of a processor, a target or an event, one row per artifact or event.

        Args:
            name: of a processor, a target or an event.
            limit: at most so many rows; None for all.

        Raises:
            UnknownName: it is none of them.
        """
        from framework.notebook.frames.archived import pipeline_frame

        return pipeline_frame(self, name, limit)
