"""`require`: refuses objects that cannot be drawn, stepped, watched or read."""

from __future__ import annotations

from framework.errors import OptionError
from framework.observe.text import short_repr


def require(source: object, attribute: str, expected: str) -> None:
    """Raise OptionError for an object that lacks an attribute, or a class given in place of an instance."""
    if isinstance(source, type) or not hasattr(source, attribute):
        raise OptionError(f"{expected}, got {short_repr(source)}")
