"""`safely`: a display that fails ends Run All, so none of ours does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from framework.observe.text import message_of, short_repr


def safely(bundle: Callable[[], Any], value: object) -> Any:
    """The display bundle of a value; where making it raises, its repr and the reason."""
    try:
        return bundle()
    except Exception as error:  # noqa: BLE001 - whatever a user's object does, the cell must go on
        return {
            "text/plain": f"{short_repr(value)}\n(no picture: {type(error).__name__}: {short_repr(message_of(error))})"
        }
