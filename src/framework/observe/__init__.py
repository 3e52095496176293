"""What every runtime shows: its graph, its state now, its happenings. Standard library only."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from framework.observe.observers import Observable, Observers, Subscription
from framework.observe.reports import Failure, Failures, PhaseReport, RunReport

if TYPE_CHECKING:
    from framework.observe.graph import Edge, Graph, Node, NodeKey
    from framework.observe.happenings import (
        DeliveryFailed,
        DeliveryFinished,
        DeliveryStarted,
        EventSubmitted,
        Happening,
        ItemFinished,
        PhaseSettled,
        PhaseStarted,
        RunFinished,
        WorkersScaled,
    )
    from framework.observe.recording.recorder import Recorder
    from framework.observe.snapshot import NodeSnapshot, Snapshot

__all__ = [
    "DeliveryFailed",
    "DeliveryFinished",
    "DeliveryStarted",
    "Edge",
    "EventSubmitted",
    "Failure",
    "Failures",
    "Graph",
    "Happening",
    "ItemFinished",
    "Node",
    "NodeKey",
    "NodeSnapshot",
    "Observable",
    "Observers",
    "PhaseReport",
    "PhaseSettled",
    "PhaseStarted",
    "Recorder",
    "RunFinished",
    "RunReport",
    "Snapshot",
    "Subscription",
    "WorkersScaled",
]
__dir__ = __all__.copy  # autocompletion shows public names only

_PLACES = {
    **dict.fromkeys(("Edge", "Graph", "Node", "NodeKey"), "graph"),
    **dict.fromkeys(("NodeSnapshot", "Snapshot"), "snapshot"),
    **dict.fromkeys(
        (
            *("DeliveryFailed", "DeliveryFinished", "DeliveryStarted", "EventSubmitted", "Happening", "ItemFinished"),
            *("PhaseSettled", "PhaseStarted", "RunFinished", "WorkersScaled"),
        ),
        "happenings",
    ),
    "Recorder": "recording.recorder",
}


def __getattr__(name: str) -> Any:
    """Import what a run does not need when it is asked for: dataclasses take their time."""
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)
    return value
