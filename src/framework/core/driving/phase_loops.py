"""`LoopDetector`: who answers the phases with new work, and whether the state repeats; for `why_waiting`."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from framework.core.driving.status import DeliveryCounts
from framework.core.driving.wiring import provided_by
from framework.core.event import PHASE, Event
from framework.core.mailboxes.inbox import Inbox
from framework.core.scheduling.scheduler import Scheduler
from framework.observe.findings import times
from framework.observe.recording.frozen import frozen
from framework.observe.text import short_repr

LONGEST_PERIOD, SHOWN_VALUES, SHOWN_NAMES, SHOWN_LENGTH = 4, 3, 3, 60
FIRST_SAMPLED, SAMPLED = 2, 8
"""Of the first phase only the numbers are kept; then the values of so many phases at 2, 16, 32, 64 and so on."""
MOST_EVENTS = 64  # of a phase of which the values are kept
LEAST_SAMPLED = 4  # phases in a row, from which a period of 2 can be told

Attribute = tuple[str, str]
"""An attribute, and whose it is: of an event or of a processor."""


@dataclass(slots=True)
class PhaseSample:
    """The values of what is submitted in one phase; a tap of the routing table until it has seen enough."""

    scheduler: Scheduler
    events: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def _wants(self, cls: type, name: str | None) -> bool:  # noqa: ARG002 - a Tap
        """Return True: events of any class and name may alternate."""
        return True

    def _take(self, event: Event) -> bool:
        """Keep the values of an event, but not the event."""
        if len(self.events) < MOST_EVENTS:
            values = {name: frozen(value) for name, value in vars(event).items() if name != "name"}
            self.events.append((str(event.name or type(event).__name__), values))
        else:
            self.end()
        return False

    def begin(self) -> None:
        """Look at what is submitted from now on."""
        with self.scheduler.lock:
            self.scheduler.routes.tap(self)

    def end(self) -> None:
        """Look no further."""
        with self.scheduler.lock:
            self.scheduler.routes.untap(self)


class PhaseLoop(NamedTuple):
    """Phases that repeat: who answers them, since when and with which period, and what their values do meanwhile."""

    names: tuple[str, ...]
    since: int
    period: int
    what: str
    values: tuple[str, ...]

    def __str__(self) -> str:
        often = "in every phase" if self.period == 1 else f"every {self.period} phases"
        return "; ".join([f"since phase {self.since} {self.what} {often}", *self.values])


class LoopDetector:
    """Keeps who answered the phases, since when their deliveries repeat, and the values of the phases looked at last.

    It takes the same little time and memory for each phase, however many there are.
    """

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        self._sample: PhaseSample | None = None
        self._reset()

    def _reset(self) -> None:
        self._last = ""
        self._phase = 0
        self._phases: dict[str, Ranges] = {}
        self._counts: deque[Mapping[str, int]] = deque(maxlen=LONGEST_PERIOD)
        self._repeated = [0] * (LONGEST_PERIOD + 1)  # by period: how many phases in a row were as the one so far before
        self._rows: deque[dict[Attribute, Any]] = deque(maxlen=SAMPLED)
        self._sampled = 0

    def begin(self, phase: int) -> None:
        """Prepare to see what a phase causes; call it before its announcement."""
        first = 1 << (phase.bit_length() - 1)
        first = FIRST_SAMPLED if phase < FIRST_SAMPLED + SAMPLED else first if first > SAMPLED else phase + 1
        if first <= phase < first + SAMPLED:
            self._sample = PhaseSample(self._scheduler)
            self._sample.begin()

    def end(self, phase: int, more: int, before: DeliveryCounts, after: DeliveryCounts) -> None:
        """Keep what the phase caused: so many more deliveries than its own."""
        sample, self._sample = self._sample, None
        if sample is not None:
            sample.end()
        busy = after.emitters_since(before) if more else []
        if not busy:
            self._reset()
            return
        asked = set(self._scheduler.routes.control(Event(name=PHASE)))
        began = [inbox for inbox in busy if inbox in asked and _answers_phases(inbox)] or busy
        for inbox in began:
            self._phases.setdefault(inbox.name, Ranges()).add(phase)
        self._repeat(after.handled_since(before))
        if sample is not None:
            if self._sampled != phase - 1:
                self._rows.clear()
            self._sampled = phase
            self._rows.append({**_of_events(sample.events), **_of_processors(began)})
        self._phase = phase
        names = _listed([inbox.name for inbox in began])
        self._last = f"phase {phase} caused {times(more, 'more delivery')}, begun by {names}"

    def _repeat(self, counts: Mapping[str, int]) -> None:
        for period in range(1, LONGEST_PERIOD + 1):
            same = len(self._counts) >= period and self._counts[-period] == counts
            self._repeated[period] = self._repeated[period] + 1 if same else 0
        self._counts.append(counts)

    def text(self) -> str:
        """Return what keeps the phases going, in at most three lines; empty if the last one was not answered."""
        if not self._last:
            return ""
        phases = list(self._phases.copy().items())[:SHOWN_NAMES]  # the driver adds to it
        several = any(ranges.several for _, ranges in phases) or len(phases) > 1
        told = "; ".join(f"{name} answered {ranges}" for name, ranges in phases)
        loop = self.loop()
        return "\n".join([self._last, *([told] if several else []), *([] if loop is None else [str(loop)])])

    def loop(self) -> PhaseLoop | None:
        """Return since when the deliveries repeat, with which period, and what alternates; None if they do not."""
        period = self._period(1) if self._last else None
        if period is None:
            return None
        alternating, moving, longest = _values(tuple(self._rows.copy()))
        repeats = longest is not None and not moving
        if repeats:
            period = self._period(max(period, longest or 1)) or period
        what = "the state repeats" if repeats else "the same deliveries repeat"
        since = self._phase - self._repeated[period] - period + 1
        names = tuple(name for name, ranges in self._phases.items() if ranges.last > self._phase - period)
        return PhaseLoop(names, since, period, what, (*alternating, *moving))

    def _period(self, least: int) -> int | None:
        """Return the period of the deliveries: seen twice at least, over three phases at least."""
        periods = range(least, LONGEST_PERIOD + 1)
        return next((period for period in periods if self._repeated[period] >= max(3 - period, period)), None)


class Ranges:
    """The phases that a processor answered: the first few runs of them, and how many more there were."""

    def __init__(self) -> None:
        self._runs: list[list[int]] = []

    def add(self, phase: int) -> None:
        """Add a phase, later than those before."""
        if self._runs and phase == self._runs[-1][-1] + 1:
            self._runs[-1][1:] = [phase]
        elif len(self._runs) <= SHOWN_NAMES:
            self._runs.append([phase])
        else:
            self._runs[-1] = [phase]

    @property
    def last(self) -> int:
        """The last phase."""
        return self._runs[-1][-1]

    @property
    def several(self) -> bool:
        """Whether there is more than one."""
        return len(self._runs) > 1 or any(len(run) > 1 for run in self._runs)

    def __str__(self) -> str:
        texts = [" to ".join(map(str, run)) for run in self._runs]
        shown = texts if len(texts) <= SHOWN_NAMES else [*texts[:SHOWN_NAMES], f"others until {self._runs[-1][-1]}"]
        return f"phase{'s' if self.several else ''} {_listed(shown)}"


def _values(rows: Sequence[dict[Attribute, Any]]) -> tuple[list[str], list[str], int | None]:
    """Return the attributes that alternate in these phases, those that change each time, and the period of all values.

    The period is None if too few phases were looked at.
    """
    if len(rows) < LEAST_SAMPLED:
        return [], [], None
    alternating, moving, longest = [], [], 1
    for owner, name in rows[-1]:
        values = [repr(row[owner, name]) for row in rows if (owner, name) in row]
        if len(set(values)) == 1 or len(values) < len(rows):
            continue
        found = _period_of(values)
        shown = dict.fromkeys(values[-found:] if found else values[-SHOWN_VALUES:])
        if found:
            longest = max(longest, found)
            alternating.append(f"{name!r} of {owner} alternates between {_listed(tuple(shown))}")
        else:
            moving.append(f"{name!r} of {owner} changes each time: {', '.join(shown)}")
    return alternating[:SHOWN_NAMES], moving[:SHOWN_NAMES], longest


def _answers_phases(inbox: Inbox) -> bool:
    """Return whether a processor has something to say to a phase: every builder receives it."""
    hook = getattr(type(inbox.processor), "phase", None)
    return not provided_by(inbox) or getattr(hook, "__qualname__", "") != "ReactiveBuilder.phase"


def _of_events(events: Iterable[tuple[str, dict[str, Any]]]) -> dict[Attribute, Any]:
    found: dict[Attribute, list[str]] = {}
    for event, values in events:
        for name, value in values.items():
            found.setdefault((f"event {event!r}", name), []).append(short_repr(value))
    return {
        key: _PlainRepr(short_repr(_PlainRepr(", ".join(sorted(texts))), SHOWN_LENGTH)) for key, texts in found.items()
    }


def _of_processors(inboxes: Iterable[Inbox]) -> dict[Attribute, Any]:
    return {
        (inbox.name, name): frozen(value)
        for inbox in inboxes
        for name, value in list(vars(inbox.processor).items())
        if not name.startswith("_") and not provided_by(inbox)
    }


class _PlainRepr(str):
    """A text that is its own `repr`."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def _period_of(values: Sequence[str]) -> int | None:
    """Return the period of values, all of which are seen twice at least."""
    for period in range(2, LONGEST_PERIOD + 1):
        if len(values) >= 2 * period and all(a == b for a, b in zip(values, values[period:], strict=False)):
            return period
    return None


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:-1]) + f" and {names[-1]}" if len(names) > 1 else "".join(names)
