"""`lineage`: the causes of an event and what followed from it, as a recorder or a history kept them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from typing import Any

from framework.notebook.graphs.drawing import Drawing
from framework.notebook.lineage.recorders import HistoryKeeper, KeptSubmission, KeptSubmissions, keeper_of
from framework.notebook.widgets.markup import Markup, block, line, printable, table
from framework.notebook.widgets.shown import Shown
from framework.observe import Edge, EventSubmitted, Graph, Node
from framework.observe.recording.history import Submission

MOST_EVENTS = 200
"""Events of a lineage that are shown."""
DEEPEST = 12
"""Steps up to which a deeper one is shown further in."""


@dataclass(frozen=True, slots=True)
class Step:
    """One submission in a lineage: `depth` counts from the event that came from outside."""

    depth: int
    sent: KeptSubmission
    asked: bool

    @property
    def submitted(self) -> EventSubmitted | Submission:
        """The submission, as it was kept."""
        return self.sent.submitted

    @property
    def text(self) -> str:
        """The event as it was then."""
        return self.sent.text


class Lineage(Shown):
    """The causes of an event back to the outside, and everything that followed from it; shows as a tree.

    Iterates over `Step`s: causes first, then what followed, depth first.
    """

    def __init__(self, event: Any, source: HistoryKeeper, since: int | None = None) -> None:
        """Look the event up in what a recorder or a history kept, since it was attached in that phase."""
        self.event = event
        self.since = since
        kept = KeptSubmissions(event, source)
        self._answers: dict[int, list[KeptSubmission]] = {}
        for sent in kept.all:
            if sent.cause is not None:
                self._answers.setdefault(sent.cause, []).append(sent)
        self.causes = tuple(kept.causes)
        self.dropped = kept.dropped

    def __iter__(self) -> Iterator[Step]:
        """The steps, at most `MOST_EVENTS` of them."""
        shown = len(self.causes)
        for depth, sent in enumerate(self.causes):
            yield Step(depth, sent, depth == shown - 1)
        waiting = [(shown, sent) for sent in reversed(self._answers_to(self.causes[-1]))] if self.causes else []
        while waiting and shown < MOST_EVENTS:
            depth, sent = waiting.pop()
            shown += 1
            yield Step(depth, sent, sent.key == self.causes[-1].key)
            waiting += [(depth + 1, answer) for answer in reversed(self._answers_to(sent))]

    def _answers_to(self, sent: KeptSubmission) -> list[KeptSubmission]:
        return self._answers.get(sent.key, [])

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __str__(self) -> str:
        """The tree as indented text; `>` marks the event that was asked for."""
        if not self.causes:
            return self._why_not()
        return "\n".join(
            f"{'> ' if step.asked else '  '}{'  ' * step.depth}{step.submitted.sender or 'outside'}: {step.text}"
            f" -> {', '.join(step.submitted.recipients) or 'no recipient'}"
            for step in self
        )

    __repr__ = __str__

    def drawing(self) -> Drawing:
        """The events as a graph, from causes to effects."""
        steps = list(self)
        keys = {step.sent.key: f"{number}" for number, step in enumerate(steps)}
        nodes = tuple(Node(keys[step.sent.key], "event", step.text) for step in steps)
        edges = tuple(
            Edge(keys[cause], keys[step.sent.key], "emits", observed=True, label=step.submitted.sender or "")
            for step in steps
            if (cause := step.sent.cause) in keys
        )
        return Drawing(Graph("lineage", nodes, edges))

    def _why_not(self) -> str:
        if self.dropped:
            return f"not recorded any more: {self.dropped:,} older records were dropped"
        if self.since is not None:
            return f"not recorded before phase {self.since}"
        return "not recorded: a recorder or a stepper must be attached when it is submitted"

    def _static(self) -> tuple[str, str]:
        if not self.causes:
            return block(line(str(self))), str(self)
        rows = [_row(step) for step in self]
        return block(line("Lineage", strong=True), table(("from", "event", "attributes", "to"), rows)), str(self)


def _row(step: Step) -> tuple[str, ...]:
    sent, inset = step.sent, "\N{NO-BREAK SPACE}" * (3 * min(step.depth, DEEPEST))
    name = Markup(f"<b>{escape(printable(sent.name))}</b>") if step.asked else sent.name
    to = ", ".join(step.submitted.recipients) or "no recipient"
    return f"{inset}{step.submitted.sender or 'outside'}", name, sent.attributes, to


def lineage(event: Any, recorder: Any = None) -> Lineage:
    """Return the causes of an event back to the outside, and everything that followed from it.

    Args:
        event: the very object that was submitted.
        recorder: a `Recorder`, a stepper, or a pipeline with a history; what knows the event, where none is given.
    """
    return Lineage(event, keeper_of(event, recorder), getattr(recorder, "recorded_from", None))
