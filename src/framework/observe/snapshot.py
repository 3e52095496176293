"""The state of a runtime at one moment, as plain data. Start at `Snapshot`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

RunState = Literal["not started", "running", "paused", "finished"]


@dataclass(frozen=True, slots=True)
class NodeSnapshot:
    """One processor or one job.

    A processor is a node with one worker whose queue is its inbox. Of `workers`, `running` are at work, `locked` wait
    for the lock of their job, `blocked` for room downstream or for a rate, `opening` make their processors, and the
    rest wait for something to do. `capacity` is the bound of the queue, None where there is none. `busy_seconds` adds
    up over the workers. `retrying` counts items that wait for their next attempt, in no queue and with no worker.
    """

    name: str
    waiting: int
    running: int
    workers: int
    min_workers: int
    max_workers: int
    done: int
    failed: int
    busy_seconds: float
    blocked: int = 0
    capacity: int | None = None
    locked: int = 0
    opening: int = 0
    retrying: int = 0

    @property
    def idle(self) -> int:
        """Return the number of workers that wait for something to do."""
        return max(0, self.workers - self.running - self.blocked - self.locked - self.opening)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One pipeline or flow at one moment; `at` is `time.monotonic()` in seconds, `phase` is 0 before the first."""

    name: str
    state: RunState
    at: float
    nodes: Mapping[str, NodeSnapshot]
    phase: int = 0

    @property
    def waiting(self) -> int:
        """Return the number of deliveries or items that wait in all queues."""
        return sum(node.waiting for node in self.nodes.values())

    @property
    def done(self) -> int:
        """Return the number of deliveries or items finished since the start, failed ones included."""
        return sum(node.done for node in self.nodes.values())

    @property
    def failed(self) -> int:
        """Return the number of deliveries or items that failed since the start."""
        return sum(node.failed for node in self.nodes.values())
