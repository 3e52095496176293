"""Results of driving: `PhaseReport` of a phase, `RunReport` of a run, `Failure` of one delivery or item."""

from __future__ import annotations

import traceback as tracebacks
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from types import CodeType
from typing import TYPE_CHECKING, Any, Protocol

from framework.observe.findings import Findings, times
from framework.observe.frames import RowSequence, Schema, typed_frame
from framework.observe.text import error_line, message_of, short_repr
from framework.observe.user_code import away, last_own, line_of

if TYPE_CHECKING:
    import pandas as pd

    from framework.observe.profile import ProcessorReport, Profile

PRINTED = 10
"""Failures that are printed, a line each."""
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


@dataclass(frozen=True, slots=True)
class Failure:
    """An exception in one delivery, with all it takes to look at it and to repeat it.

    `processor` is its name, `phase` the phase it happened in, `traceback` the text; the exception keeps the frames.
    """

    processor: str
    event: Any
    phase: int
    exception: BaseException
    _repeat: Callable[[], object] | None = field(default=None, repr=False, compare=False)
    _text: str | Places | None = field(default=None, repr=False, compare=False)
    _causes: Callable[[], Sequence[Any]] = field(default=tuple, repr=False, compare=False)

    @property
    def causes(self) -> tuple[Any, ...]:
        """Return the submission of the event, that of its cause, and so on back to the outside; where one was kept.

        A pipeline keeps them with its history, each with `event`, `sender` and `attributes` as they were then.
        """
        return tuple(self._causes())

    @property
    def traceback(self) -> str:
        """Return the traceback as text."""
        if isinstance(self._text, list):
            return _told(self._text, self.exception)
        return self._text or "".join(tracebacks.format_exception(self.exception))

    @property
    def summary(self) -> str:
        """Return one line: the processor, the error and the input."""
        return f"{self.processor} raised {error_line(self.exception)} on {short_repr(self.event)}"

    @property
    def where(self) -> str:
        """Return the last line of the user's code that the error passed; "" where that was not kept."""
        if self.exception.__traceback__ is None and isinstance(self._text, list):
            lines = [(code.co_filename, line) for code, line, _ in self._text]
            return last_own([*lines, *away(self.exception)])
        return line_of(self.exception)

    def debug(self) -> None:
        """Open the debugger post mortem on the kept traceback; nothing is executed again."""
        from IPython.core.debugger import Pdb

        debugger = Pdb(nosigint=True)  # its handler would outlive it and take every later Ctrl-C away
        debugger.reset()
        debugger.interaction(None, self.exception.__traceback__)  # type: ignore[no-untyped-call]

    def rerun(self) -> object:
        """Repeat exactly this delivery on the calling thread, with the processor as it is now.

        Attributes of the processor may have moved on since it failed; what it submits goes nowhere.

        Raises:
            LookupError: the failure was kept without its processor.
        """
        if self._repeat is None:
            raise LookupError(f"this failure of {self.processor} was kept without its processor: call it yourself")
        return self._repeat()


Places = list[tuple[CodeType, int, int]]
"""The frames of a traceback without their locals: code, line, instruction. Writing it out takes ten times as long."""


def _places(error: BaseException) -> Places | str:
    if error.__cause__ is not None or error.__context__ is not None or isinstance(error, BaseExceptionGroup):
        return "".join(tracebacks.format_exception(error))
    places, trace = [], error.__traceback__
    while trace is not None:
        places.append((trace.tb_frame.f_code, trace.tb_lineno, trace.tb_lasti))
        trace = trace.tb_next
    return places


def _told(places: Places, error: BaseException) -> str:
    frames = []
    for code, line, instruction in places:
        _, end, column, end_column = next(islice(code.co_positions(), instruction // 2, None), (None,) * 4)
        frame = tracebacks.FrameSummary(
            code.co_filename, line, code.co_name, end_lineno=end, colno=column, end_colno=end_column
        )
        frames.append(frame)
    lines = tracebacks.StackSummary.from_list(frames).format()
    return "".join(["Traceback (most recent call last):\n", *lines, *tracebacks.format_exception_only(error)])


def kind_of(failure: Failure) -> object:
    """Return what failures have in common that come from one line."""
    trace = failure.exception.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = None if trace is None else (trace.tb_frame.f_code.co_filename, trace.tb_lineno)
    return failure.processor, type(failure.exception), place


def without_frames(failure: Failure) -> Failure:
    """Take the frames from the exception, with all their locals; return the failure with the traceback as text."""
    light = replace(failure, _text=failure._text or _places(failure.exception))
    drop_frames(failure.exception)
    return light


def drop_frames(error: BaseException) -> None:
    """Take the tracebacks from an error, from those that led to it and from those in its group."""
    todo, seen = [error], set[int]()
    while todo:
        one = todo.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        one.__traceback__ = None
        todo += [other for other in (one.__cause__, one.__context__) if other is not None]
        todo += one.exceptions if isinstance(one, BaseExceptionGroup) else ()


class Redelivers(Protocol):
    """Takes a failed input once more: a pipeline."""

    def _redeliver(self, processor: str, event: Any) -> None:
        """Deliver `event` to the processor of that name only."""


class Failures(RowSequence[Failure]):
    """The failures of a phase or a run, in the order they happened."""

    def __init__(self, failures: Iterable[Failure] = ()) -> None:
        self._rows = tuple(failures)

    def __eq__(self, other: object) -> bool:
        """Return whether `other` is a sequence of the same failures."""
        return isinstance(other, Sequence) and self._rows == tuple(other)

    def __hash__(self) -> int:
        """Return the hash of the content."""
        return hash(self._rows)

    def __repr__(self) -> str:
        hidden = len(self) - PRINTED
        more = [f"  ... and {hidden:,} more: failures[{PRINTED}:], failures.frame()"] if hidden > 0 else []
        return "\n".join([times(len(self), "failure"), *(f"  {one.summary}" for one in self._rows[:PRINTED]), *more])

    def retry(self, pipeline: Redelivers) -> int:
        """Deliver the failed inputs again, each only to the processor of the same name.

        Args:
            pipeline: usually the one that `pipeline.renew(...)` gave.

        Returns:
            The number of deliveries that now wait; run the pipeline to make them.
        """
        for failure in self:
            pipeline._redeliver(failure.processor, failure.event)
        return len(self)

    def frame(self) -> pd.DataFrame:
        """Return one row per failure, as `framework.notebook.failures_frame` does."""
        return typed_frame(map(_failure_row, self), FAILURES)


@dataclass(frozen=True, slots=True, repr=False)
class PhaseReport:
    """One phase: deliveries by processor, events emitted, failures, and how long it took (seconds).

    `settled`: the phase caused no work beyond its own announcement, so that it is the last. `built` and `replayed` are
    the numbers of inputs of builders and of cached processors that were computed, or answered from an archive.
    """

    phase: int
    delivered: Mapping[str, int]
    emitted: int
    failures: Failures
    elapsed: float
    settled: bool
    waiting: str = ""
    built: int = 0
    replayed: int = 0

    def __repr__(self) -> str:
        """One line, as in "Phase 2: 12 delivered, 3 emitted, 0 failures, 0.01 s"."""
        parts = [_work(self.delivered, self.built, self.replayed), f"{self.emitted:,} emitted"]
        parts += [times(len(self.failures), "failure"), f"{self.elapsed:.2f} s", *(["settled"] if self.settled else [])]
        return f"Phase {self.phase}: {', '.join(parts)}"


@dataclass(frozen=True, slots=True, repr=False)
class RunReport:
    """A whole run, or a paused one until now.

    `dead_letters` counts events without recipients, `dropped` the deliveries that a stop or an interrupt discarded,
    `orphans` and `gaps` name what joins and sequences still waited for, `waiting` says why it was not finished, and
    `interrupted` that a stop or Ctrl-C ended it. `delivered` leaves out messages of builders to themselves, `elapsed`
    the time between two steps; `processors` has built, replayed and silent deliveries apart, and seconds.
    """

    phases: tuple[PhaseReport, ...]
    delivered: Mapping[str, int]
    failures: Failures
    dead_letters: int
    dropped: int
    orphans: tuple[str, ...]
    gaps: tuple[str, ...]
    elapsed: float
    waiting: str
    interrupted: bool
    _diagnosis: Callable[[], Findings] = field(default=Findings, repr=False, compare=False)
    processors: Mapping[str, ProcessorReport] = field(default_factory=dict, repr=False, compare=False)
    paused: bool = False
    history: Any = field(default=None, repr=False, compare=False)

    @property
    def built(self) -> int:
        """How many inputs of builders and cached processors were computed."""
        return sum(one.built for one in self.processors.values())

    @property
    def replayed(self) -> int:
        """How many inputs were answered from an archive."""
        return sum(one.replayed for one in self.processors.values())

    @property
    def silent(self) -> int:
        """How many deliveries emitted nothing: all where a history is kept, else those of builders."""
        return sum(one.silent or 0 for one in self.processors.values())

    def profile(self) -> Profile:
        """Return seconds and share per processor, built and replayed apart, the slowest first."""
        from framework.observe.profile import Profile

        return Profile(self.processors.values())

    @property
    def findings(self) -> Findings:
        """What is odd in the run and is not an error, the most serious first; none for a healthy run."""
        return self._diagnosis()

    def __repr__(self) -> str:
        """One line, as in "Finished: 4 phases, 1,204 delivered, 2 failures, 0.35 s"."""
        parts = [times(len(self.phases), "phase"), _work(self.delivered, self.built, self.replayed)]
        parts.append(times(len(self.failures), "failure"))
        parts += [times(self.dead_letters, "dead letter")] if self.dead_letters else []
        parts += [f"{self.dropped:,} dropped"] if self.dropped else []
        ended = "Paused" if self.paused else "Interrupted" if self.interrupted else "Finished"
        return f"{ended}: {', '.join(parts)}, {self.elapsed:.2f} s"


def _work(delivered: Mapping[str, int], built: int, replayed: int) -> str:
    apart = [f"{count:,} {what}" for count, what in ((built, "built"), (replayed, "replayed")) if count]
    return f"{sum(delivered.values()):,} delivered" + (f" ({', '.join(apart)})" if apart else "")


def phases_frame(phases: Iterable[PhaseReport]) -> pd.DataFrame:
    """Return one row per phase, as `framework.notebook.phases_frame` does."""
    return typed_frame(map(_phase_row, phases), PHASES)


def _failure_row(failure: Failure) -> tuple[object, ...]:
    error, event = failure.exception, short_repr(failure.event)
    return (failure.processor, event, failure.phase, type(error).__name__, message_of(error), failure.where or None)


def _phase_row(report: PhaseReport) -> tuple[object, ...]:
    busiest = max(report.delivered, key=report.delivered.__getitem__, default=None)
    total = sum(report.delivered.values())
    return (report.phase, total, report.emitted, len(report.failures), report.elapsed, report.settled, busiest)
