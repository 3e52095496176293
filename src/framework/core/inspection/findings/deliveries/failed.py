"""Failures by kind: the line in the user's code, how many, and the first input."""

from __future__ import annotations

from collections.abc import Iterator
from types import TracebackType

from framework.archive.digest.code import is_library
from framework.core.inspection.findings.evidence import Evidence
from framework.observe import Failure
from framework.observe.findings import Finding, times
from framework.observe.text import error_line, short_repr
from framework.source import place


def failed(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding for each processor, type of error and line that raised it."""
    groups: dict[tuple[str, str, str], list[Failure]] = {}
    last_line: dict[tuple[str, str], str] = {}
    for failure in evidence.failures:
        kind = failure.processor, type(failure.exception).__name__
        # Failures beyond the first of a kind keep no frames: they count with the one that does.
        where = line_of(failure.exception) or last_line.get(kind, "")
        last_line[kind] = where
        groups.setdefault((*kind, where), []).append(failure)
    for (processor, _, where), failures in groups.items():
        first = failures[0]
        yield Finding(
            "failure",
            f"{times(len(failures), 'delivery')} of {processor} raised {error_line(first.exception)}",
            where,
            processor,
            len(failures),
            tuple(short_repr(one.event) for one in failures[:3]),
            "look with report.failures[0].debug(), repeat with .rerun(), deliver again with report.failures.retry(...)",
        )


def line_of(error: BaseException) -> str:
    """Return the last line of the user's own code that an error passed, or the last line at all."""
    own, last = "", ""
    trace: TracebackType | None = error.__traceback__
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        last = place(file, trace.tb_lineno)
        inside = trace.tb_frame.f_globals.get("__name__", "").partition(".")[0] == "framework"
        if not inside and not is_library(file):
            own = last
        trace = trace.tb_next
    return own or last
