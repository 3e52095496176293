"""`FlowBuilder`: a flow as a builder of a pipeline, so that one graph holds both worlds."""

from __future__ import annotations

import asyncio
import functools
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import suppress
from types import FunctionType, MethodType
from typing import Any

from framework.archive import digest
from framework.core.mailboxes.interruptible import wait_for
from framework.errors import FlowEnded, FlowError, Undigestable
from framework.flow import Flow
from framework.flow.queues.envelope import Attempt
from framework.flow.running.run import FlowRun
from framework.reactive.offloading.offload import OffloadBuilder
from framework.reactive.offloading.remote import Returned
from framework.reactive.offloading.transport import Transport


class FlowBuilder(OffloadBuilder):
    """Announces what a flow makes of its inputs.

    The flow runs on an event loop of its own, in a thread. It starts with the first input and is stopped at the end of
    the pipeline; the phase stays open while items are in it. An item that fails there is a failure of this builder,
    with its input, and so is one that the flow drops, or that is rerouted where the flow has no error job; one that is
    skipped, or that the error job takes, announces nothing, and one that an async generator splits announces several
    artifacts::

        flow = Flow().add(fetch).add(parse)
        Pipeline([urls, FlowBuilder("pages", ["url"], flow), sink])
    """

    ignore = ("flow",)

    def __init__(  # noqa: PLR0913 - options of a builder
        self,
        provides: str,
        requires: Iterable[str],
        flow: Flow,
        *,
        ordered: bool = True,
        persist: bool = False,
        name: str | None = None,
        priority: int = 0,
    ) -> None:
        """Build with a flow.

        Args:
            provides: the target of what the last job returns.
            requires: the targets whose artifacts are items; of several, an item is the tuple.
            flow: runs for this builder alone.
            ordered: announce results in the order of their inputs; otherwise as they come.
            persist: keep the results; they depend on the code of the flow's processors, factories and routers.
            name: the flow's by default.
            priority: lower runs first.

        Raises:
            FlowError: `flow` is not a Flow.
            WiringError: `provides` or `requires` are of the wrong type.
        """
        if not isinstance(flow, Flow):
            raise FlowError(f"FlowBuilder takes a Flow, got {flow!r}: make one, then flow.add(processor)")
        self.flow = flow
        transport = FlowTransport(flow, ordered=ordered)
        name = name or flow.name
        super().__init__(provides, requires, transport.alone, transport, persist=persist, name=name, priority=priority)

    @property
    def depends(self) -> tuple[Any, ...]:
        """What the results depend on: the code of what the jobs call, and the state of the objects among it."""
        return tuple(_code_of(self.flow._subjects()))


class FlowTransport(Transport):
    """Sends inputs into a flow, which runs in a thread from the first one on."""

    def __init__(self, flow: Flow, *, ordered: bool) -> None:
        """Let as many inputs under way as the flow can hold."""
        self.max_pending = max(1, flow._room)
        self.ordered = ordered
        self._flow = flow
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._run: FlowRun | None = None

    def bind(self, function: object) -> Callable[[tuple[Any, ...]], Future[Any]]:  # noqa: ARG002 - the flow does the work
        """Return a callable that sends the arguments of one input into the flow."""
        return lambda arguments: asyncio.run_coroutine_threadsafe(self._answer(arguments), self._running())

    def alone(self, *arguments: Any) -> Iterable[Any]:
        """Have the flow process one input outside of any run."""
        try:
            answer = asyncio.run_coroutine_threadsafe(self._answer(arguments), self._running())
            wait_for(answer)
            returned = answer.result()
        finally:
            self.close()
        if returned.error is not None:
            raise returned.error
        return returned.artifacts

    def close(self) -> None:
        """Stop the flow and its loop; what it left behind is ended as `asyncio.run` does."""
        loop, self._loop = self._loop, None
        if loop is None or self._thread is None:
            return
        loop.call_soon_threadsafe(self._closed.set)
        self._thread.join()

    def _running(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            started: Future[asyncio.AbstractEventLoop] = Future()
            self._thread = threading.Thread(
                target=lambda: asyncio.run(self._until_closed(started)), name=f"{self._flow.name}-loop", daemon=True
            )
            self._thread.start()
            self._loop = started.result()
        return self._loop

    async def _until_closed(self, started: Future[asyncio.AbstractEventLoop]) -> None:
        self._closed = asyncio.Event()
        self._run = None
        started.set_result(asyncio.get_running_loop())
        await self._closed.wait()
        await self._flow.stop()

    async def _answer(self, arguments: tuple[Any, ...]) -> Returned:
        started = time.perf_counter()
        if self._run is None or not self._run.is_over:  # one that ended early refuses what comes later
            self._run = await self._flow._begin()  # noqa: SLF001 - this room knows both
        run = self._run
        attempt = Attempt(asyncio.get_running_loop())
        run.follow(attempt)
        await run.intake.follow(arguments[0] if len(arguments) == 1 else arguments, attempt)
        seconds = time.perf_counter() - started
        endings = list(attempt.endings())
        for ending in endings:
            # What is rerouted is None where an error job took it, what failed where that of a sub-flow did.
            if ending.outcome == "failed" or (ending.outcome == "rerouted" and ending.value is not None):
                handled = FlowError(f"it failed in a sub-flow of {self._flow.name}, whose error job took it")
                return Returned([], handled if ending.value is None else ending.value, seconds)
        dropped = next((e for e in endings if e.outcome == "dropped"), None)
        if dropped is not None:
            return Returned([], FlowEnded(f"{self._flow.name} dropped it: {dropped.value}"), seconds)
        return Returned([ending.value for ending in endings if ending.has_result], None, seconds)


def _code_of(subjects: Iterable[Any]) -> Iterator[Any]:
    for subject in subjects:
        if isinstance(subject, functools.partial):
            yield from _code_of((subject.func, *subject.args, *subject.keywords.values()))
        elif isinstance(subject, MethodType):
            yield from _code_of((subject.__func__, subject.__self__))
        elif isinstance(subject, FunctionType | type):
            yield subject
        elif isinstance(getattr(subject, "func", None), FunctionType):  # a context manager that contextlib made
            yield from _code_of((subject.func, *subject.args, *subject.kwds.values()))
        else:
            yield type(subject)
            with suppress(Undigestable):  # a lock or a session is not what results depend on
                digest(subject)
                yield subject
