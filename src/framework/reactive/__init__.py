"""Builders: targets that are made from other targets, on the event runtime."""

from framework.core.reactive_event import ReactiveEvent
from framework.reactive.batching import Collector, Grouper, StreamGrouper
from framework.reactive.builder import ReactiveBuilder
from framework.reactive.function import reactive
from framework.reactive.orphans import MaxPendingRendezvousKeys, RendezvousOrphanPolicy, WaitForRendezvousOrphans
from framework.reactive.rendezvous import RendezvousPublisher, RendezvousReceiver, make_rendezvous
from framework.reactive.sampling import ReservoirSampler, StreamSampler

__all__ = [
    "Collector",
    "Grouper",
    "MaxPendingRendezvousKeys",
    "ReactiveBuilder",
    "ReactiveEvent",
    "RendezvousOrphanPolicy",
    "RendezvousPublisher",
    "RendezvousReceiver",
    "ReservoirSampler",
    "StreamGrouper",
    "StreamSampler",
    "WaitForRendezvousOrphans",
    "make_rendezvous",
    "reactive",
]
