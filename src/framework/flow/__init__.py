"""The asyncio runtime: chains of jobs that scale themselves. Start at `Flow`."""

from framework.errors import FlowEnded, FlowError, LifecycleError, OptionError
from framework.flow.capacity import Capacity, FixedCapacity, UtilizationCapacity
from framework.flow.clock import Clock, Timer
from framework.flow.flow import Flow
from framework.flow.jobs.batching import Batch
from framework.flow.jobs.decorators import job_capacity, job_name, workers
from framework.flow.jobs.retrying import Retry
from framework.flow.jobs.router import router
from framework.flow.report import Counts, FlowReport, JobReport
from framework.flow.scaling import Decision, ScalingStrategy, Strategy
from framework.flow.signals import LastWorkItem, RouteToErrorQueue, StopProcessing
from framework.flow.workers.failures import current_failure

__all__ = [
    "Batch",
    "Capacity",
    "Clock",
    "Counts",
    "Decision",
    "FixedCapacity",
    "Flow",
    "FlowEnded",
    "FlowError",
    "FlowReport",
    "JobReport",
    "LastWorkItem",
    "LifecycleError",
    "OptionError",
    "Retry",
    "RouteToErrorQueue",
    "ScalingStrategy",
    "StopProcessing",
    "Strategy",
    "Timer",
    "UtilizationCapacity",
    "current_failure",
    "job_capacity",
    "job_name",
    "router",
    "workers",
]
__dir__ = __all__.copy  # autocompletion shows public names only
