"""What every runtime shows: its graph, its state now, its happenings. Standard library only."""

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
from framework.observe.observers import Observable, Observers, Subscription
from framework.observe.recorder import Recorder
from framework.observe.reports import Failure, Failures, PhaseReport, RunReport
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
