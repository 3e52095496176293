"""What processors still waited for when the run ended: partners of a join, numbers of a sequence, requirements."""

from __future__ import annotations

from collections.abc import Iterator

from framework.core.inspection.findings.evidence import Evidence
from framework.core.inspection.findings.places import handled_at
from framework.core.mailboxes.handler import Unfinished
from framework.errors import WiringError
from framework.observe.findings import Finding


def orphans(evidence: Evidence) -> Iterator[Finding]:
    """Yield one finding for each processor that still waited for something."""
    for processor, things in _by_processor(evidence).items():
        hinted = next((thing for thing in things if ";" in thing.text), things[0])
        where = hinted.where or handled_at(evidence.processors.get(processor))
        text, _, hint = hinted.text.partition(": let ")
        remedy = f"let {hint}" if hint else ""
        shown = [hinted, *(one for one in things if one is not hinted)][:3]
        examples = tuple(one.text.partition(": let ")[0] for one in shown)
        yield Finding("unfinished", text, where, processor or None, len(things), examples, remedy)


def _by_processor(evidence: Evidence) -> dict[str, list[Unfinished]]:
    found: dict[str, list[Unfinished]] = {}
    names = sorted(evidence.processors, key=len, reverse=True)
    told = {failure.processor for failure in evidence.failures if isinstance(failure.exception, WiringError)}
    for thing in evidence.unfinished:
        name = next((name for name in names if thing.text.startswith((f"{name}:", f"{name} "))), "")
        if thing.kind != "requirement" or name not in told:  # a failure says so already
            found.setdefault(name, []).append(thing)
    return found
