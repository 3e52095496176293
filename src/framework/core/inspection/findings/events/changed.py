"""Events that a processor changed while others received them."""

from __future__ import annotations

from collections.abc import Iterator

from framework.core.inspection.findings.evidence import Evidence
from framework.errors import SourceUnavailable
from framework.observe.findings import Finding, times
from framework.observe.recording.history import Delivery
from framework.source import place, source_of


def changed(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding for each processor after whose deliveries a shared event was another than before."""
    seen: dict[int, tuple[str, ...]] = {}
    groups: dict[tuple[str, str | None, str], list[Delivery]] = {}
    for delivery in evidence.deliveries:
        sent = delivery.submission
        if sent is None or not delivery.changed:
            continue
        news = tuple(name for name in delivery.changed if name not in seen.get(id(sent), ()))
        seen[id(sent)] = delivery.changed
        for attribute in news:
            groups.setdefault((delivery.processor, sent.name, attribute), []).append(delivery)
    processors = {inbox.name: inbox.processor for inbox in evidence.interests}
    for (name, event, attribute), deliveries in groups.items():
        first = deliveries[0].submission
        others = [] if first is None else [one for one in first.recipients if one != name]
        yield Finding(
            "changed event",
            f"{name} changed {attribute!r} of {times(len(deliveries), 'event')} {event!r} that {' and '.join(others)} "
            f"received as well",
            _where(processors.get(name), attribute),
            name,
            len(deliveries),
            () if first is None else (repr(first),),
            "submit a new event instead, or copy the value before changing it",
        )


def _where(processor: object, attribute: str) -> str:
    """The line of `process` that names the attribute last, or the first line of it."""
    try:
        source = source_of(getattr(processor, "process", None))
    except (SourceUnavailable, TypeError):
        return ""
    lines = [number for number, line in enumerate(source.text.splitlines()) if attribute in line]
    return place(source.file, source.line + lines[-1]) if lines else source.where
