"""Builders: targets that are made from other targets, on the event runtime."""

from framework.core.reactive_event import ReactiveEvent
from framework.reactive.balancing.balanced_worker import (
    LoadBalancerRouter,
    LoadBalancerWorkerEmitter,
    LoadBalancerWorkerWrapper,
)
from framework.reactive.balancing.load_balancing import make_load_balancer, parallelize
from framework.reactive.balancing.sequencing import LoadBalancerCollector, LoadBalancerSequencer
from framework.reactive.builder import ReactiveBuilder
from framework.reactive.building.origin import made_from, origins_of
from framework.reactive.function import reactive
from framework.reactive.offloading.offload import offload
from framework.reactive.plan import plan
from framework.reactive.policies import (
    MaxPendingRendezvousKeys,
    RendezvousOrphanPolicy,
    SequenceGapPolicy,
    SkipAheadOnBacklog,
    WaitForRendezvousOrphans,
    WaitForSequenceGaps,
)
from framework.reactive.provenance import Provenance, provenance
from framework.reactive.streams.collecting import Collector, Grouper, StreamGrouper
from framework.reactive.streams.rendezvous import RendezvousPublisher, RendezvousReceiver, make_rendezvous
from framework.reactive.streams.sampling import ReservoirSampler, StreamSampler
from framework.reactive.sweep import sweep

__all__ = [
    "Collector",
    "Grouper",
    "LoadBalancerCollector",
    "LoadBalancerRouter",
    "LoadBalancerSequencer",
    "LoadBalancerWorkerEmitter",
    "LoadBalancerWorkerWrapper",
    "MaxPendingRendezvousKeys",
    "Provenance",
    "ReactiveBuilder",
    "ReactiveEvent",
    "RendezvousOrphanPolicy",
    "RendezvousPublisher",
    "RendezvousReceiver",
    "ReservoirSampler",
    "SequenceGapPolicy",
    "SkipAheadOnBacklog",
    "StreamGrouper",
    "StreamSampler",
    "WaitForRendezvousOrphans",
    "WaitForSequenceGaps",
    "made_from",
    "make_load_balancer",
    "make_rendezvous",
    "offload",
    "origins_of",
    "parallelize",
    "plan",
    "provenance",
    "reactive",
    "sweep",
]
__dir__ = __all__.copy  # autocompletion shows public names only
