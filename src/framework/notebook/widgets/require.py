"""`offering`: refuses what cannot be drawn, stepped, watched or read, before anything else is asked of it."""

from __future__ import annotations

from framework.errors import OptionError
from framework.observe.text import short_repr


def offering(source: object, attribute: str, wanted: str) -> None:
    """Check that an object has what is needed of it.

    Args:
        source: the object.
        attribute: what it has to have; a class has it for its instances only.
        wanted: what belongs there, for the message.

    Raises:
        OptionError: it lacks the attribute.
    """
    if isinstance(source, type) or not hasattr(source, attribute):
        raise OptionError(f"{wanted}, got {short_repr(source)}")
