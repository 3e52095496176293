"""The job that gets what failed or was rerouted in the others."""

from __future__ import annotations

from typing import Any

from framework.flow.jobs.job import Job
from framework.flow.running.error_worker import ErrorWorker
from framework.flow.running.worker import Worker


class ErrorJob(Job):
    """Its queue holds cases; its workers settle them."""

    def hire(self) -> Worker:
        """A worker that settles cases."""
        return ErrorWorker(self)

    def count_drop(self, entry: Any) -> None:
        """What was rerouted here is dropped for good; what failed has failed already."""
        self.tally.dropped += 1
        if entry.outcome == "rerouted":
            entry.job.tally.dropped += 1
