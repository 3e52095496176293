"""Signals of a processor beside its result: `LastWorkItem` is returned, the other two are raised."""

from __future__ import annotations

from typing import Any, final


class Special:
    """Base of what a queue carries besides plain items, so that a worker tells them apart with one test."""

    __slots__ = ()


class _Nothing:
    __slots__ = ()

    def __repr__(self) -> str:
        return "NOTHING"


NOTHING: Any = _Nothing()
"""Stands where there is no value; None is a value."""


@final
class LastWorkItem(Special):
    """Ends the flow: put it in, or return it from any job.

    Work in flight finishes first; what is queued behind or upstream of it is dropped and counted. It is a signal, not
    an item: the counts leave it out. With a `value` it takes the place of an item: when everything else has reached its
    end, the value goes through the jobs that are left (all of them, if it was put in) and comes out last.
    """

    __slots__ = ("value",)

    def __init__(self, value: Any = NOTHING) -> None:
        self.value = value

    def __init_subclass__(cls) -> None:
        """Refuse subclasses: workers look for the very class, once an item.

        Raises:
            TypeError: always.
        """
        raise TypeError(f"LastWorkItem has no subclasses: put or return LastWorkItem() itself, not {cls.__name__}()")

    def __repr__(self) -> str:
        return "LastWorkItem()" if self.value is NOTHING else f"LastWorkItem(value={self.value!r})"


class StopProcessing(Exception):
    """Raised by a processor: this item needs nothing more. It counts as skipped."""


class RouteToErrorQueue(Exception):
    """Raised by a processor: hand this item to the error job, with a message or without. It counts as rerouted."""


class Several(list[Any]):
    """Results of one item: each is handed on as an item of its own."""


SIGNALS = (StopProcessing, RouteToErrorQueue)


def leaves(error: BaseException) -> list[BaseException]:
    """Return the errors in a group, however deep; any other error by itself."""
    if isinstance(error, BaseExceptionGroup):
        return [leaf for part in error.exceptions for leaf in leaves(part)]
    return [error]


def signal_in(error: BaseException) -> BaseException:
    """Return the signal that a group consists of, as a TaskGroup raises it; any other error as it is.

    Of both signals RouteToErrorQueue counts. A group that holds another error beside them is a failure.
    """
    if not isinstance(error, BaseExceptionGroup):
        return error
    found = leaves(error)
    if not all(isinstance(leaf, SIGNALS) for leaf in found):
        return error
    return next((leaf for leaf in found if isinstance(leaf, RouteToErrorQueue)), found[0])
