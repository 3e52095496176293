"""What came of it: `PhaseReport` of a phase, `RunReport` of a run, `Failure` of one delivery or item."""

from __future__ import annotations

import traceback as tracebacks
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, overload

if TYPE_CHECKING:
    import pandas as pd

SHOWN_REPR, SHOWN_MESSAGE = 200, 1000


@dataclass(frozen=True, slots=True)
class Failure:
    """An exception in one delivery, with all it takes to look at it and to repeat it.

    `processor` is its name, `phase` the phase it happened in, `traceback` the text; the exception keeps the frames.
    """

    processor: str
    event: Any
    phase: int
    exception: BaseException
    repeat: Callable[[], object] | None = field(default=None, repr=False, compare=False)

    @property
    def traceback(self) -> str:
        """The traceback as text."""
        return "".join(tracebacks.format_exception(self.exception))

    @property
    def summary(self) -> str:
        """One line: who failed, with what, on which input."""
        return f"{self.processor} raised {error_line(self.exception)} on {short_repr(self.event)}"

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
        if self.repeat is None:
            raise LookupError(f"this failure of {self.processor} was kept without its processor: call it yourself")
        return self.repeat()


class Redelivers(Protocol):
    """What can take a failed input once more: a pipeline."""

    def _redeliver(self, processor: str, event: Any) -> None:
        """Deliver `event` to the processor of that name only."""
        ...


class Failures(Sequence[Failure]):
    """The failures of a phase or a run, in the order they happened."""

    def __init__(self, failures: Iterable[Failure] = ()) -> None:
        """Keep the failures as they are."""
        self._failures = tuple(failures)

    @overload
    def __getitem__(self, index: int) -> Failure: ...
    @overload
    def __getitem__(self, index: slice) -> Failures: ...
    def __getitem__(self, index: int | slice) -> Failure | Failures:
        """One failure, or a part of them."""
        if isinstance(index, slice):
            return Failures(self._failures[index])
        return self._failures[index]

    def __len__(self) -> int:
        """How many there are."""
        return len(self._failures)

    def __eq__(self, other: object) -> bool:
        """Equal to any sequence of the same failures."""
        return isinstance(other, Sequence) and self._failures == tuple(other)

    def __hash__(self) -> int:
        """By content."""
        return hash(self._failures)

    def __repr__(self) -> str:
        """The summaries, a line each."""
        return "\n".join([f"{len(self)} failures", *(f"  {failure.summary}" for failure in self)])

    def retry(self, pipeline: Redelivers) -> int:
        """Deliver the failed inputs again, each to the processor of the same name and to nobody else.

        Args:
            pipeline: usually the one that `pipeline.renew(...)` gave.

        Returns:
            How many deliveries wait now; run the pipeline to make them.
        """
        for failure in self:
            pipeline._redeliver(failure.processor, failure.event)  # noqa: SLF001 - plumbing, no call of a user
        return len(self)

    def frame(self) -> pd.DataFrame:
        """One row per failure: processor, event, phase, error, message."""
        from framework.notebook.frames.frames import failures_frame

        return failures_frame(self)


@dataclass(frozen=True, slots=True)
class PhaseReport:
    """One phase: what was delivered to whom, what came of it, how long it took (seconds).

    `settled` says that the phase caused no work beyond its own announcement: it is the last.
    """

    phase: int
    delivered: Mapping[str, int]
    emitted: int
    failures: Failures
    elapsed: float
    settled: bool
    waiting: str = ""


@dataclass(frozen=True, slots=True)
class RunReport:
    """A whole run.

    `dead_letters` counts events that reached nobody, `dropped` the deliveries that a stop or an interrupt threw away,
    `orphans` and `gaps` name what joins and sequences still waited for, `waiting` says why it was not finished, and
    `interrupted` that a stop or Ctrl-C ended it.
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


def error_line(error: BaseException) -> str:
    """Type and first line of the message of an error, at most `SHOWN_MESSAGE` characters of it; never raises."""
    kind = type(error).__name__
    try:
        lines = str(error).strip().splitlines()
    except KeyboardInterrupt:
        raise
    except BaseException as other:  # noqa: BLE001 - a user's __str__ may raise anything
        return f"{kind} (whose message raised {type(other).__name__})"
    return f"{kind}: {_cut(lines[0], SHOWN_MESSAGE)}" if lines else kind


def message_of(error: BaseException) -> str:
    """The message of an error; never raises, whatever the error's `__str__` does."""
    try:
        return str(error)
    except KeyboardInterrupt:
        raise
    except BaseException as other:  # noqa: BLE001 - a user's __str__ may raise anything
        return f"<message raised {type(other).__name__}>"


def short_repr(value: object, limit: int = SHOWN_REPR) -> str:
    """`repr(value)` that never raises and is at most `limit` characters long."""
    try:
        text = repr(value)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - a user's repr may raise anything, SystemExit as well
        text = f"<{type(value).__name__} whose repr raised {type(error).__name__}>"
    return _cut(text, limit)


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 3] + "..."
