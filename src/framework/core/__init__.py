"""The event runtime: processors with mailboxes, run phase by phase."""

from framework.archive import InMemCache
from framework.core.caching import caching
from framework.core.context import Context
from framework.core.driving.run import Run
from framework.core.event import Event
from framework.core.mailboxes.inbox import Inbox
from framework.core.matching.interests import infer_interests
from framework.core.pipeline import Pipeline
from framework.core.processor import AbstractProcessor, processor
from framework.core.retrying import retry
from framework.core.timing import timeit
from framework.errors import (
    DeadlineExceeded,
    InterestError,
    MailboxesFull,
    NotAnEvent,
    PhaseLimitReached,
    PipelineEnded,
    PipelineRunning,
    RunFailed,
    RunLimit,
    UnsafeSubmit,
)
from framework.observe import Failure, PhaseReport, RunReport

__all__ = [
    "AbstractProcessor",
    "Context",
    "DeadlineExceeded",
    "Event",
    "Failure",
    "InMemCache",
    "Inbox",
    "InterestError",
    "MailboxesFull",
    "NotAnEvent",
    "PhaseLimitReached",
    "PhaseReport",
    "Pipeline",
    "PipelineEnded",
    "PipelineRunning",
    "Run",
    "RunFailed",
    "RunLimit",
    "RunReport",
    "UnsafeSubmit",
    "caching",
    "infer_interests",
    "processor",
    "retry",
    "timeit",
]
__dir__ = __all__.copy  # autocompletion shows public names only
