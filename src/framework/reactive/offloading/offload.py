"""`offload`: a builder whose function runs on an executor: threads, processes, a cluster."""

from __future__ import annotations

import functools
import inspect
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Executor, Future
from itertools import islice
from typing import Any

from framework.archive import digest
from framework.core import Context
from framework.core.context import DetachedContext
from framework.core.mailboxes.hold import Hold, defer_held
from framework.errors import PipelineEnded, WiringError
from framework.reactive.builder import ReactiveBuilder
from framework.reactive.building.build_records import copies
from framework.reactive.building.building import Build, Building, Note
from framework.reactive.offloading.remote import Function, Returned
from framework.reactive.offloading.workplace import MAX_PENDING, Workplace, arrived


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

    The function gets the artifacts only, no context, and returns or yields artifacts. Outside of threads it and its
    inputs are pickled, by value where they come from a notebook. A failure is kept with its input; the phase stays
    open until all results are in; a stop or Ctrl-C cancels what has not begun.

    Example::

        with ProcessPoolExecutor(mp_context=multiprocessing.get_context("spawn")) as pool:
            Pipeline([numbers, offload("primes", ["numbers"], factorise, pool), sink])

    Args:
        provides: the target that it announces.
        requires: the targets whose artifacts the function gets.
        build: the function.
        executor: any `concurrent.futures.Executor`, or Dask's `client.get_executor()`; it is not shut down. A pool
            that would fork is replaced by one that spawns, for the length of the run.
        max_pending: how many inputs may be under way, results that wait for their turn included.
        ordered: announce results in the order of their inputs; otherwise as they come.
        persist: keep the results.
        name: the function's by default.
        priority: lower runs first.

    Raises:
        WiringError: the function or the executor is none.
        OptionError: `max_pending` is not positive.
        Unpicklable: the function cannot be sent to another process.
    """
    if not callable(build):
        raise WiringError(f"offload takes a function of the artifacts, got {build!r}: def build(word): return [word]")
    if inspect.iscoroutinefunction(build) or inspect.isasyncgenfunction(build):
        raise WiringError(f"{build!r} is asynchronous, and no executor awaits it: write `def`, or use FlowBuilder")
    title: str = name or str(getattr(build, "__name__", type(build).__name__))
    # A class of its own, in the user's module: what its results depend on is the function, not this file.
    members = {"__module__": getattr(build, "__module__", __name__), "__wrapped__": build}
    cls: type[OffloadBuilder] = type(title, (OffloadBuilder,), members)
    workplace = Workplace(executor, max_pending=max_pending, ordered=ordered)
    return cls(provides, requires, build, workplace, persist=persist, name=title, priority=priority)


class OffloadBuilder(ReactiveBuilder):
    """Made by `offload`."""

    def __init__(  # noqa: PLR0913 - internal: what offload knows
        self,
        provides: str,
        requires: Iterable[str],
        function: Function,
        workplace: Workplace,
        *,
        persist: bool = False,
        name: str | None = None,
        priority: int = 0,
    ) -> None:
        """Send inputs to a workplace."""
        self.workplace = workplace
        self.go = workplace.road(function)
        self._function = function
        super().__init__(provides, requires, persist=persist, name=name, priority=priority)

    def build(self, context: Context, *args: Any) -> Iterable[Any]:  # noqa: ARG002 - away from it
        """What the function does, here: for a failure that is repeated, or archived inputs that are compared."""
        return self._function(*args)

    def landed(self, inputs: tuple[Any, ...], returned: Returned) -> Iterable[Any]:  # noqa: ARG002 - for those who derive
        """What is announced for an input."""
        return returned.artifacts

    def _begin(self) -> Building:
        return _Offloading(self)


class _Flight:
    """An input that is under way; `artifacts` when it is back."""

    __slots__ = ("arguments", "artifacts", "future", "inputs")

    def __init__(self, inputs: tuple[Any, ...], arguments: tuple[Any, ...]) -> None:
        self.inputs = inputs
        self.arguments = arguments
        self.future: Future[Any] | None = None
        self.artifacts: Iterator[Any] | None = None


class Landed(Note):
    """The result of these inputs is back."""

    __slots__ = ("flight",)  # no attribute of the event, which a failure shows

    def __init__(self, flight: _Flight) -> None:
        """Name the input, for whoever reads a failure."""
        self.name = "landed"
        self.inputs = flight.inputs
        self.flight = flight


class Announce(Note):
    """It is the turn of these inputs to be announced."""

    __slots__ = ("artifacts",)

    def __init__(self, inputs: tuple[Any, ...], artifacts: Iterator[Any]) -> None:
        """Announce the artifacts."""
        self.name = "announce"
        self.inputs = inputs
        self.artifacts = artifacts


class _Offloading(Building):
    """Sends inputs away while there is room, and announces what came back."""

    _builder: OffloadBuilder

    def __init__(self, builder: OffloadBuilder) -> None:
        super().__init__(builder)
        self._flights: deque[_Flight] = deque()

    def handle(self, context: Context, note: Note) -> None:
        """Take what landed at once, whatever else is under way."""
        if not isinstance(note, Landed):
            super().handle(context, note)
            return
        try:
            if note.flight in self._flights:
                self._land(context, note.flight)
            else:  # the failure of a former run is tried again
                self._answer(context, note.flight.inputs)
        finally:
            if self._under_way is None:
                self._send_next(context)

    def begin(self, context: Context, note: Note) -> None:
        """Do what a note says."""
        if isinstance(note, Announce):
            self._announce(context, note.artifacts, note.inputs)
        else:
            super().begin(context, note)

    def _take_next(self) -> Note | None:
        flight = self._arrival()
        if flight is not None:
            self._flights.remove(flight)
            return Announce(flight.inputs, flight.artifacts or iter(()))
        return super()._take_next() if self._has_room() else None

    def _arrival(self) -> _Flight | None:
        """The flight whose turn it is to be announced."""
        candidates = islice(self._flights, 1 if self._builder.workplace.ordered else None)
        return next((flight for flight in candidates if flight.artifacts is not None), None)

    def _has_room(self) -> bool:
        return len(self._flights) < self._builder.workplace.max_pending

    def _answer(self, context: Context, inputs: tuple[Any, ...]) -> None:
        """Send one input away, unless its result is archived; outside of a run, build it here."""
        if isinstance(context, DetachedContext):
            super()._answer(context, inputs)
            return
        if not self._has_room():
            self.pending.append(Build(inputs))
            return
        flight = _Flight(inputs, self.pairing.arguments(inputs))
        if self._kept:
            flight.artifacts = self._answers.found(context.archive, digest(flight.arguments, name="inputs"))
        self._flights.append(flight)
        try:
            if flight.artifacts is None:
                self._take_off(context.hold(), flight)
        finally:
            if flight.artifacts is not None and self._under_way is None:
                self._send_next(context)

    def _take_off(self, hold: Hold, flight: _Flight) -> None:
        try:
            flight.future = self._builder.go(flight.arguments)
        except Exception as error:
            hold.release()
            flight.artifacts = iter(self._builder.landed(flight.inputs, Returned([], error, 0.0)))
            raise
        flight.future.add_done_callback(functools.partial(_report, hold, flight))

    def _land(self, context: Context, flight: _Flight) -> None:
        assert flight.future is not None  # noqa: S101 - only what took off lands
        error: BaseException | None
        try:
            returned = arrived(flight.future)
            error = returned.error
        except BaseException as raised:  # noqa: BLE001 - a cancelled future raises no Exception
            returned, error = Returned([], None, 0.0), raised
        artifacts = iter(self._builder.landed(flight.inputs, returned))
        if self._kept and error is None:
            archive, key = context.archive, digest(flight.arguments, name="inputs")
            inputs = copies(flight.arguments)
            artifacts = self._answers.recorded(archive, key, inputs, artifacts, returned.seconds)
        flight.artifacts = artifacts
        if error is not None:
            raise error

    def end(self) -> None:
        """Cancel what is still under way, at the end of a run that was stopped."""
        for flight in self._flights:
            if flight.future is not None:
                flight.future.cancel()
        self._flights.clear()
        self._builder.workplace.close()
        super().end()


def _report(hold: Hold, flight: _Flight, _: Future[Any]) -> None:
    """Tell the builder, from whichever thread the executor calls on."""
    try:
        defer_held(hold, Landed(flight))
    except PipelineEnded:
        pass  # the run was stopped meanwhile: nobody waits for the result
    finally:
        hold.release()
