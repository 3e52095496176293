"""SIGTERM ends a script's flow as Ctrl-C does: processors and resources clean up, then the process exits."""

from __future__ import annotations

import asyncio
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

EXIT = 128 + signal.SIGTERM
"""The exit status of a process that SIGTERM ended, as shells report it."""

_running: set[asyncio.Task[Any]] = set()
_ended: set[asyncio.Task[Any]] = set()


@contextmanager
def terminable() -> Iterator[None]:
    """Cancel the current task when SIGTERM comes, unless another handles it, and raise SystemExit when it has ended."""
    task = asyncio.current_task()
    loop = asyncio.get_running_loop()
    if task is None or not (_running or _can_handle()):
        yield
        return
    if not _running:
        # As `loop.add_signal_handler` does, which takes a quarter of a millisecond to check its argument.
        signal.signal(signal.SIGTERM, lambda *_: loop.call_soon_threadsafe(_end_all))
    _running.add(task)
    try:
        yield
    except asyncio.CancelledError:
        if task in _ended:
            raise SystemExit(EXIT) from None
        raise
    finally:
        _running.discard(task)
        _ended.discard(task)
        if not _running:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _end_all() -> None:
    for task in tuple(_running):
        _ended.add(task)
        task.cancel()


def _can_handle() -> bool:
    if threading.current_thread() is not threading.main_thread() or "ipykernel" in sys.modules:
        return False
    return sys.platform != "win32" and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
