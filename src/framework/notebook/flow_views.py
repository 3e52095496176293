"""The static views of what a flow hands out: its report, the profile of its jobs, the way of an item."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from framework.notebook.tables import Rendering, failure_table, long_table, share_bar
from framework.notebook.views import finding_parts
from framework.notebook.widgets.markup import block, line, preformatted
from framework.observe.findings import Findings
from framework.observe.text import short_repr

COUNTS = ("taken", "done", "skipped", "rerouted", "failed", "dropped", "spawned")
SECONDS = {
    "busy_seconds": "working s",
    "locked_seconds": "waiting for a lock s",
    "blocked_seconds": "blocked s",
    "retry_seconds": "waiting to retry s",
}
INDENT = "\N{EM SPACE}\N{EM SPACE}"
HINT = "report.failures[0].debug() opens the debugger there, .rerun() repeats it"


def flow_report_view(report: Any) -> Rendering:
    """Show the report of a flow: one line, what is odd in it, failures, what it waited for, and a row per job."""
    text, findings = repr(report), report.findings
    odd = Findings(one for one in findings if one.kind != "failure")  # the table of failures says more of those
    parts = [line(text, strong=True), *finding_parts(odd), failure_table(report.failures, HINT)]
    parts += [preformatted(report.waiting)] if report.waiting else []
    return block(*parts, _job_table(report.jobs)), f"{text}\n{findings!r}" if findings else text


def _job_table(jobs: Mapping[str, Any]) -> str:
    """Return a row per job, those of sub-flows and routers indented, without columns in which nothing stands."""
    counts = [name for name in COUNTS if name in {"taken", "done"} or any(job.counts[name] for job in jobs.values())]
    seconds = [name for name in SECONDS if name == "busy_seconds" or any(getattr(job, name) for job in jobs.values())]
    width = len(counts) + len(seconds)
    rows: list[Sequence[object]] = []
    for depth, name, job in staged(jobs):
        values = (
            [*(job.counts[name] for name in counts), *(getattr(job, name) for name in seconds)] if job else [""] * width
        )
        rows.append([INDENT * depth + name, *values])
    return long_table(("job", *counts, *(SECONDS[name] for name in seconds)), rows)


def staged(jobs: Mapping[str, Any]) -> Iterator[tuple[int, str, Any]]:
    """Yield depth, name and job, below one with None for each stage that a job is part of and that is no job itself."""
    above: list[str] = []
    for dotted, job in jobs.items():
        *stages, name = dotted.split(".")
        for depth in range(len(stages)):
            if stages[: depth + 1] != above[: depth + 1] and ".".join(stages[: depth + 1]) not in jobs:
                yield depth, stages[depth], None
        above = stages
        yield len(stages), name, job


def job_profile_view(profile: Any) -> Rendering:
    """Show what the workers of each job did with their time, with a bar for the share of each."""
    head = ("job", "items", "working s", "share", "s per item", "lock s", "room s", "rate s", "idle s")
    rows = [
        (one.job, one.items, one.working, share_bar(one.share), one.per_item, one.lock, one.room, one.rate, one.idle)
        for one in profile
    ]
    return block(long_table(head, rows)), repr(profile)


def item_trace_view(trace: Any) -> Rendering:
    """Show the way of an item: what it was made of, a row per job, and what was made of it."""
    head, *_ = repr(trace).splitlines()
    rows = [(one.job, one.outcome, short_repr(one.item), one.seconds, one.attempts, one.reason) for one in trace]
    parts = [line(head, strong=True), long_table(("job", "outcome", "item", "seconds", "attempts", "reason"), rows)]
    made = [(short_repr(one.item), one.outcome, " → ".join(one.jobs), one.seconds) for one in trace.children]
    parts += (
        [line(f"made of it: {len(made):,}"), long_table(("item", "outcome", "jobs", "seconds"), made)] if made else []
    )
    return block(*parts), repr(trace)
