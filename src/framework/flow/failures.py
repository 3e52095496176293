"""What an error job may ask: `current_failure()`."""

from __future__ import annotations

import logging
from contextvars import ContextVar

from framework.errors import LifecycleError
from framework.observe import Failure

logger = logging.getLogger(__name__)

CURRENT: ContextVar[Failure | None] = ContextVar("framework.flow.failure", default=None)


def current_failure() -> Failure:
    """Why the error job got the item it works on.

    `.exception` is what was raised (a `RouteToErrorQueue` with its message, where the item was rerouted), `.processor`
    the name of the job that raised it, `.event` the item.

    Raises:
        LifecycleError: called outside an error job.
    """
    failure = CURRENT.get()
    if failure is None:
        raise LifecycleError("there is no current failure: ask inside the processor of an error job, flow.error(...)")
    return failure


def log_failure(failure: Failure) -> None:
    """Log a failure that nobody handles, with its traceback."""
    logger.error("%s", failure.summary, exc_info=failure.exception)
