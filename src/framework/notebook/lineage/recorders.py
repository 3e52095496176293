"""What was submitted, as a recorder or the history of a pipeline kept it. Start at `KeptSubmissions`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from framework.core.event import CONTROL
from framework.errors import OptionError
from framework.notebook.widgets.require import require
from framework.observe import EventSubmitted, Recorder
from framework.observe.recording.frozen import attributes_text, event_text
from framework.observe.recording.history import History, Submission

HistoryKeeper = Recorder | History


@dataclass(frozen=True, slots=True, eq=False)
class KeptSubmission:
    """One submission: `key` and `cause` tell its event and the one behind it from others; texts are those of then."""

    submitted: EventSubmitted | Submission
    key: int
    cause: int | None
    name: str
    attributes: str
    text: str

    @property
    def is_control(self) -> bool:
        """Whether the pipeline sent it, to announce its start, a phase or its end."""
        return self.submitted.sender is None and self.name in CONTROL


class KeptSubmissions:
    """The submissions that a recorder or a history kept, oldest first; `causes` leads from outside to one event."""

    def __init__(self, event: Any, source: HistoryKeeper) -> None:
        self.dropped = source.dropped
        if isinstance(source, Recorder):
            self.all = [_recorded(submitted, text) for _, submitted, text in submissions(source)]
            known = {id(sent.submitted): sent for sent in self.all}
            self.causes = [known[id(one)] for one in reversed(source.lineage(event)) if id(one) in known]
        else:
            self.all = [_remembered(one) for one in source.events()]
            by_time = {(sent.submitted.at, sent.submitted.sender): sent for sent in self.all}
            chain = ((one.at, one.sender) for one in reversed(source.lineage(event)))
            self.causes = [by_time[key] for key in chain if key in by_time]


def keeper_of(event: Any, source: Any = None) -> HistoryKeeper:
    """Return what was given, that of the given stepper or pipeline, or else one that knows the event.

    An empty recorder where none knows the event.

    Raises:
        OptionError: what was given keeps nothing.
    """
    if isinstance(source, Recorder | History):
        return source
    if source is None:
        alive: list[HistoryKeeper] = [*Recorder._alive, *History._alive]
        return next((one for one in alive if one.lineage(event)), None) or Recorder()
    recorder = getattr(source, "recorder", None)
    pipeline = getattr(source, "pipeline", source)
    if isinstance(recorder, Recorder) and recorder.lineage(event):
        return recorder
    try:
        history = getattr(pipeline, "history", None)
    except OptionError:
        if recorder is None:
            raise
        history = None
    if isinstance(history, History) and (recorder is None or history.lineage(event)):
        return history
    require(source, "recorder", "what happened is kept by a Recorder, a stepper or a pipeline")
    kept: Recorder = source.recorder
    return kept


def submissions(recorder: Recorder, phase: int | None = None) -> list[tuple[int, EventSubmitted, str]]:
    """Return the kept submissions, of one phase where given: record number, submission, and its repr at that time."""
    return [
        (record.number, record.happening, record.text)
        for record in recorder.records
        if isinstance(record.happening, EventSubmitted) and phase in (None, record.happening.phase)
    ]


def texts_of(event: Any, text: str) -> tuple[str, str]:
    """Return what an event is called and its own attributes, from the repr that it had when it was submitted.

    Builders tell each other "built" and "resolve" of a target: the target says more than the names of these fields.
    """
    name = getattr(event, "name", "")
    called, attributes = str(name), text.removeprefix(f"{type(event).__name__}(name={name!r}").lstrip(", ")
    target = getattr(event, "target", None)
    if isinstance(target, str):
        called = f"{target} {called}"
        attributes = attributes.removeprefix(f"target={target!r}").lstrip(", ").removeprefix("artifact=")
    return called, attributes.removesuffix(")") if text.endswith(")") else attributes


def _recorded(submitted: EventSubmitted, text: str) -> KeptSubmission:
    event, cause = submitted.event, submitted.cause
    return KeptSubmission(submitted, id(event), None if cause is None else id(cause), *texts_of(event, text), text)


def _remembered(submission: Submission) -> KeptSubmission:
    kept, cause = submission.attributes, submission.cause
    name, attributes = str(submission.name), attributes_text(kept)
    if isinstance(kept.get("target"), str):
        name = f"{kept['target']} {name}"
        attributes = attributes_text({key: value for key, value in kept.items() if key != "target"})
    text = event_text(submission.kind, kept)
    return KeptSubmission(submission, id(submission), None if cause is None else id(cause), name, attributes, text)
