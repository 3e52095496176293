"""Reports, plans and recorded history as DataFrames. Start at `trace_frame`; archives are in `archived`."""

from __future__ import annotations

import traceback
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from framework.notebook.frames.typed import Schema, typed_frame
from framework.notebook.widgets.require import offering
from framework.observe import (
    DeliveryFailed,
    EventSubmitted,
    Failure,
    PhaseReport,
    PhaseSettled,
    Recorder,
    RunReport,
    WorkersScaled,
)
from framework.observe.recorder import Record
from framework.observe.reports import message_of, short_repr

if TYPE_CHECKING:
    import pandas as pd

TRACE: Schema = {
    "number": "int64",
    "seconds": "float64",
    "phase": "Int64",
    "what": "string",
    "processor": "string",
    "event": "string",
    "cause": "string",
    "recipients": "string",
    "elapsed": "float64",
    "detail": "string",
}
FAILURES: Schema = {
    "processor": "string",
    "event": "string",
    "phase": "int64",
    "error": "string",
    "message": "string",
    "where": "string",
}
PHASES: Schema = {
    "phase": "int64",
    "delivered": "int64",
    "emitted": "int64",
    "failed": "int64",
    "elapsed": "float64",
    "settled": "bool",
    "busiest": "string",
}
PLAN: Schema = {"builder": "string", "input": "string", "action": "string", "reason": "string", "diff": "string"}


@runtime_checkable
class Failed(Protocol):
    """A report."""

    @property
    def failures(self) -> Iterable[Failure]:
        """What failed."""
        ...


def trace_frame(recorder: Recorder) -> pd.DataFrame:
    """What a recorder kept, one row per happening, oldest first.

    Columns: number, seconds (since the first row), phase, what (the happening's class), processor (who did it: sender,
    handler or job), event, cause (reprs as they were then), recipients, elapsed (seconds), detail (error or reason).
    """
    offering(recorder, "records", "trace_frame takes a Recorder, which pipeline.observe(Recorder()) attaches")
    records = recorder.records
    texts = {
        id(record.happening.event): record.text for record in records if isinstance(record.happening, EventSubmitted)
    }
    start = records[0].happening.at if records else 0.0
    return typed_frame((_trace_row(record, start, texts) for record in records), TRACE)


def failures_frame(source: Failed | Iterable[Failure]) -> pd.DataFrame:
    """The failures of a report, of a flow too, one row each, in the order they happened.

    Columns: processor, event (its repr), phase, error (class of the exception), message, where (file:line that raised).
    """
    failures = source.failures if isinstance(source, Failed) else source
    offering(failures, "__iter__", "failures_frame takes a report, or its failures: pipeline.report")
    return typed_frame((_failure_row(failure) for failure in failures), FAILURES)


def phases_frame(report: RunReport | PhaseReport | Iterable[PhaseReport]) -> pd.DataFrame:
    """The phases of a run, one row each.

    Columns: phase, delivered, emitted, failed, elapsed (seconds), settled, busiest (the processor that got most).
    """
    match report:
        case RunReport(phases=phases):
            pass
        case PhaseReport():
            phases = (report,)
        case _:
            offering(report, "__iter__", "phases_frame takes a report, which pipeline.report is after a run")
            phases = tuple(report)
    return typed_frame((_phase_row(phase) for phase in phases), PHASES)


def plan_frame(plan: Iterable[Any]) -> pd.DataFrame:
    """What a run would do, one row per builder and input: builder, input, action, reason, diff."""
    offering(plan, "__iter__", "plan_frame takes a plan: plan_frame(plan(pipeline, target))")
    return typed_frame((_plan_row(row) for row in plan), PLAN)


def _trace_row(record: Record, start: float, texts: dict[int, str]) -> tuple[object, ...]:
    happening = record.happening
    cause = getattr(happening, "cause", None)
    who = getattr(happening, "processor", None) or getattr(happening, "sender", None) or getattr(happening, "job", None)
    report = getattr(happening, "report", None)
    return (
        record.number,
        happening.at - start,
        getattr(happening, "phase", getattr(report, "phase", None)),
        type(happening).__name__,
        who,
        record.text or None,
        None if cause is None else texts.get(id(cause), "not recorded"),
        ", ".join(happening.recipients) if isinstance(happening, EventSubmitted) else None,
        getattr(happening, "elapsed", getattr(report, "elapsed", None)),
        _detail(happening),
    )


def _detail(happening: object) -> str | None:
    match happening:
        case DeliveryFailed(failure=failure):
            return failure.summary
        case WorkersScaled(reason=reason):
            return reason
        case PhaseSettled(report=PhaseReport(waiting=waiting)) if waiting:
            return waiting
    return None


def _failure_row(failure: Failure) -> tuple[object, ...]:
    error = failure.exception
    frames = traceback.extract_tb(error.__traceback__)
    where = f"{frames[-1].filename}:{frames[-1].lineno}" if frames else None
    return (failure.processor, short_repr(failure.event), failure.phase, type(error).__name__, message_of(error), where)


def _phase_row(report: PhaseReport) -> tuple[object, ...]:
    busiest = max(report.delivered, key=report.delivered.__getitem__, default=None)
    total = sum(report.delivered.values())
    return (report.phase, total, report.emitted, len(report.failures), report.elapsed, report.settled, busiest)


def _plan_row(row: Any) -> tuple[object, ...]:
    text = row.input if isinstance(row.input, str) else short_repr(row.input)
    return (str(row.builder), text, str(row.action), str(row.reason), None if row.diff is None else str(row.diff))
