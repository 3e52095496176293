"""What did not end, or never came: partners of joins, releases of holds, quiet phases, deliveries."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator

from framework.core.event import PHASE
from framework.core.inspection.findings.evidence import Evidence
from framework.core.inspection.findings.places import body_of, case_of_name, handled_at
from framework.core.mailboxes.handler import Handler, Unfinished
from framework.errors import WiringError
from framework.observe.findings import Finding, times
from framework.source import place

LONG_LOOP = 6
MANY_OTHERS = 100  # deliveries to others in the meantime


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


def leaked(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding for each processor that leaked holds."""
    for name, count in evidence.leaked.items():
        yield Finding(
            "leaked hold",
            f"{name} took {times(count, 'hold')} without a release: a phase stayed open until garbage was collected",
            _taken_at(evidence.processors.get(name)),
            name,
            count,
            remedy="write `with hold:` around what submits, or call hold.release() in a finally",
        )


def _taken_at(processor: Handler | None) -> str:
    source = body_of(processor)
    for node in ast.walk(source.node) if source else ():
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "hold":
            return place(source.file, node.lineno) if source else ""
    return "" if source is None else source.where


def loops(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding if the last phases repeat and each was answered by new work."""
    phases, loop = evidence.phases, evidence.loop
    if loop is None or len(phases) < LONG_LOOP or phases[-1].settled:
        return
    processor = evidence.processors[loop.names[0]]
    answer = "answers" if len(loop.names) == 1 else "answer"
    yield Finding(
        "endless phases",
        f"{' and '.join(loop.names)} {answer} each __PHASE__ with new work; {loop}",
        case_of_name(processor, PHASE) or handled_at(processor),
        loop.names[0],
        len(phases),
        remedy="submit in answer to __PHASE__ only while something has changed",
    )


def starved(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding for each processor that still had events, and got no delivery while others got many."""
    priorities = {inbox.name: inbox.priority for inbox in evidence.interests}
    if len(set(priorities.values())) < 2 or evidence.history is None:  # noqa: PLR2004 - then none comes before another
        return
    last = {one.processor: one.at for one in evidence.deliveries}
    for name, waiting in evidence.undelivered.items():
        if not waiting:
            continue
        first = min((one.at for one in evidence.submissions if name in one.recipients), default=0.0)
        since = max(last.get(name, 0.0), first)
        before = Counter(
            one.processor
            for one in evidence.deliveries
            if one.at > since and priorities.get(one.processor, 0) < priorities[name]
        )
        if before.total() < MANY_OTHERS:
            continue
        [(other, deliveries)] = before.most_common(1)
        if evidence.history.dropped and not evidence.totals[name].delivered:
            deliveries = evidence.totals[other].delivered  # it waited from the first on
        place = handled_at(evidence.processors.get(name))
        other_place = handled_at(evidence.processors.get(other))
        yield Finding(
            "starved processor",
            f"{times(waiting, 'event')} of {name} (priority {priorities[name]}) waited while {other} (priority "
            f"{priorities[other]}, {other_place}) was delivered {times(deliveries, 'event')}",
            place,
            name,
            waiting,
            remedy=f"give both one priority, or have {other} submit only when something has changed",
        )
