"""`sequence_diagram`: who sent what to whom, in order, for one event and all that belongs to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

from framework.notebook.graphs.dot import shortened
from framework.notebook.graphs.theme import FAINT, FONT, GROUND, INK, LINE, LOOKS, SURFACE
from framework.notebook.lineage.causes import Lineage
from framework.notebook.lineage.recorders import recorder_of
from framework.notebook.widgets.markup import block, bundle, image, line, printable
from framework.notebook.widgets.safely import safely

OUTSIDE = "outside"
NOBODY = "nobody"

_COLUMN, _ROW, _TOP, _LEFT = 150, 34, 44, 80


@dataclass(frozen=True, slots=True)
class Message:
    """One arrow: an event on its way from a sender to a recipient."""

    sender: str
    recipient: str
    name: str
    asked: bool


class SequenceDiagram:
    """The messages of a lineage in the order in which they were sent; shows as a picture."""

    def __init__(self, lineage: Lineage) -> None:
        """Take the messages from a lineage."""
        steps = sorted(lineage, key=lambda step: step.submitted.at)
        self.messages = tuple(
            Message(step.submitted.sender or OUTSIDE, recipient, str(step.submitted.event.name), step.asked)
            for step in steps
            for recipient in step.submitted.recipients or (NOBODY,)
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
    def svg(self) -> str:
        """The diagram as an `<svg>` element that stands alone; equal diagrams give equal bytes."""
        places = {name: _LEFT + number * _COLUMN for number, name in enumerate(self.participants)}
        width = 2 * _LEFT + max(0, len(places) - 1) * _COLUMN
        height = _TOP + (len(self.messages) + 1) * _ROW
        parts = [_head(name, x, height) for name, x in places.items()]
        for number, message in enumerate(self.messages):
            y = _TOP + (number + 1) * _ROW - 8
            parts.append(_arrow(message, places[message.sender], places[message.recipient], y))
        size = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
        ground = f'<rect class="ground" width="{width}" height="{height}" rx="4"/>'
        namespace = 'xmlns="http://www.w3.org/2000/svg"'
        style = f"<style>{_css('light')}@media(prefers-color-scheme:dark){{{_css('dark')}}}</style>"
        return f'<svg {namespace} {size} font-family="{FONT}" font-size="12">{style}{ground}{"".join(parts)}</svg>'

    def __str__(self) -> str:
        """A line per message."""
        lines = [f"{message.sender} -> {message.recipient}: {message.name}" for message in self.messages]
        return "\n".join(lines) or "not recorded: a recorder or a stepper must be attached when it is submitted"

    __repr__ = __str__

    def _repr_mimebundle_(self, **_: Any) -> Mapping[str, str]:
        shown: Mapping[str, str] = safely(self._bundle, self)
        return shown

    def _bundle(self) -> Mapping[str, str]:
        if not self.messages:
            return bundle(block(line(str(self))), str(self))
        return bundle(block(image(self.svg, f"{len(self.messages)} messages in order")), str(self))


def sequence_diagram(event: Any, recorder: Any = None) -> SequenceDiagram:
    """Who sent what to whom, in order: the causes of an event and what came of it.

    Args:
        event: the very object that was submitted.
        recorder: a `Recorder`, or a stepper; one that knows the event, where none is given.
    """
    return SequenceDiagram(Lineage(event, recorder_of(event, recorder)))


def _head(name: str, x: int, height: int) -> str:
    text = escape(printable(shortened(name, 18)))
    box = f'<rect class="head" x="{x - 68}" y="8" width="136" height="26" rx="4"/>'
    life = f'<line class="life" x1="{x}" y1="34" x2="{x}" y2="{height - 8}"/>'
    return f'{life}{box}<text x="{x}" y="25" text-anchor="middle">{text}</text>'


def _arrow(message: Message, start: int, end: int, y: int) -> str:
    kind = "asked" if message.asked else "sent"
    text = escape(printable(shortened(message.name, 22)))
    if start == end:
        path = f"M{start},{y - 10}h26v10h-20"
        label = f'<text class="name" x="{start + 32}" y="{y - 2}">{text}</text>'
        tip = f"M{start + 2},{y}l8,-4v8z"
    else:
        step = 1 if end > start else -1
        path = f"M{start},{y}H{end - 8 * step}"
        label = f'<text class="name" x="{(start + end) // 2}" y="{y - 5}" text-anchor="middle">{text}</text>'
        tip = f"M{end},{y}l{-8 * step},-4v8z"
    return f'<path class="line {kind}" d="{path}"/><path class="tip {kind}" d="{tip}"/>{label}'


def _css(scheme: str) -> str:
    look = {name: getattr(colour, scheme) for name, colour in _COLOURS.items()}
    return (
        f".ground{{fill:{look['ground']}}}text{{fill:{look['ink']}}}.name{{font-size:11px}}"
        f".head{{fill:{look['surface']};stroke:{look['faint']}}}.life{{stroke:{look['line']};stroke-dasharray:4 3}}"
        f".line{{fill:none;stroke:{look['faint']}}}.tip{{fill:{look['faint']}}}"
        f".line.asked{{stroke:{look['asked']};stroke-width:2}}.tip.asked{{fill:{look['asked']}}}"
    )


_COLOURS = {"ground": GROUND, "ink": INK, "surface": SURFACE, "faint": FAINT, "line": LINE, "asked": LOOKS["running"]}


def _mermaid_text(text: str) -> str:
    # Names must not end a line, open a comment or become markup.
    return "".join(char if char.isalnum() or char in " _-." else f"#{ord(char)};" for char in printable(text)) or "-"
