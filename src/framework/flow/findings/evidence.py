"""`FlowEvidence`: what the findings of a flow are drawn from, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from framework.observe.findings import Finding, Severity

if TYPE_CHECKING:
    from framework.flow.report import FlowReport, JobReport
    from framework.observe import NodeSnapshot


@dataclass(frozen=True, slots=True)
class JobEvidence:
    """One job at one moment.

    Attributes:
        where: the line at which its processor, factory or classifier is defined.
        added: the line that added it to the flow.
        following: the job that gets its results.
        errors: the job that gets its failures.
        limits: its extras, as the graph shows them.
        arms: the labels of a router.
        scoped: inside of a sub-flow with limits, which accounts for its items.
        is_error: it handles failures; the jobs that they come from account for its items.
        answered_last: it answered an item with a LastWorkItem.
        retry_cause: the error of the first attempt that was repeated, and its line.
        empty: how many of its items were None, where a history is kept.
        locked_for: seconds that each worker waiting for the lock has waited at least; None while none does.
    """

    report: JobReport
    node: NodeSnapshot
    where: str = ""
    added: str = ""
    following: str | None = None
    errors: str | None = None
    limits: Mapping[str, object] | None = None
    arms: tuple[str, ...] = ()
    scoped: bool = False
    is_error: bool = False
    paused: bool = False
    answered_last: bool = False
    retry_cause: tuple[str, str] | None = None
    locked_for: float | None = None
    empty: int = 0

    @property
    def name(self) -> str:
        """Its name, dotted where it is part of a sub-flow or a router."""
        return self.report.name

    @property
    def named(self) -> str:
        """Its name and the line that added it, where that is not the line of its processor."""
        return f"{self.name} (added at {self.added})" if self.added and self.added != self.where else self.name

    @property
    def place(self) -> str:
        """The line of its processor, else the line that added it."""
        return self.where or self.added

    def finding(  # noqa: PLR0913 - the parts of a finding
        self,
        kind: str,
        text: str,
        count: int = 1,
        examples: tuple[str, ...] = (),
        *,
        severity: Severity = "serious",
        remedy: str = "",
    ) -> Finding:
        """Return a finding about the job, at its place."""
        return Finding(kind, text, self.place, self.name, count, examples, remedy, severity)

    @property
    def room_seconds(self) -> float:
        """Seconds that its workers waited for room downstream."""
        return max(0.0, self.report.blocked_seconds - self.report.rate_seconds)


@dataclass(frozen=True, slots=True)
class FlowEvidence:
    """One flow at one moment: its report so far, and its jobs by name."""

    report: FlowReport
    jobs: Mapping[str, JobEvidence]
