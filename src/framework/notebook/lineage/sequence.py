"""`sequence_diagram`: which processor sent what to which, in order, for one event and all that belongs to it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from framework.notebook.lineage.causes import Lineage, Step
from framework.notebook.lineage.recorders import source_of
from framework.notebook.widgets.markup import block, line, printable
from framework.notebook.widgets.shown import Shown

OUTSIDE = "outside"
NO_RECIPIENT = "no recipient"
_CELL = "padding:2px 8px;min-width:48px;text-align:center;white-space:nowrap"
_LIFELINE = "border-left:1px dashed #8b949e"


@dataclass(frozen=True, slots=True)
class Message:
    """One arrow: an event on its way from a sender to a recipient."""

    sender: str
    recipient: str
    name: str
    asked: bool


class SequenceDiagram(Shown):
    """The messages of a lineage in the order in which they were sent.

    Shown as a table with a column per participant and an arrow per row: it needs no layout engine, its letters have the
    size and colour of the notebook's, and untrusted notebooks keep it.
    """

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

    def __str__(self) -> str:
        lines = [f"{message.sender} -> {message.recipient}: {message.name}" for message in self.messages]
        return "\n".join(lines) or "not recorded: a recorder or a stepper must be attached when it is submitted"

    __repr__ = __str__

    def _static(self) -> tuple[str, str]:
        if not self.messages:
            return block(line(str(self))), str(self)
        columns = {name: number for number, name in enumerate(self.participants)}
        heads = "".join(f'<th colspan="2" style="{_CELL};font-weight:600">{_text(name)}</th>' for name in columns)
        rows = "".join(f"<tr>{''.join(_cells(message, columns))}</tr>" for message in self.messages)
        head = f"<thead><tr>{heads}</tr></thead>"
        table = f'<table style="border-collapse:collapse">{head}<tbody>{rows}</tbody></table>'
        return block(f'<div style="overflow-x:auto">{table}</div>'), str(self)


def sequence_diagram(event: Any, recorder: Any = None) -> SequenceDiagram:
    """Return the messages around an event in order: its causes, and what followed from it.

    Args:
        event: the very object that was submitted.
        recorder: a `Recorder`, a stepper, or a pipeline with a history; what knows the event, where none is given.
    """
    return SequenceDiagram(Lineage(event, source_of(event, recorder)))


def _involved(step: Step, answering: Collection[str | None]) -> Sequence[str]:
    """Return the recipients; of a control event, which many get, those that answered it, if any did."""
    recipients = step.submitted.recipients
    if not step.sent.is_control:
        return recipients
    return [recipient for recipient in recipients if recipient in answering] or recipients


def _cells(message: Message, columns: Mapping[str, int]) -> Iterator[str]:
    # A participant has two columns, and its lifeline is the border between them: arrows go from border to border.
    start, end = columns[message.sender], columns[message.recipient]
    left, right = 2 * min(start, end) + 1, 2 * max(start, end) + 1
    if start == end:
        right += 1
    text, weight = _text(message.name), ";font-weight:600" if message.asked else ""
    label = f"↩ {text}" if start == end else f"{text} ▶" if start < end else f"◀ {text}"
    side = "left" if start >= end else "right"
    style = f"{_CELL};{_LIFELINE};border-bottom:1px solid #8b949e;text-align:{side}{weight}"
    yield from map(_empty, range(left))
    yield f'<td colspan="{right - left}" style="{style}">{label}</td>'
    yield from map(_empty, range(right, 2 * len(columns)))


def _empty(column: int) -> str:
    return f'<td style="{_CELL};{_LIFELINE if column % 2 else ""}"></td>'


def _text(name: str) -> str:
    return escape(printable(name if len(name) <= _LONGEST else name[: _LONGEST - 1] + "…"))


_LONGEST = 40


def _mermaid_text(text: str) -> str:
    # Names must not end a line, open a comment or become markup.
    return "".join(char if char.isalnum() or char in " _-." else f"#{ord(char)};" for char in printable(text)) or "-"
