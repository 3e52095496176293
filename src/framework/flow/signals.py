"""What a processor says besides a result: `LastWorkItem` is returned, the other two are raised."""

from __future__ import annotations

from typing import final


class Special:
    """Base of what a queue carries besides plain items, so that a worker tells them apart with one test."""

    __slots__ = ()


@final
class LastWorkItem(Special):
    """Ends the flow: put it in, or return it from any job.

    Work in flight finishes first; what is queued behind or upstream of it is dropped and counted. It is a signal, not
    an item: the counts leave it out.
    """

    __slots__ = ()

    def __init_subclass__(cls) -> None:
        """Refuse subclasses: workers look for the very class, which is cheaper by a twentieth of an item.

        Raises:
            TypeError: always.
        """
        raise TypeError(f"LastWorkItem has no subclasses: put or return LastWorkItem() itself, not {cls.__name__}()")

    def __repr__(self) -> str:
        """The call that makes it."""
        return "LastWorkItem()"


class StopProcessing(Exception):
    """Raised by a processor: this item needs nothing more. It counts as skipped."""


class RouteToErrorQueue(Exception):
    """Raised by a processor: hand this item to the error job, with a message or without. It counts as rerouted."""
