"""`timeit`: logs how long a block took."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

from framework.errors import OptionError

_logger = logging.getLogger(__name__)


@contextmanager
def timeit(label: str, logger: logging.Logger | None = None, level: int = logging.INFO) -> Iterator[None]:
    """Log the seconds that the block took, also when it raises.

    Args:
        label: what the line begins with.
        logger: where it goes; `framework.core.timing` by default.
        level: of the line.

    Raises:
        OptionError: `logger` is no logger.
    """
    if logger is not None and not callable(getattr(logger, "log", None)):
        raise OptionError(f"logger is a logging.Logger, got {logger!r}: logging.getLogger(__name__)")
    started = time.perf_counter()
    try:
        yield
    finally:
        (logger or _logger).log(level, "%s: %.6f s", label, time.perf_counter() - started)
