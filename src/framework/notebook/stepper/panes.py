"""The tabs of a stepper, as tables for the browser."""

from __future__ import annotations

import dis
import inspect
import traceback
from collections.abc import Hashable, Iterable, Mapping, Sequence
from functools import lru_cache
from types import FunctionType
from typing import Any, cast

from framework.notebook.graphs.theme import LOOKS, NodeState, state_of
from framework.notebook.kernel import name_in_notebook
from framework.notebook.lineage.recorders import submissions, texts_of
from framework.notebook.lineage.selection import Selection
from framework.notebook.lineage.timeline import timeline
from framework.notebook.stepper.phase_history import PhaseState
from framework.notebook.stepper.stepper import PhaseStepper
from framework.observe import Failure
from framework.observe.text import short_repr

MOST_ROWS = 200
"""Rows of a pane; a browser that shows thousands at ten updates a second does nothing else."""

PaneRow = Mapping[str, Any]
_URGENCY: Mapping[NodeState, int] = {"failed": 0, "running": 1, "waiting": 2, "ran": 3, "idle": 4}


def panes(stepper: PhaseStepper, shown: PhaseState, selection: Selection) -> Mapping[str, Any]:
    """Return all tabs: each a head and rows of cells, with what a click on a row needs."""
    return {
        "processors": _pane(
            ("", "processor", "waiting", "phase", "all", "failed", "seconds"), _processors(shown, selection)
        ),
        "inbox": _pane(("processor", "event"), _inboxes(shown, selection)),
        "attributes": _attributes(stepper, shown, selection),
        "events": _pane(
            ("from", "event", "attributes", "to"), _events(stepper, shown, selection), _unrecorded(stepper, shown)
        ),
        "failures": _pane(("processor", "error", "input"), _failures(stepper, shown, selection)),
        "findings": _pane(("finding", "where", "what to do"), [{"cells": list(finding)} for finding in shown.findings]),
        "timeline": timeline(stepper.recorder, shown.phase, selection),
    }


def _pane(head: Sequence[str], rows: Iterable[PaneRow], note: str = "") -> Mapping[str, Any]:
    kept = list(rows)
    hidden = len(kept) - MOST_ROWS
    notes = [note] if note else []
    notes += [f"... and {hidden:,} more"] if hidden > 0 else []
    return {"head": list(head), "rows": kept[:MOST_ROWS], "total": len(kept), "note": "; ".join(notes)}


def _processors(shown: PhaseState, selection: Selection) -> list[PaneRow]:
    rows: list[tuple[tuple[int, int], PaneRow]] = []
    for name, node in shown.snapshot.nodes.items():
        if not selection.has_processor(name):
            continue
        state, delivered = state_of(node), shown.delivered.get(name, 0)
        cells = [LOOKS[state].icon, name, node.waiting, delivered, node.done, node.failed, round(node.busy_seconds, 3)]
        rows.append(((_URGENCY[state], -delivered), {"cells": cells, "state": state}))
    rows.sort(key=lambda row: row[0])
    return [row for _, row in rows]


def _inboxes(shown: PhaseState, selection: Selection) -> list[PaneRow]:
    waiting = ((name, text) for name, texts in shown.inboxes.items() for text in texts if selection.has_processor(name))
    return [{"cells": [name, text]} for name, text in waiting]


def _attributes(stepper: PhaseStepper, shown: PhaseState, selection: Selection) -> Mapping[str, Any]:
    """Return the attributes that users gave their processors, and behind a click those of the classes behind them."""
    rows: dict[bool, list[PaneRow]] = {True: [], False: []}
    for name, texts in shown.attributes.items():
        if selection.has_processor(name):
            given = given_attributes(cast("Hashable", type(stepper.pipeline[name])))
            for attribute, text in texts.items():
                row = {"cells": [name, attribute, text], "changed": (name, attribute) in shown.changed}
                rows[attribute in given].append(row)
    return {**_pane(("processor", "attribute", "value"), rows[False]), "folded": rows[True][:MOST_ROWS]}


@lru_cache(maxsize=1024)
def given_attributes(kind: Any) -> frozenset[str]:
    """Return the names of the attributes that the classes of this package set in an instance of a class."""
    own = (cls for cls in kind.__mro__ if cls.__module__.partition(".")[0] == "framework")
    functions = (value for cls in own for value in vars(cls).values() if isinstance(value, FunctionType))
    codes = (inspect.unwrap(function).__code__ for function in functions)
    return frozenset(
        step.argval for code in codes for step in dis.get_instructions(code) if step.opname == "STORE_ATTR"
    )


def _events(stepper: PhaseStepper, shown: PhaseState, selection: Selection) -> list[PaneRow]:
    kept = reversed(submissions(stepper.recorder, shown.phase))
    return [
        {
            "cells": [
                submitted.sender or "outside",
                *texts_of(submitted.event, text),
                ", ".join(submitted.recipients) or "no recipient",
            ],
            "number": number,
        }
        for number, submitted, text in kept
        if selection.has_event(submitted)
    ]


def _unrecorded(stepper: PhaseStepper, shown: PhaseState) -> str:
    if stepper.recorded_from is not None and 0 < shown.phase < stepper.recorded_from:
        return f"not recorded before phase {stepper.recorded_from}"
    dropped = stepper.recorder.dropped
    return (
        f"{dropped:,} older records were dropped to stay within {stepper.recorder.max_bytes:,} bytes" if dropped else ""
    )


def _failures(stepper: PhaseStepper, shown: PhaseState, selection: Selection) -> list[PaneRow]:
    name = name_in_notebook(stepper) or "stepper"
    chosen = [
        (number, failure) for number, failure in enumerate(shown.failures) if selection.has_processor(failure.processor)
    ]
    return [_failure(number, failure, f"{name}.failures[{number}].debug()") for number, failure in reversed(chosen)]


def _failure(number: int, failure: Failure, code: str) -> PaneRow:
    frames = traceback.extract_tb(failure.exception.__traceback__)
    where = f"{frames[-1].name}, line {frames[-1].lineno}: {frames[-1].line}" if frames else ""
    return {
        "cells": [failure.processor, short_repr(failure.exception), short_repr(failure.event)],
        "state": "failed",
        "detail": where,
        "failure": number,
        "code": code,
    }
