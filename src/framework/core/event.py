"""`Event`: the message between processors, read with `match`."""

from __future__ import annotations

from reprlib import recursive_repr
from typing import Any

from framework.errors import NotAnEvent
from framework.observe.text import short_repr


class Event:
    """Something that happened, with a name and any attributes.

    Attributes become instance attributes, so that patterns read them; the name also matches by position::

        event = Event(name="greet", who="world")
        match event:
            case Event("greet", who=who): ...

    Subclasses may define their own `__init__`; a pattern of a base class takes events of its subclasses as well.
    """

    __match_args__ = ("name",)
    name: str | None = None

    def __init__(self, /, name: str, **attrs: Any) -> None:
        """Make an event.

        Args:
            name: for patterns and routing.
            attrs: become attributes of the event.

        Raises:
            TypeError: `name` is no string.
        """
        if name.__class__ is not str and not isinstance(name, str):
            raise TypeError(f"an event's name is a string, got {type(name).__name__}: Event(name='start', ...)")
        self.name = name
        if attrs:
            self.__dict__.update(attrs)

    @recursive_repr()
    def __repr__(self) -> str:
        """The call that makes an equal event, long values shortened."""
        attrs = ", ".join(f"{key}={short_repr(value, 80)}" for key, value in self.__dict__.items())
        return f"{type(self).__name__}({attrs})"


def refusal(thing: object, call: str = "submit") -> TypeError:
    """Return the error of a call for what cannot be routed: no event, or one whose name is unhashable."""
    if not isinstance(thing, Event):
        return NotAnEvent(thing, call)
    return TypeError(f"the name of an event is a string, got {thing.name!r}: {type(thing).__name__}(name='start', ...)")


INIT = "__INIT__"
PHASE = "__PHASE__"
POISON = "__POISON__"
CONTROL = frozenset({INIT, PHASE, POISON})
"""Names of the control events, which the pipeline sends: once at the start, at each phase, once at the end."""
