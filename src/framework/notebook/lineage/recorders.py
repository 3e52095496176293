"""Finds the recorder that knows an event, and the submissions that a recorder kept."""

from __future__ import annotations

from typing import Any

from framework.notebook.widgets.require import require
from framework.observe import EventSubmitted, Recorder


def recorder_of(event: Any, source: Any = None) -> Recorder:
    """The recorder that was given, or that of the stepper that was given, or one that knows the event.

    An empty one when nobody knows the event.

    Raises:
        OptionError: what was given is neither.
    """
    if isinstance(source, Recorder):
        return source
    if source is not None:
        require(source, "recorder", "what happened is kept by a Recorder or a stepper")
        recorder: Recorder = source.recorder
        return recorder
    known = (recorder for recorder in tuple(Recorder.alive) if recorder.lineage(event))
    return next(known, None) or Recorder()


def submissions(recorder: Recorder, phase: int | None = None) -> list[tuple[int, EventSubmitted, str]]:
    """The submissions that are kept, of one phase where asked for: number of the record, what, and its repr then."""
    return [
        (record.number, record.happening, record.text)
        for record in recorder.records
        if isinstance(record.happening, EventSubmitted) and phase in (None, record.happening.phase)
    ]
