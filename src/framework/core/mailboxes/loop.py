"""`LoopThread`: the event loop of a pipeline, in a thread of its own, for coroutines."""

from __future__ import annotations

import functools
import threading
import time
import traceback
from _thread import get_ident
from collections.abc import Callable, Coroutine, Iterable, Iterator
from concurrent.futures import Future, wait
from contextlib import contextmanager
from contextvars import Context, copy_context
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakSet

from framework.core.mailboxes.interruptible import wait_for

if TYPE_CHECKING:
    import asyncio

Result = TypeVar("Result")

CLEAN_UP = 1.0
"""Seconds that a cancelled coroutine has for its own clean-up, before the run goes on or ends without it."""


class LoopThread:
    """Runs coroutines on one loop, so that they may share what belongs to a loop; it starts with the first of them."""

    def __init__(self, name: str, idents: set[int] | None = None, *, sequential: bool = False) -> None:
        """Start nothing yet.

        `idents` holds the thread's ident while it runs. With `sequential`, `run` returns when the coroutine has ended,
        so that a simulation stays deterministic.
        """
        self._sequential = sequential
        self._name = name
        self._idents = set() if idents is None else idents
        self._loop: asyncio.AbstractEventLoop | None = None
        self._lock = threading.Lock()  # contended only by the first coroutines
        self._thread: threading.Thread | None = None
        self._running: dict[asyncio.Task[Any], tuple[str, float, Future[Any]]] = {}
        self._told_slow: WeakSet[asyncio.Task[Any]] = WeakSet()

    def run(
        self, main: Callable[[], Coroutine[Any, Any, Result]], context: Context | None = None, owner: str = ""
    ) -> Future[Result]:
        """Run a coroutine of a processor, in a copy of the caller's context variables by default."""
        future: Future[Result] = Future()
        if self._sequential:
            with self._cancelling(future):
                self._begin(future, main, context, owner)
                wait_for(future)
        else:
            self._begin(future, main, context, owner)
        return future

    def _begin(
        self,
        future: Future[Result],
        main: Callable[[], Coroutine[Any, Any, Result]],
        context: Context | None,
        owner: str,
    ) -> None:
        import asyncio  # 30 ms, paid by the first coroutine

        context = copy_context() if context is None else context

        def begin() -> None:
            task = asyncio.get_running_loop().create_task(main(), context=context)
            self._running[task] = owner, time.monotonic(), future
            loop = asyncio.get_running_loop()
            future.add_done_callback(
                lambda ended: loop.call_soon_threadsafe(task.cancel) if ended.cancelled() else None
            )
            task.add_done_callback(lambda _: self._running.pop(task, None))
            task.add_done_callback(lambda _: _hand_over(task, future))

        self._started().call_soon_threadsafe(begin)

    def wait(self, main: Callable[[], Coroutine[Any, Any, Result]]) -> Result:
        """Run a coroutine and wait for what it returns or raises; an interrupt of the wait cancels it."""
        future: Future[Result] = Future()
        with self._cancelling(future):  # before it begins: an interrupt may come in between
            self._begin(future, main, None, "")
            wait_for(future)
            return future.result()

    @contextmanager
    def _cancelling(self, future: Future[Any]) -> Iterator[None]:
        try:
            yield
        except BaseException:
            if future.cancel():
                self.wait_for_cancelled()
            raise

    def wait_for_cancelled(self) -> None:
        """Wait until the coroutines whose futures were cancelled have cleaned up, for at most `CLEAN_UP` seconds."""
        with self._lock:
            loop, thread = self._loop, self._thread
        if loop is None or thread is threading.current_thread():
            return
        import asyncio

        async def ended() -> None:
            cancelled = [task for task, (_, _, future) in self._running.items() if future.cancelled()]
            if cancelled:
                await asyncio.wait(cancelled, timeout=CLEAN_UP)

        wait([asyncio.run_coroutine_threadsafe(ended(), loop)], CLEAN_UP)

    def close(self, *, at_once: bool = False) -> None:
        """Cancel what still runs and end the thread when that has ended, which is waited for unless `at_once`."""
        with self._lock:
            loop, self._loop = self._loop, None
            thread, self._thread = self._thread, None
        if loop is None or thread is None:
            return
        loop.call_soon_threadsafe(loop.stop)
        if not at_once and thread is not threading.current_thread():
            thread.join(CLEAN_UP)

    def slow(self, after: float) -> Iterator[tuple[str, str]]:
        """Yield the processors whose coroutines run for more than so many seconds, with their stacks, each once."""
        from framework.observe.user_code import awaited  # for a run that is told to look

        now = time.monotonic()
        for task, (owner, since, _) in self._running.copy().items():  # the loop changes it
            if now - since >= after and task not in self._told_slow:
                self._told_slow.add(task)
                yield owner, "".join(traceback.StackSummary.extract(awaited(task.get_coro())).format())

    def _started(self) -> asyncio.AbstractEventLoop:
        import asyncio

        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                main = functools.partial(self._main, self._loop)
                self._thread = threading.Thread(target=main, name=f"{self._name}-loop", daemon=True)
                self._thread.start()
            return self._loop

    def _main(self, loop: asyncio.AbstractEventLoop) -> None:
        import asyncio

        asyncio.set_event_loop(loop)
        self._idents.add(threading.get_ident())
        try:
            loop.run_forever()
            loop.run_until_complete(_end(asyncio.all_tasks(loop)))
            loop.run_until_complete(loop.shutdown_asyncgens())
        finally:
            self._idents.discard(threading.get_ident())
            loop.close()


async def _end(left: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel tasks and wait for them; one that is being cancelled has its time to clean up before it is told again."""
    import asyncio

    for task in left:
        if not task.cancelling():
            task.cancel()
    while left:
        _, left = await asyncio.wait(left, timeout=CLEAN_UP)
        for task in left:
            task.cancel()


def _hand_over(task: asyncio.Task[Any], future: Future[Any]) -> None:
    if future.cancelled() or not future.set_running_or_notify_cancel():
        return
    if task.cancelled():
        from concurrent.futures import CancelledError

        future.set_exception(CancelledError())
    elif (error := task.exception()) is not None:
        future.set_exception(error)
    else:
        future.set_result(task.result())


def waiting_for(
    process: Callable[[Any, Any], Coroutine[Any, Any, object]], loop: LoopThread
) -> Callable[[Any, Any], object]:
    """Return a function that awaits `process` on the loop, and waits for it: for single deliveries and reruns."""

    def wait(context: Any, event: Any) -> object:
        async def main() -> object:
            context._owner = get_ident()
            return await process(context, event)

        try:
            return loop.wait(main)
        finally:
            context._owner = get_ident()

    return wait
