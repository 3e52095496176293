"""`offload`: a builder whose function runs on an executor: threads, processes, a cluster."""

from __future__ import annotations

import functools
import inspect
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Executor, Future
from itertools import islice
from typing import Any

from framework.core import Context
from framework.core.context import DetachedContext
from framework.core.identity.input_key import input_key
from framework.core.mailboxes.hold import Hold, defer_held
from framework.errors import PipelineEnded, WiringError
from framework.reactive.builder import ReactiveBuilder
from framework.reactive.building.build_records import copies
from framework.reactive.building.building import Building, BuildInput, SelfMessage
from framework.reactive.offloading.remote import Function, Returned
from framework.reactive.offloading.transport import MAX_PENDING, Transport, arrived


def offload(  # noqa: PLR0913 - options of a builder
    provides: str,
    requires: Iterable[str],
    build: Function,
    executor: Executor,
    *,
    max_pending: int = MAX_PENDING,
    ordered: bool = True,
    persist: bool = False,
    name: str | None = None,
    priority: int = 0,
) -> OffloadBuilder:
    """Make a builder whose `build` runs on an executor; the pipeline stays where it is.

    The function gets the artifacts only, no context, and returns or yields artifacts. Outside of threads, it and its
    inputs are pickled, by value where they come from a messagebook. A failure is kept with its input; the phase stays
    open until all results are in; a stop or Ctrl-C cancels calls that have not begun.

    Example::

        with ProcessPoolExecutor(mp_context=multiprocessing.get_context("spawn")) as pool:
            Pipeline([numbers, offload("primes", ["numbers"], factorise, pool), sink])

    Args:
        provides: the target that it announces.
        requires: the targets whose artifacts the function gets.
        build: the function.
        executor: any `concurrent.futures.Executor`, or Dask's `client.get_executor()`; it is not shut down. A pool
            that would fork is replaced by one that spawns, for the length of the run.
        max_pending: how many inputs may be in call, results that wait for their turn included.
        ordered: announce results in the order of their inputs; otherwise as they come.
        persist: keep the results.
        name: the function's by default.
        priority: lower runs first.

    Raises:
        WiringError: `build` is not a function, or `executor` not an executor.
        OptionError: `max_pending` is not positive.
        Unpicklable: the function cannot be sent to another process.
    """
    if not callable(build):
        raise WiringError(f"offload takes a function of the artifacts, got {build!r}: def build(word): return [word]")
    if inspect.iscoroutinefunction(build) or inspect.isasyncgenfunction(build):
        raise WiringError(f"{build!r} is asynchronous, and executors do not await: write `def`, or use FlowBuilder")
    title: str = name or str(getattr(build, "__name__", type(build).__name__))
    # A class of its own, in the user's module: what its results depend on is the function, not this file.
    members = {"__module__": getattr(build, "__module__", __name__), "__wrapped__": build}
    cls: type[OffloadBuilder] = type(title, (OffloadBuilder,), members)
    transport = Transport(executor, max_pending=max_pending, ordered=ordered)
    return cls(provides, requires, build, transport, persist=persist, name=title, priority=priority)


class OffloadBuilder(ReactiveBuilder):
    """Made by `offload`."""

    def __init__(  # noqa: PLR0913 - internal: what offload knows
        self,
        provides: str,
        requires: Iterable[str],
        function: Function,
        transport: Transport,
        *,
        persist: bool = False,
        name: str | None = None,
        priority: int = 0,
    ) -> None:
        """Send inputs through a transport."""
        self.transport = transport
        self.submit = transport.bind(function)
        self._function = function
        super().__init__(provides, requires, persist=persist, name=name, priority=priority)

    def build(self, context: Context, *args: Any) -> Iterable[Any]:  # noqa: ARG002 - away from it
        """Call the function in this process: to rerun a failure, or to compare archived inputs."""
        return self._function(*args)

    def results(self, inputs: tuple[Any, ...], returned: Returned) -> Iterable[Any]:  # noqa: ARG002 - for subclasses
        """Return the artifacts to announce for an input."""
        return returned.artifacts

    def _begin(self) -> Building:
        return _Offloading(self)


class _Call:
    """An input in call; `artifacts` once it is completed."""

    __slots__ = ("arguments", "artifacts", "future", "inputs")

    def __init__(self, inputs: tuple[Any, ...], arguments: tuple[Any, ...]) -> None:
        self.inputs = inputs
        self.arguments = arguments
        self.future: Future[Any] | None = None
        self.artifacts: Iterator[Any] | None = None


class Completed(SelfMessage):
    """The call for these inputs has completed."""

    __slots__ = ("call",)  # no attribute of the event, which a failure shows

    def __init__(self, call: _Call) -> None:
        """Keep the input, which a failure shows."""
        self.name = "completed"
        self.inputs = call.inputs
        self.call = call


class AnnounceCompleted(SelfMessage):
    """It is the turn of these inputs to be announced."""

    __slots__ = ("artifacts",)

    def __init__(self, inputs: tuple[Any, ...], artifacts: Iterator[Any]) -> None:
        """Announce the artifacts."""
        self.name = "announce"
        self.inputs = inputs
        self.artifacts = artifacts


class _Offloading(Building):
    """Submits inputs while there is room, and announces completed ones."""

    _builder: OffloadBuilder

    def __init__(self, builder: OffloadBuilder) -> None:
        super().__init__(builder)
        self._calls: deque[_Call] = deque()

    def handle(self, context: Context, message: SelfMessage) -> None:
        """Take a completed call at once, whatever else waits."""
        if not isinstance(message, Completed):
            super().handle(context, message)
            return
        try:
            if message.call in self._calls:
                self._complete(context, message.call)
            else:  # a failure of a former run is retried
                self._answer(context, message.call.inputs)
        finally:
            if self._current is None:
                self._send_next(context)

    def begin(self, context: Context, message: SelfMessage) -> None:
        """Carry out a self-message."""
        if isinstance(message, AnnounceCompleted):
            self._announce(context, message.artifacts, message.inputs)
        else:
            super().begin(context, message)

    def _take_next(self) -> SelfMessage | None:
        call = self._next_completed()
        if call is not None:
            self._calls.remove(call)
            return AnnounceCompleted(call.inputs, call.artifacts or iter(()))
        return super()._take_next() if self._has_room() else None

    def _next_completed(self) -> _Call | None:
        """Return the call whose turn it is to be announced."""
        candidates = islice(self._calls, 1 if self._builder.transport.ordered else None)
        return next((call for call in candidates if call.artifacts is not None), None)

    def _has_room(self) -> bool:
        return len(self._calls) < self._builder.transport.max_pending

    def _answer(self, context: Context, inputs: tuple[Any, ...]) -> None:
        """Submit one input, unless its result is archived; outside of a run, build it here."""
        if isinstance(context, DetachedContext):
            super()._answer(context, inputs)
            return
        if not self._has_room():
            self.pending.append(BuildInput(inputs))
            return
        call = _Call(inputs, self.pairing.arguments(inputs))
        if self._kept:
            call.artifacts = self._records.archived(context.archive, input_key(call.arguments, name="inputs"))
        self._calls.append(call)
        try:
            if call.artifacts is None:
                self._submit(context.hold(), call)
        finally:
            if call.artifacts is not None and self._current is None:
                self._send_next(context)

    def _submit(self, hold: Hold, call: _Call) -> None:
        try:
            call.future = self._builder.submit(call.arguments)
        except Exception as error:
            hold.release()
            call.artifacts = iter(self._builder.results(call.inputs, Returned([], error, 0.0)))
            raise
        call.future.add_done_callback(functools.partial(_report, hold, call))

    def _complete(self, context: Context, call: _Call) -> None:
        assert call.future is not None  # noqa: S101 - only submitted calls complete
        error: BaseException | None
        try:
            returned = arrived(call.future)
            error = returned.error
        except BaseException as raised:  # noqa: BLE001 - a cancelled future raises no Exception
            returned, error = Returned([], None, 0.0), raised
        artifacts = iter(self._builder.results(call.inputs, returned))
        if self._kept and error is None:
            archive, key = context.archive, input_key(call.arguments, name="inputs")
            inputs = copies(call.arguments)
            artifacts = self._records.record(archive, key, inputs, artifacts, returned.seconds)
        call.artifacts = artifacts
        if error is not None:
            raise error

    def end(self) -> None:
        """Cancel the calls that are still in flight, at the end of a run that was stopped."""
        for call in self._calls:
            if call.future is not None:
                call.future.cancel()
        self._calls.clear()
        self._builder.transport.close()
        super().end()


def _report(hold: Hold, call: _Call, _: Future[Any]) -> None:
    """Tell the builder, from a thread of the executor."""
    try:
        defer_held(hold, Completed(call))
    except PipelineEnded:
        pass  # the run was stopped meanwhile: the result is not needed
    finally:
        hold.release()
