"""Items that fit no arm of a router: their labels, and the nearest arm."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterator
from contextlib import suppress

from framework.flow.findings.evidence import FlowEvidence, JobEvidence
from framework.observe.findings import Finding, times

SHOWN = 3  # labels


def router_misses(evidence: FlowEvidence) -> Iterator[Finding]:
    """Yield a finding for each router that dropped items because they fit none of its arms."""
    for job in evidence.jobs.values():
        opening = f"no arm of {job.name} for "
        labels = {
            reason.removeprefix(opening): count
            for reason, count in job.report.reasons.items()
            if reason.startswith(opening)
        }
        if not labels:
            continue
        ranked = sorted(labels, key=lambda label: -labels[label])
        total = sum(labels.values())
        told = ", ".join(f"{label} ({labels[label]:,})" for label in ranked[:SHOWN])
        more = f" and {times(len(ranked) - SHOWN, 'other')}" if len(ranked) > SHOWN else ""
        were = "was" if total == 1 else "were"
        yield job.finding(
            "router miss",
            f"{times(total, 'item')} fit no arm of {job.named} and {were} dropped: the label was {told}{more}, "
            f"the arms are {', '.join(map(repr, job.arms))}{_hint(ranked[0], job)}",
            total,
            remedy="correct the label, add an arm for it, or say default=",
        )


def _hint(label: str, job: JobEvidence) -> str:
    value: object = label
    with suppress(ValueError, SyntaxError):
        value = ast.literal_eval(label)
    if str(value) in job.arms and not isinstance(value, str):
        return f"; {label} is {type(value).__name__}, and labels of arms are str"
    near = difflib.get_close_matches(str(value), job.arms, n=1)
    return f"; did you mean {near[0]!r}" if near else ""
