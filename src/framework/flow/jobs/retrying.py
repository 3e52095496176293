"""`Retry`: how often an item is tried again, and how long it waits in between; tenacity decides."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from framework.errors import OptionError
from framework.flow.clock import is_time
from framework.flow.signals import leaves

FIRST, LONGEST = 0.1, 30.0  # seconds; the default wait doubles from the first to the longest

Errors = type[Exception] | tuple[type[Exception], ...]


@dataclass(frozen=True, slots=True)
class Retry:
    """Try an item up to `attempts` times in all. A waiting item holds no worker.

    By default attempts follow each other after 0.1 to 0.2 s, 0.2 to 0.4 s and so on, up to half a minute: exponential,
    with jitter, so that clients that failed together do not come back together.

    Attributes:
        attempts: how many in all.
        wait: seconds between two attempts, or one of tenacity's `wait_...` objects.
        on: which errors are worth another attempt; of a group, all its errors must be among them.
        wait_from: how long that very error asks to wait, in seconds, such as a Retry-After; None leaves it to `wait`.
    """

    attempts: int = 3
    wait: float | Callable[[Any], float] | None = None
    on: Errors = Exception
    wait_from: Callable[[BaseException], float | None] | None = None

    def __post_init__(self) -> None:
        """Check the arguments.

        Raises:
            OptionError: one makes no sense.
        """
        if not isinstance(self.attempts, int) or isinstance(self.attempts, bool) or self.attempts < 1:
            raise OptionError(f"retry is the number of attempts in all, at least 1, got {self.attempts!r}")
        wait = self.wait
        if wait is not None and not callable(wait) and not is_time(wait):
            raise OptionError(f"wait= is a number of seconds or a tenacity wait, got {wait!r}: Retry(5, wait=2)")
        kinds = self.on if isinstance(self.on, tuple) else (self.on,)
        if not kinds or not all(isinstance(kind, type) and issubclass(kind, Exception) for kind in kinds):
            raise OptionError(f"on= is a class of errors or a tuple of them, got {self.on!r}: Retry(5, on=OSError)")
        if self.wait_from is not None and not callable(self.wait_from):
            raise OptionError(f"wait_from= is a function of the error that gives seconds, got {self.wait_from!r}")

    def _delay(self, attempt: int, error: BaseException) -> float | None:
        """Return the seconds to wait after that attempt failed, or None when it was the last.

        Raises:
            Exception: what a function of the user raised.
        """
        import tenacity  # 40 ms to import, paid only where an item fails

        state = tenacity.RetryCallState(_engine(self.attempts, self.wait), None, (), {})
        state.attempt_number = attempt
        state.set_exception((type(error), error, None))
        engine = state.retry_object
        if engine.stop(state) or not all(isinstance(leaf, self.on) for leaf in leaves(error)):
            return None
        asked = None if self.wait_from is None else self.wait_from(error)
        seconds: float = engine.wait(state) if asked is None else asked
        if not is_time(seconds):
            raise OptionError(f"a wait is a number of seconds >= 0, got {seconds!r} after {error!r}")
        return seconds


def as_retry(retry: Retry | int | None) -> Retry | None:
    """Take a number as the number of attempts; a single attempt is no retry; raises OptionError."""
    if retry is None:
        return None
    policy = retry if isinstance(retry, Retry) else Retry(retry)
    return policy if policy.attempts > 1 else None


@functools.lru_cache(maxsize=64)
def _engine(attempts: int, wait: float | Callable[[Any], float] | None) -> Any:
    import tenacity

    if wait is None:
        # half of it is certain and half of it is random
        sure = tenacity.wait_exponential(multiplier=FIRST, max=LONGEST / 2)
        waiting: Any = sure + tenacity.wait_random_exponential(multiplier=FIRST, max=LONGEST / 2)
    else:
        waiting = wait if callable(wait) else tenacity.wait_fixed(wait)
    return tenacity.Retrying(stop=tenacity.stop_after_attempt(attempts), wait=waiting)
