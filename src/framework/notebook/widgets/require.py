"""`require`: refuses objects that cannot be drawn, stepped, watched or read."""

from __future__ import annotations

from framework.errors import OptionError
from framework.observe.text import short_repr


def require(source: object, attribute: str, expected: str) -> None:
    """Raise a named error for an object that lacks an attribute.

    Args:
        source: the object.
        attribute: the attribute; a class has it for its instances only.
        expected: what should have been given, for the message.

    Raises:
        OptionError: the object lacks the attribute.
    """
    if isinstance(source, type) or not hasattr(source, attribute):
        raise OptionError(f"{expected}, got {short_repr(source)}")
