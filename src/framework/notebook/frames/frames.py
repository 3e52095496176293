"""Reports, plans and recorded history as DataFrames. Start at `trace_frame`; archives are in `archived`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from framework.notebook.widgets.require import require
from framework.observe import Failure, Failures, PhaseReport, Recorder, RunReport, reports
from framework.observe.frames import Schema, typed_frame
from framework.observe.recording.history import History
from framework.observe.text import short_repr

if TYPE_CHECKING:
    import pandas as pd

PLAN: Schema = {"builder": "string", "input": "string", "action": "string", "reason": "string", "diff": "string"}


@runtime_checkable
class Failed(Protocol):
    """A report."""

    @property
    def failures(self) -> Iterable[Failure]:
        """What failed."""


def trace_frame(source: Any) -> pd.DataFrame:
    """What a recorder kept, one row per happening, oldest first; or the frame of the history of something else.

    Columns of a recorder: number, seconds (since the first row), phase, what (the happening's class), processor (who
    did it: sender, handler or job), event, cause (reprs as they were then), recipients, elapsed (seconds), detail
    (error or reason); those of a history are told by `History.frame`.

    Args:
        source: a recorder, or a stepper, pipeline or report, of which it is the history.
    """
    if isinstance(source, Recorder | History):
        return source.frame()
    pipeline = getattr(source, "pipeline", source)
    require(pipeline, "history", "trace_frame takes a Recorder, a stepper, a pipeline or its report")
    require(pipeline.history, "frame", "no history was kept: Pipeline(history=True)")
    frame: pd.DataFrame = pipeline.history.frame()
    return frame


def failures_frame(source: Failed | Iterable[Failure]) -> pd.DataFrame:
    """The failures of a report, of a flow too, one row each, in the order they happened.

    Columns: processor, event (its repr), phase, error (class of the exception), message, where (the last line of the
    user's code that the error passed). A stepper or a pipeline gives those of its report.
    """
    source = _reported(source)
    failures = source.failures if isinstance(source, Failed) else source
    require(failures, "__iter__", "failures_frame takes a report, or its failures: pipeline.report")
    return Failures(failures).frame()


def phases_frame(report: RunReport | PhaseReport | Iterable[PhaseReport]) -> pd.DataFrame:
    """The phases of a run, one row each.

    Columns: phase, delivered, emitted, failed, elapsed (seconds), settled, busiest (the processor that got most).
    A stepper or a pipeline gives those of its report.
    """
    report = _reported(report)
    match report:
        case RunReport(phases=phases):
            pass
        case PhaseReport():
            phases = (report,)
        case _:
            require(report, "__iter__", "phases_frame takes a report, which pipeline.report is after a run")
            phases = tuple(report)
    return reports.phases_frame(phases)


def _reported(source: Any) -> Any:
    """Return the report of a stepper or a pipeline, and anything else as it is."""
    pipeline = getattr(source, "pipeline", source)
    return getattr(pipeline, "report", None) or source


def plan_frame(plan: Iterable[Any]) -> pd.DataFrame:
    """What a run would do, one row per builder and input: builder, input, action, reason, diff."""
    require(plan, "__iter__", "plan_frame takes a plan: plan_frame(plan(pipeline, target))")
    return typed_frame((_plan_row(row) for row in plan), PLAN)


def _plan_row(row: Any) -> tuple[object, ...]:
    text = row.input if isinstance(row.input, str) else short_repr(row.input)
    return (str(row.builder), text, str(row.action), str(row.reason), None if row.diff is None else str(row.diff))
