"""`lineage`: the causes of an event and what followed from it, as a recorder kept them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from framework.notebook.graphs.drawing import Drawing
from framework.notebook.lineage.recorders import recorder_of, submissions
from framework.notebook.widgets.markup import block, line, preformatted
from framework.notebook.widgets.shown import Shown
from framework.observe import Edge, EventSubmitted, Graph, Node, Recorder

MOST_EVENTS = 200
"""Events of a lineage that are shown."""


@dataclass(frozen=True, slots=True)
class Step:
    """One submission in a lineage: `depth` counts from the event that came from outside; `text` is its repr then."""

    depth: int
    submitted: EventSubmitted
    text: str
    asked: bool


class Lineage(Shown):
    """The causes of an event back to the outside, and everything that followed from it; shows as a tree.

    Iterates over `Step`s: causes first, then what followed, depth first.
    """

    def __init__(self, event: Any, recorder: Recorder, since: int | None = None) -> None:
        """Look the event up in what the recorder kept, since it was attached in that phase."""
        self.event = event
        self.since = since
        kept = submissions(recorder)
        self._texts = {id(submitted): text for _, submitted, text in kept}
        self._children: dict[int, list[EventSubmitted]] = {}
        for _, submitted, _ in kept:
            if submitted.cause is not None:
                self._children.setdefault(id(submitted.cause), []).append(submitted)
        self.causes = tuple(reversed(recorder.lineage(event)))
        self.dropped = recorder.dropped

    def __iter__(self) -> Iterator[Step]:
        """The steps, at most `MOST_EVENTS` of them."""
        for depth, submitted in enumerate(self.causes):
            yield self._step(depth, submitted)
        waiting = [(len(self.causes), child) for child in reversed(self._children.get(id(self.event), []))]
        shown = len(self.causes)
        while waiting and shown < MOST_EVENTS:
            depth, submitted = waiting.pop()
            shown += 1
            yield self._step(depth, submitted)
            waiting += [(depth + 1, child) for child in reversed(self._children.get(id(submitted.event), []))]

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
        keys = {id(step.submitted.event): f"{number}" for number, step in enumerate(steps)}
        nodes = tuple(Node(keys[id(step.submitted.event)], "event", step.text) for step in steps)
        edges = tuple(
            Edge(
                keys[id(cause)],
                keys[id(step.submitted.event)],
                "emits",
                observed=True,
                label=step.submitted.sender or "",
            )
            for step in steps
            if id(cause := step.submitted.cause) in keys
        )
        return Drawing(Graph("lineage", nodes, edges))

    def _why_not(self) -> str:
        if self.dropped:
            return f"not recorded any more: {self.dropped:,} older records were dropped"
        if self.since is not None:
            return f"not recorded before phase {self.since}"
        return "not recorded: a recorder or a stepper must be attached when it is submitted"

    def _step(self, depth: int, submitted: EventSubmitted) -> Step:
        text = self._texts.get(id(submitted), "not kept")
        return Step(depth, submitted, text, submitted.event is self.event)

    def _static(self) -> tuple[str, str]:
        return block(line("Lineage", strong=True), preformatted(str(self))), str(self)


def lineage(event: Any, recorder: Any = None) -> Lineage:
    """Return the causes of an event back to the outside, and everything that followed from it.

    Args:
        event: the very object that was submitted.
        recorder: a `Recorder`, or a stepper; one that knows the event, where none is given.
    """
    return Lineage(event, recorder_of(event, recorder), getattr(recorder, "recorded_from", None))
