"""`sequence_diagram`: which processor sent what to which, in order, for one event and all that belongs to it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from framework.notebook.graphs.digraph import empty_graph, label_of, shortened
from framework.notebook.graphs.drawing import GraphvizPicture
from framework.notebook.graphs.figure import Figure
from framework.notebook.graphs.picture import picture_svg
from framework.notebook.lineage.causes import Lineage, Step
from framework.notebook.lineage.recorders import keeper_of
from framework.notebook.widgets.markup import block, line, printable

if TYPE_CHECKING:
    import graphviz

OUTSIDE = "outside"
NO_RECIPIENT = "no recipient"
LETTER, APART, ROW, ABOVE = 7, 40, 28, 7
"""Of the drawing, in points: a letter, room between names, from one arrow to the next, from an arrow to its name."""


@dataclass(frozen=True, slots=True)
class Message:
    """One arrow: an event on its way from a sender to a recipient."""

    sender: str
    recipient: str
    name: str
    asked: bool


class SequenceDiagram(GraphvizPicture):
    """The messages of a lineage in the order in which they were sent: a line down for each participant, and arrows."""

    def __init__(self, lineage: Lineage) -> None:
        steps = sorted(lineage, key=lambda step: step.submitted.at)
        answering: dict[int | None, set[str | None]] = defaultdict(set)
        for step in steps:
            answering[step.sent.cause].add(step.submitted.sender)
        self.messages = tuple(
            Message(step.submitted.sender or OUTSIDE, recipient, step.sent.name, step.asked)
            for step in steps
            for recipient in _involved(step, answering[step.sent.key]) or (NO_RECIPIENT,)
        )
        names = [name for message in self.messages for name in (message.sender, message.recipient)]
        self.participants = tuple(dict.fromkeys(names))

    @property
    def mermaid(self) -> str:
        """The diagram as mermaid text."""
        ids = {name: f"p{number}" for number, name in enumerate(self.participants)}
        lines = ["sequenceDiagram"]
        lines += [f"    participant {ids[name]} as {_mermaid_text(name)}" for name in self.participants]
        arrows = ((ids[message.sender], ids[message.recipient], message.name) for message in self.messages)
        lines += [f"    {sender}->>{recipient}: {_mermaid_text(name)}" for sender, recipient, name in arrows]
        return "\n".join(lines)

    @property
    def graphviz(self) -> graphviz.Digraph:
        """The diagram as a `graphviz.Digraph`, whose nodes have their places."""
        drawn, across = empty_graph("sequence", fixed=True, splines="line"), self._across()

        def point(name: str, x: float, y: float) -> str:
            drawn.node(name, pos=f"{x},{y}!", style="invis", shape="point", width="0")
            return name

        for number, (name, x) in enumerate(across.items()):
            drawn.node(f"n{number}", label_of([shortened(name)]), pos=f"{x},0!")
            end = point(f"end{number}", x, -ROW * (len(self.messages) + 1))
            drawn.edge(f"n{number}", end, style="dashed", arrowhead="none")
        for number, message in enumerate(self.messages):
            left, right, y = across[message.sender], across[message.recipient], -ROW * (number + 1.5)
            label, width = label_of([f" {shortened(message.name)} "]), "3" if message.asked else "1"
            start = point(f"from{number}", left, y)
            if left == right:
                drawn.edge(start, start, label, penwidth=width)
                continue
            drawn.edge(start, point(f"to{number}", right, y), penwidth=width)
            middle = f"{(left + right) / 2},{y + ABOVE}!"
            drawn.node(f"name{number}", label, pos=middle, shape="plaintext", style="", fontsize="11")
        return drawn

    def _across(self) -> dict[str, float]:
        """Return where the line of each participant is: names of participants and of messages between them fit."""
        across, place = dict[str, float](), 0.0
        for before, name in pairwise(self.participants):
            ends = {(before, name), (name, before), (before, before)}
            messages = [_width(one.name) for one in self.messages if (one.sender, one.recipient) in ends]
            across[before] = place
            place += APART + max([(_width(before) + _width(name)) / 2, *messages])
        return across | dict.fromkeys(self.participants[-1:], place)

    @property
    def svg(self) -> str:
        """The diagram as an `<svg>` element that stands alone.

        Raises:
            LayoutUnavailable: Graphviz cannot be used here; `dot` and `mermaid` still work.
        """
        return picture_svg(self.graphviz.svg(), Figure("sequence", (), ()))

    @property
    def html(self) -> str:
        """The diagram, or why it is empty."""
        return super().html if self.messages else block(line(str(self)))

    def __str__(self) -> str:
        lines = [f"{message.sender} -> {message.recipient}: {message.name}" for message in self.messages]
        return "\n".join(lines) or "not recorded: a recorder or a stepper must be attached when it is submitted"

    __repr__ = __str__


def sequence_diagram(event: Any, recorder: Any = None) -> SequenceDiagram:
    """Return the messages around an event in order: its causes, and what followed from it.

    Args:
        event: the very object that was submitted.
        recorder: a `Recorder`, a stepper, or a pipeline with a history; what knows the event, where none is given.
    """
    return SequenceDiagram(Lineage(event, keeper_of(event, recorder)))


def _involved(step: Step, answering: Collection[str | None]) -> Sequence[str]:
    """Return the recipients; of a control event, which many get, those that answered it, if any did."""
    recipients = step.submitted.recipients
    if not step.sent.is_control:
        return recipients
    return [recipient for recipient in recipients if recipient in answering] or recipients


def _width(text: str) -> float:
    return LETTER * len(shortened(text))


def _mermaid_text(text: str) -> str:
    # Names must not end a line, open a comment or become markup.
    return "".join(char if char.isalnum() or char in " _-." else f"#{ord(char)};" for char in printable(text)) or "-"
