"""Colours and icons of states, the same in pictures, tables and widgets. Start at `LOOKS`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from framework.observe import NodeSnapshot

NodeState = Literal["idle", "ran", "running", "waiting", "failed", "missing", "unreceived", "unemitted", "persists"]


@dataclass(frozen=True, slots=True)
class Look:
    """How a state is shown: a colour on light and on dark ground, never without its icon, and what it means."""

    light: str
    dark: str
    icon: str
    meaning: str
    dashed: bool = False


LOOKS: Mapping[NodeState, Look] = {
    "running": Look("#0969da", "#58a6ff", "▶", "running"),
    "failed": Look("#cf222e", "#f85149", "✗", "failed"),
    "waiting": Look("#9a6700", "#d29922", "…", "waiting or blocked"),
    "ran": Look("#1a7f37", "#3fb950", "✓", "ran"),
    "idle": Look("#8b949e", "#8b949e", "·", "idle"),
    "missing": Look("#cf222e", "#f85149", "✗", "missing: has no provider", dashed=True),
    "unreceived": Look("#9a6700", "#d29922", "!", "emitted without recipient", dashed=True),
    "unemitted": Look("#8b949e", "#8b949e", "→", "comes from outside: submit it", dashed=True),
    "persists": Look("#8250df", "#a371f7", "▣", "keeps its results"),
}

BARS: Sequence[NodeState] = ("ran", "failed", "running", "waiting")
"""What a bar shows of the work of a box, in this order."""

# Text and surfaces: at least 4.5 to 1 between a text and its ground, checked by a test.
INK = Look("#1f2328", "#e6edf3", "", "text")
FAINT = Look("#59636e", "#9198a1", "", "secondary text and arrows")
GROUND = Look("#ffffff", "#111111", "", "background, that of JupyterLab's themes")
SURFACE = Look("#f6f8fa", "#1c2128", "", "nodes and table heads")

FONT = "Helvetica,Arial,sans-serif"


def state_of(node: NodeSnapshot) -> NodeState:
    """What a node is doing; a failure shows until something runs again."""
    if node.running:
        return "running"
    if node.failed:
        return "failed"
    if node.waiting or node.blocked or node.locked or node.retrying:
        return "waiting"
    return "ran" if node.done else "idle"


def worst(states: Iterable[NodeState]) -> NodeState:
    """The state that several nodes drawn as one are shown in: the first of `LOOKS` that one of them has."""
    present = set(states)
    return next((state for state in LOOKS if state in present), "idle")


def picture_css() -> str:
    """The style sheet of a picture; it follows the reader's light or dark theme, where pictures are told of it."""
    light = _rules({name: look.light for name, look in _grounds()}, "light")
    dark = _rules({name: look.dark for name, look in _grounds()}, "dark")
    dashed = ",".join(_shape(f".s-{state}") for state, look in LOOKS.items() if look.dashed)
    return (
        f"{light}{dashed}{{stroke-dasharray:5 3}}.b-waiting{{opacity:.35}}@media(prefers-color-scheme:dark){{{dark}}}"
    )


def _grounds() -> list[tuple[str, Look]]:
    return [("ink", INK), ("faint", FAINT), ("ground", GROUND), ("surface", SURFACE)]


def _rules(colours: Mapping[str, str], scheme: Literal["light", "dark"]) -> str:
    rules = [
        f".graph>polygon,.ground{{fill:{colours['ground']}}}",
        f"text{{fill:{colours['ink']}}}",
        f".edge path{{stroke:{colours['faint']}}}",
        f".edge polygon{{stroke:{colours['faint']};fill:{colours['faint']}}}",
        f".edge text{{fill:{colours['faint']};paint-order:stroke;stroke:{colours['ground']};stroke-width:3px}}",
        '.node>[fill="none"]{fill:none!important}',  # the outer line of what persists
        f"{_shape('.node')}{{fill:{colours['surface']};stroke:{colours['faint']}}}",
    ]
    rules += [f"{_shape(f'.s-{state}')}{{stroke:{getattr(look, scheme)}}}" for state, look in LOOKS.items()]
    rules += [f".b-{state}{{fill:{getattr(LOOKS[state], scheme)}}}" for state in BARS]
    return "".join(rules)


def _shape(node: str) -> str:
    return f"{node}>path,{node}>polygon"  # Graphviz draws round boxes as paths and others as polygons
