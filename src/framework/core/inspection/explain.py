"""`explain`: why a processor does or does not receive an event."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from framework.core.event import Event
from framework.core.inspection.dependencies import BUILT, is_builder
from framework.core.inspection.explanation import Explanation, ExplanationRow
from framework.core.inspection.findings.places import body_of
from framework.core.mailboxes.handler import Handler
from framework.core.mailboxes.inbox import Inbox
from framework.core.mailboxes.routing import RoutingTable
from framework.core.matching.cases import cases_of
from framework.core.matching.interests import ANYTHING, Interests, pairs_of
from framework.core.matching.mismatch import ANOTHER_DEFINITION, nearest
from framework.core.matching.patterns import Receives, Verdict, check_case
from framework.core.reactive_event import ReactiveEvent
from framework.errors import SourceUnavailable
from framework.observe.text import nearest_name
from framework.source import source_of


def explain(
    event: Event, interests: Mapping[Inbox, Interests], routes: RoutingTable, *, guards: bool = False
) -> Explanation:
    """Explain an event for every processor; nothing is delivered or counted; guards are executed only on request."""
    delivered = set(routes.preview(event))
    return Explanation(
        event,
        (
            _row(event, inbox, wanted, delivered=inbox in delivered, guards=guards)
            for inbox, wanted in interests.items()
        ),
    )


def explain_delivery(event: Event, inbox: Inbox) -> ExplanationRow:
    """Explain why a processor takes a delivered event, or lets it fall through every case."""
    return _row(event, inbox, Interests((), generic=False), delivered=True, guards=False)


def _row(event: Event, inbox: Inbox, wanted: Interests, *, delivered: bool, guards: bool) -> ExplanationRow:
    processor = inbox.processor
    if is_builder(processor) and (isinstance(event, ReactiveEvent) or not delivered):
        return _row_of_builder(event, inbox, delivered=delivered)
    try:
        verdicts, place = _verdicts(event, processor, guards=guards), source_of(processor.process).where
    except SourceUnavailable:
        verdicts, place = [], ""
    if not delivered:
        reason, where, near = _why_not_routed(event, verdicts, wanted)
        return ExplanationRow(inbox.name, "no", reason, where or place, near)
    if not verdicts:
        reason = f"declared: {wanted}" if wanted.declared else "receives everything (generic)"
        return ExplanationRow(inbox.name, "yes", reason, place)
    return ExplanationRow(inbox.name, *_why_taken(verdicts), near=True)


def _verdicts(event: Event, processor: Handler, *, guards: bool) -> list[Verdict]:
    """Check every case; guards are evaluated up to the first case that takes the event."""
    verdicts = []
    for case in cases_of(processor.process, type(processor)):
        verdicts.append(check_case(case, event, processor, guards=guards))
        guards = guards and not verdicts[-1].ends
    return verdicts


def _why_taken(verdicts: Sequence[Verdict]) -> tuple[Receives, str, str]:
    """Name the case that takes a delivered event; each of several matches on the event may take it."""
    ending = next((verdict for verdict in verdicts if verdict.ends), None)
    possible = next((verdict for verdict in verdicts if verdict.receives == "depends"), None)
    if ending is None:
        if possible is not None:
            return "depends", possible.reason, possible.case.where
        reason, where, _ = _nearest(verdicts)
        return "no", f"falls through: {reason}", where
    if possible is not None and verdicts.index(possible) < verdicts.index(ending):
        before = possible.reason.removeprefix("depends on ")
        return ending.receives, f"{ending.reason}, unless {before} lets it in before", ending.case.where
    return ending.receives, ending.reason, ending.case.where


def _why_not_routed(event: Event, verdicts: Sequence[Verdict], wanted: Interests) -> tuple[str, str, bool]:
    fitting = next((verdict for verdict in verdicts if verdict.receives != "no"), None)
    if fitting is None:
        return _nearest(verdicts, event) if verdicts else (_unwanted(wanted), "", False)
    if not wanted.declared and ANYTHING in pairs_of(fitting.case):
        reason = f"not routed: strict inference leaves out the case at {fitting.case.where}"
        return reason, fitting.case.where, True
    return _unwanted(wanted), fitting.case.where, True


def _unwanted(wanted: Interests) -> str:
    return f"not routed: wants {wanted}" if wanted else "not routed: no case names an event class (strict inference)"


def _nearest(verdicts: Sequence[Verdict], event: Event | None = None) -> tuple[str, str, bool]:
    """Return why the event does not fit the case that it is nearest to, its place, and whether that is a near miss."""
    mismatches = {verdict.mismatch: verdict.case for verdict in reversed(verdicts) if verdict.mismatch is not None}
    near = nearest(reversed(mismatches))
    case = next(case for found, case in reversed(mismatches.items()) if (found.fits, found.fact) == near[:2])
    if near.label in {"name", getattr(event, "routing_attribute", None)}:
        is_near = near.meant is not None
    elif not near.label:  # an event of another class, which is near if its name is the one that is wanted
        is_near = any(name is not None and name == getattr(event, "name", None) for _, name in pairs_of(case))
    else:
        is_near = near.label == ANOTHER_DEFINITION or near.fits > 1
    return near.words, case.where, is_near


def _row_of_builder(event: Event, inbox: Inbox, *, delivered: bool) -> ExplanationRow:
    """Explain an event for a builder in its own terms: the targets that it provides and requires."""
    builder = inbox.processor
    provides: str = builder.provides  # type: ignore[attr-defined]
    required = [target.removeprefix("*") for target in getattr(builder, "requires", ())]
    if not isinstance(event, ReactiveEvent):
        wants = f"requires {_either(required)}" if required else "requires nothing"
        return ExplanationRow(inbox.name, "no", f"receives targets only: {wants}", _place(builder))
    asked = event.name != BUILT
    if delivered:
        reason = f"{'provides' if asked else 'requires'} {event.target!r}"
        if event.again:
            return ExplanationRow(inbox.name, "no", f"{reason}, and has received it before", _place(builder))
        return ExplanationRow(inbox.name, "yes", reason, _place(builder))
    targets = [provides] if asked else required
    if not targets:
        return ExplanationRow(inbox.name, "no", f"target={event.target!r}: it requires nothing", _place(builder))
    near = nearest_name(event.target, targets)
    hint = f": did you mean {near!r}?" if near else ""
    verb = "provides" if asked else "requires"
    negation = "is not" if len(targets) == 1 else "is none of"
    reason = f"target={event.target!r} {negation} {_either(targets)}, which it {verb}{hint}"
    return ExplanationRow(inbox.name, "no", reason, _place(builder), near is not None)


def _either(targets: Sequence[str]) -> str:
    return ", ".join(map(repr, targets))


def _place(builder: Handler) -> str:
    source = body_of(builder)
    return "" if source is None else source.where
