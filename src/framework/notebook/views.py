"""The static view of each kind of object that a cell shows, as HTML and as text."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from framework.errors import LayoutUnavailable
from framework.notebook.graphs.drawing import Drawing
from framework.notebook.graphs.theme import LOOKS
from framework.notebook.tables import Rendering, failure_table, long_table, phase_table, share_bar
from framework.notebook.widgets.markup import block, details, line, preformatted
from framework.observe import Failure, Failures, Graph, PhaseReport, RunReport, Snapshot
from framework.observe.findings import Findings, times
from framework.observe.text import short_repr

PATIENCE = 0.05
"""Seconds that a display waits for an answer of something that may be running."""
MOST_TEXT = 20_000
"""Characters of a traceback that are shown; the message of its error may be of any length."""


def runtime_view(runtime: Any) -> Rendering:
    """Show a pipeline or a flow: one status line and its graph."""
    graph: Graph = runtime.graph()
    snapshot: Snapshot | None = promptly(runtime.snapshot)
    counts: Mapping[str, int] | None = promptly(lambda: getattr(runtime.report, "counts", None))
    status = f"{graph.name}: {status_line(graph, snapshot, counts)}"
    return block(line(status, strong=True), picture(Drawing(graph, snapshot))), status


def graph_view(graph: Graph) -> Rendering:
    """Show a graph."""
    drawing = Drawing(graph)
    return block(picture(drawing)), repr(drawing)


def provenance_view(provenance: Any) -> Rendering:
    """Show what an artifact was made from."""
    return block(picture(Drawing(provenance.graph()))), repr(provenance)


def run_view(run: Any) -> Rendering:
    """Show a run in the background: its report once it is done, else that it runs."""
    if run.done and run.report is not None:
        return run_report_view(run.report)
    text = "running: run.wait() waits for the end, run.stop() ends it"
    return block(line(text, strong=True)), text


def run_report_view(report: RunReport) -> Rendering:
    """Show the report of a run: one line, what is odd in it, failures, what it still waited for, phases."""
    text, findings = repr(report), report.findings
    odd = Findings(one for one in findings if one.kind != "failure")  # the table of failures says more of those
    parts = [line(text, strong=True), *finding_parts(odd), failure_table(report.failures)]
    parts += [preformatted(report.waiting)] if report.waiting else []
    parts += [line(f"{LOOKS['waiting'].icon} {text}") for text in (*report.orphans, *report.gaps)]
    return block(*parts, phase_table(report.phases)), f"{text}\n{findings!r}" if findings else text


def findings_view(findings: Findings) -> Rendering:
    """Show what is odd in a run, the most serious first."""
    return block(*(finding_parts(findings) or [line("No findings")])), repr(findings)


def phase_report_view(report: PhaseReport) -> Rendering:
    """Show the report of a phase: one line, failures, deliveries by processor."""
    text = f"Phase {report.phase}: {_outcome(report)}{', settled' if report.settled else ''}"
    counts = sorted(((name, count) for name, count in report.delivered.items() if count), key=lambda row: -row[1])
    parts = [line(text, strong=True), failure_table(report.failures)]
    return block(*parts, long_table(("processor", "delivered"), counts)), text


def failures_view(failures: Failures) -> Rendering:
    """Show failures, a row per kind."""
    return block(failure_table(failures) or line("No failures")), repr(failures) if failures else "No failures"


def failure_view(failure: Failure) -> Rendering:
    """Show a failure: one line, and the traceback behind a click."""
    look = LOOKS["failed"]
    head = line(f"{look.icon} {failure.summary}", strong=True)
    hint = line("failure.debug() opens the debugger there, failure.rerun() repeats this delivery")
    text = "\n".join(map(repr, failure.causes))
    causes = [details("Where it came from", preformatted(text))] if text else []
    trace = details("Traceback", preformatted(_middle_out(failure.traceback)))
    return block(head, hint, *causes, trace), failure.summary


def profile_view(profile: Any) -> Rendering:
    """Show what took the time: a row per processor, with a bar for its share."""
    rows = [
        [
            share_bar(profile.share(row)) if column == "share" else profile.cell(row, column)
            for column in profile.columns
        ]
        for row in profile
    ]
    return block(long_table([column.replace("_", " ") for column in profile.columns], rows)), repr(profile)


def explanation_view(explanation: Any) -> Rendering:
    """Show who receives an event, near misses behind, and the others in one line."""
    rows = [(row.processor, row.receives, row.reason, row.place) for row in explanation.shown]
    parts = [line(short_repr(explanation.event), strong=True)]
    parts += [long_table(("processor", "receives", "reason", "where"), rows)] if rows else []
    return block(*parts, *([line(explanation.rest)] if explanation.rest else [])), repr(explanation)


def status_line(graph: Graph, snapshot: Snapshot | None, counts: Mapping[str, int] | None = None) -> str:
    """Return the state as text, as in "not started, 3 processors, 1 event waiting".

    `counts` are those of the items of a flow, each of which its jobs count again.
    """
    steps = [node for node in graph.nodes if node.kind in {"processor", "builder", "job"}]
    flow = any(node.kind == "job" for node in steps)
    size = times(len(steps), "job" if flow else "processor")
    if snapshot is None:
        return f"busy, {size}"
    parts = [snapshot.state, size]
    if snapshot.phase:
        parts.append(f"phase {snapshot.phase}")
    done, failed = (snapshot.done, snapshot.failed) if counts is None else (counts["done"], counts["failed"])
    if done:
        parts.append(f"{done:,} {'done' if flow else 'delivered'}")
    if snapshot.waiting:
        parts.append(f"{times(snapshot.waiting, 'item' if flow else 'event')} waiting")
    if failed:
        parts.append(f"{failed:,} failed")
    return ", ".join(parts)


def promptly(question: Callable[[], Any]) -> Any:
    """Return the answer, or None after `PATIENCE`: a display must not wait for a lock."""
    answers: list[Any] = []

    def ask() -> None:
        with suppress(Exception):  # the display goes on without the answer
            answers.append(question())

    asking = threading.Thread(target=ask, daemon=True, name="framework-display")
    asking.start()
    asking.join(PATIENCE)
    return answers[0] if answers else None


def picture(drawing: Drawing) -> str:
    """Return the drawing as an image, or as mermaid text where it cannot be laid out."""
    try:
        return drawing.html
    except LayoutUnavailable:
        return preformatted(drawing.mermaid)


def _middle_out(text: str) -> str:
    half = MOST_TEXT // 2
    return text if len(text) <= MOST_TEXT else f"{text[:half]}\n...\n{text[-half:]}"


def finding_parts(findings: Findings) -> list[str]:
    """Return the table of findings, the most serious first; nothing without any."""
    if not findings:
        return []
    rows = [
        (
            f"{LOOKS['failed' if one.severity == 'serious' else 'waiting'].icon} {one.kind}",
            one.text,
            one.where,
            one.remedy,
        )
        for one in findings
    ]
    return [long_table(("finding", "what", "where", "what to do"), rows)]


def _outcome(report: PhaseReport) -> str:
    delivered = sum(report.delivered.values())
    return (
        f"{delivered:,} delivered, {report.emitted:,} emitted, {len(report.failures):,} failed, {report.elapsed:.2f} s"
    )
