"""Builders: targets that are made from other targets, on the event runtime."""

from framework.core.reactive_event import ReactiveEvent
from framework.reactive.batching import Collector, Grouper, StreamGrouper
from framework.reactive.builder import ReactiveBuilder
from framework.reactive.function import reactive
from framework.reactive.sampling import ReservoirSampler, StreamSampler

__all__ = [
    "Collector",
    "Grouper",
    "ReactiveBuilder",
    "ReactiveEvent",
    "ReservoirSampler",
    "StreamGrouper",
    "StreamSampler",
    "reactive",
]
