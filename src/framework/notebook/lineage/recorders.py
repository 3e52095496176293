"""Finds the recorder that has an event, and the submissions that a recorder kept."""

from __future__ import annotations

from typing import Any

from framework.notebook.widgets.require import require
from framework.observe import EventSubmitted, Recorder


def recorder_of(event: Any, source: Any = None) -> Recorder:
    """Return the given recorder, that of the given stepper, or else one that has the event; an empty one for none."""
    if isinstance(source, Recorder):
        return source
    if source is not None:
        require(source, "recorder", "what happened is kept by a Recorder or a stepper")
        recorder: Recorder = source.recorder
        return recorder
    known = (recorder for recorder in tuple(Recorder.alive) if recorder.lineage(event))
    return next(known, None) or Recorder()


def submissions(recorder: Recorder, phase: int | None = None) -> list[tuple[int, EventSubmitted, str]]:
    """Return the kept submissions, of one phase where given: record number, submission, and its repr at that time."""
    return [
        (record.number, record.happening, record.text)
        for record in recorder.records
        if isinstance(record.happening, EventSubmitted) and phase in (None, record.happening.phase)
    ]
