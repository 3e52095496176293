"""Exceptions that the user's own code raises and catches during a delivery; told by Python 3.12 and later.

`sys.monitoring` calls back when an exception is handled. That costs nothing where none is raised, and it is on only
while a run with a history goes on. An exception that is raised again, or turned into another, is not caught; one that
is caught inside of a library is that library's own affair.
"""

from __future__ import annotations

import sys
import threading
import weakref
from _thread import get_ident
from collections import deque
from collections.abc import Callable
from types import CodeType
from typing import Any, NamedTuple

from framework.observe.text import error_line
from framework.observe.user_code import is_own
from framework.source import place

_TOOLS = (3, 4)  # ids that Python leaves to tools without a name
_MOST = 100  # caught in one delivery
_CONTROL = (StopIteration, StopAsyncIteration, GeneratorExit)


class Caught(NamedTuple):
    """An exception that own code caught: its class and bases by name, its text, and where it was.

    `line` of `file` is where it passed the function that caught it, `raised` the place where it came from.
    """

    bases: tuple[str, ...]
    text: str
    file: str
    line: int
    raised: str


class _Monitor:
    """The process's one use of `sys.monitoring`, shared by all runs that are under way."""

    def __init__(self) -> None:
        self.threads: dict[int, list[tuple[CodeType, BaseException]]] = {}
        self._own: dict[str, bool] = {}
        self._runs = 0
        self._tool: int | None = None
        self._ended: deque[None] = deque()
        self._lock = threading.Lock()  # contended by runs that begin or end at once

    def begin(self) -> None:
        """Watch, until `end` was called as often."""
        with self._lock:
            self._runs += 1
            if self._runs == 1 and sys.version_info >= (3, 12):
                self._start()
        self._count_ended()

    def end(self) -> None:
        """Watch no more after the last run; waits for no lock, because the garbage collector calls this anywhere."""
        self._ended.append(None)
        self._count_ended()

    def _count_ended(self) -> None:
        # Where the lock is held, the one that holds it looks again afterwards.
        while self._ended and self._lock.acquire(blocking=False):
            try:
                while self._ended:
                    self._ended.pop()
                    self._runs -= 1
                if self._runs == 0 and self._tool is not None and sys.version_info >= (3, 12):
                    sys.monitoring.set_events(self._tool, 0)
                    sys.monitoring.free_tool_id(self._tool)
                    self._tool = None
            finally:
                self._lock.release()

    if sys.version_info >= (3, 12):

        def _start(self) -> None:
            monitoring, events = sys.monitoring, sys.monitoring.events
            tool = next((one for one in _TOOLS if monitoring.get_tool(one) is None), None)
            if tool is None:  # others use them all
                return
            self._tool = tool
            monitoring.use_tool_id(tool, "framework")
            monitoring.register_callback(tool, events.EXCEPTION_HANDLED, self._handled)
            monitoring.register_callback(tool, events.RAISE, self._raised)
            monitoring.register_callback(tool, events.RERAISE, self._raised)
            monitoring.set_events(tool, events.EXCEPTION_HANDLED | events.RAISE | events.RERAISE)

    def _handled(self, code: CodeType, _offset: int, error: BaseException) -> None:
        caught = self.threads.get(get_ident())
        if caught is None or isinstance(error, _CONTROL) or len(caught) >= _MOST:
            return
        file = code.co_filename
        own = self._own.get(file)
        if own is None:
            own = self._own[file] = is_own(file)
        if own:
            caught.append((code, error))

    def _raised(self, _code: CodeType, _offset: int, error: BaseException) -> None:
        caught = self.threads.get(get_ident())
        if caught:
            caught[:] = [one for one in caught if one[1] is not error and one[1] is not error.__context__]


MONITOR = _Monitor()


def watch(run: object) -> Callable[[], object]:
    """Watch until the returned function is called, or the run is garbage."""
    MONITOR.begin()
    return weakref.finalize(run, MONITOR.end)


def noted() -> list[Any]:
    """Return the list that gets what is caught on this thread from now on."""
    return MONITOR.threads.setdefault(get_ident(), [])


def forget_thread() -> None:
    """Record nothing more on this thread."""
    MONITOR.threads.pop(get_ident(), None)


def take(notes: list[tuple[CodeType, BaseException]]) -> tuple[Caught, ...]:
    """Return what was caught and empty the list, so that no frame stays alive."""
    found, notes[:] = notes[:], []
    return tuple(_facts(code, error) for code, error in found)


def _facts(code: CodeType, error: BaseException) -> Caught:
    line, raised, trace = code.co_firstlineno, "", error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code is code:
            line = trace.tb_lineno
        raised = place(trace.tb_frame.f_code.co_filename, trace.tb_lineno)
        trace = trace.tb_next
    return Caught(tuple(cls.__name__ for cls in type(error).__mro__), error_line(error), code.co_filename, line, raised)
