"""`diagnosis`: every kind of finding, asked about one flow."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator

from framework.flow.findings.evidence import FlowEvidence
from framework.flow.findings.failures import cut_off, failed, trouble, unhandled
from framework.flow.findings.items import dropped, empty, left
from framework.flow.findings.load import overflow, retries, slow
from framework.flow.findings.router_misses import router_misses
from framework.flow.findings.waiting import locks, paused, rates, room
from framework.observe.findings import Finding, Findings, found_by

logger = logging.getLogger(__name__)

Kind = Callable[[FlowEvidence], Iterator[Finding]]
KINDS: tuple[Kind, ...] = (
    *(failed, router_misses, unhandled, empty, dropped, cut_off, trouble, left),
    *(paused, locks, retries, rates, room, overflow, slow),
)


def diagnosis(evidence: FlowEvidence) -> Findings:
    """Return the findings of all kinds, ranked; a kind that fails is logged and left out."""
    return Findings(found_by(KINDS, evidence))


def tell(name: str, findings: Findings) -> None:
    """Log the findings of a run that has ended, a line each; its failures and troubles were logged with more."""
    for finding in findings:
        if finding.kind != "trouble":
            logger.log(logging.WARNING if finding.severity == "serious" else logging.INFO, "%s: %s", name, finding)
