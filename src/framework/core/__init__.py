"""The event runtime: processors with mailboxes, run phase by phase."""

from framework.core.caching import CachedDelivery, caching
from framework.core.context import Context
from framework.core.event import Event
from framework.core.inbox import Inbox
from framework.core.interests import infer_interests
from framework.core.pipeline import Pipeline
from framework.core.processor import AbstractProcessor
from framework.core.retrying import retry
from framework.core.run import Run
from framework.core.timing import timeit

__all__ = [
    "AbstractProcessor",
    "CachedDelivery",
    "Context",
    "Event",
    "Inbox",
    "Pipeline",
    "Run",
    "caching",
    "infer_interests",
    "retry",
    "timeit",
]
