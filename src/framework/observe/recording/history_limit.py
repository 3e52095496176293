"""Whether a history is kept, and how large it may become."""

from __future__ import annotations

import sys

from framework.errors import OptionError

MAX_BYTES = 64 * 1024 * 1024


def bytes_of(history: bool | float | None) -> float:  # noqa: FBT001 - an option of a user
    """Return how many bytes the option `history=` asks for; 0 for none.

    None keeps a history where `framework.notebook` is loaded.
    """
    if history is None:
        return MAX_BYTES if "framework.notebook" in sys.modules else 0
    return MAX_BYTES * history if isinstance(history, bool) else checked_bytes(history)


def checked_bytes(max_bytes: float) -> float:
    """Return the bound, if it is a positive number; else raise OptionError."""
    if not isinstance(max_bytes, int | float) or isinstance(max_bytes, bool) or not max_bytes > 0:
        raise OptionError(f"max_bytes must be positive, got {max_bytes!r}: history=64 * 1024 * 1024")
    return max_bytes
